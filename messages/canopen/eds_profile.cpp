#include "messages/canopen/eds_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "messages/canopen/identifiers.hpp"
#include "messages/dbc/profile_words.hpp"

namespace voltaic::messages::canopen {
namespace {

using json = nlohmann::ordered_json;

constexpr std::uint16_t heartbeat_index = 0x1017;
constexpr std::uint16_t identity_index = 0x1018;
constexpr std::uint16_t transmit_record = 0x1800;
constexpr std::uint16_t transmit_record_last = 0x19FF;
constexpr std::uint16_t mapping_behind_record = 0x200;
constexpr std::uint16_t first_own_index = 0x2000; ///< below are those of communication
constexpr std::uint8_t predefined_pdos = 4;
constexpr std::uint64_t off_bit = 0x8000'0000;
constexpr std::uint64_t extended_bit = 0x2000'0000;
constexpr std::uint64_t identifier_mask = 0x7FF;
constexpr std::uint32_t short_bits = 16;
constexpr std::uint32_t long_bits = 32;
constexpr std::uint32_t period_ms_default = 1'000;
constexpr std::uint32_t heartbeat_ms_min = 10;
constexpr std::uint32_t identity_period_ms = 10'000;

std::string object_text(const object_address& of) {
  return fmt::format("0x{:04X}:{:02X}", of.index, of.subindex);
}

/// The raw type of a profile that holds so many bits of it; empty: none does.
std::string raw_type_of(data_type type, std::uint32_t bits) {
  if (is_real(type)) return bits == bits_of(type) ? "f64" : "";
  if (type != data_type::boolean && !is_integer(type)) return "";
  if (is_signed(type)) return bits <= short_bits ? "i16" : bits <= long_bits ? "i32" : "i64";
  if (bits == pdo_bits_max) return ""; // no raw type holds all of its values
  return bits <= short_bits ? "u16" : bits <= long_bits ? "u32" : "i64";
}

class profile_maker {
 public:
  profile_maker(const device_description& from, std::string_view name, std::uint8_t node)
      : from_(from), node_(node) {
    made_["$schema"] = "device_profile.schema.json";
    made_["name"] = std::string(name);
    made_["version"] = 1;
    made_["description"] = fmt::format(
        "Imported from an EDS of {} {}; name the points that are to be protected and "
        "shown, and give them units, scales and bounds.",
        from.vendor_name, from.product_name);
    made_["protocol"] = "can";
    made_["commissioned"] = false;
    made_["identity"] = json::array();
    made_["canopen"] = json{{"node", node}};
    made_["points"] = json::object();
    add_identity();
    add_writes();
    add_pdos();
    add_identity_reads();
    if (made_["identity"].empty()) made_.erase("identity");
  }

  eds_profile take() {
    return {made_.dump(2) + "\n", made_["points"].size(), std::move(left_out_)};
  }

 private:
  void leave_out(std::string what) { left_out_.push_back(std::move(what)); }

  void add_identity() {
    auto& canopen = made_["canopen"];
    if (const auto type = from_.number({0x1000, 0}, node_))
      canopen["device_type"] = fmt::format("0x{:08X}", *type);
    const auto add = [&](const char* key, std::uint32_t value) {
      if (value != 0) canopen[key] = fmt::format("0x{:08X}", value);
    };
    add("vendor_id", from_.vendor);
    add("product_code", from_.product);
    add("revision_number", from_.revision);
    const auto heartbeat_ms = from_.number({heartbeat_index, 0}, node_).value_or(0);
    if (heartbeat_ms >= heartbeat_ms_min) canopen["heartbeat_ms"] = heartbeat_ms;
  }

  // Of a DCF: what this one device has.
  void add_writes() {
    auto writes = json::array();
    for (const auto& [at, object] : from_.objects) {
      const bool is_stated = object.parameter_value && is_writable(object.access);
      if (!is_stated || at.index < first_own_index) continue;
      const auto value = object.parameter_value->at(node_);
      if (!is_integer(object.type)) {
        leave_out(fmt::format("{} {}: only whole numbers are written", to_string(at), object.name));
        continue;
      }
      json made = {{"object", object_text(at)}, {"bytes", bits_of(object.type) / 8}};
      if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        made["value"] = *whole;
      } else if (const auto* positive = std::get_if<std::uint64_t>(&value);
                 positive != nullptr && *positive <= INT64_MAX) {
        made["value"] = *positive;
      } else {
        leave_out(fmt::format("{} {}: its value is too high", to_string(at), object.name));
        continue;
      }
      if (!is_readable(object.access)) made["verify"] = false;
      writes.push_back(std::move(made));
    }
    if (!writes.empty()) made_["canopen"]["writes"] = std::move(writes);
  }

  void add_pdos() {
    auto pdos = json::array();
    for (const auto& [index, group] : from_.groups) {
      if (index < transmit_record || index > transmit_record_last) continue;
      if (auto made = pdo_of(index)) pdos.push_back(std::move(*made));
    }
    made_["canopen"]["pdos"] = std::move(pdos);
  }

  std::optional<json> pdo_of(std::uint16_t record) {
    const auto number = record - transmit_record + 1;
    const auto name = fmt::format("tpdo_{}", number);
    const auto none = [&](const char* why) {
      leave_out(fmt::format("{}: {}", name, why));
      return std::nullopt;
    };
    const auto cob_id = from_.number({record, 1}, node_);
    const auto mapping =
        from_.mapping(static_cast<std::uint16_t>(record + mapping_behind_record), node_);
    if (!cob_id || (*cob_id & off_bit) != 0) return none("is off");
    if (mapping.empty()) return none("maps nothing");
    if (!pdo_layout::make(mapping)) return none("maps more than 64 bits");
    const auto id = static_cast<std::uint32_t>(*cob_id & identifier_mask);
    if ((*cob_id & extended_bit) != 0 || is_restricted(id) || !identifiers_.insert(id).second)
      return none("has an identifier that no PDO may have, or another one's");
    json made = {{"name", name}, {"number", number}};
    const auto usual = number <= predefined_pdos ? cob_id_of(static_cast<std::uint8_t>(number))
                                                 : std::optional<std::uint32_t>();
    if (usual != id) made["id"] = fmt::format("0x{:03X}", id);
    made["mapping"] = "verify";
    const auto event_ms = from_.number({record, 5}, node_).value_or(0);
    const auto period_ms = event_ms != 0 ? event_ms : period_ms_default;
    made["period_ms"] = period_ms;
    made["objects"] = json::array();
    for (const auto& each : mapping) made["objects"].push_back(mapped(each, period_ms));
    return made;
  }

  [[nodiscard]] std::optional<std::uint32_t> cob_id_of(std::uint8_t number) const {
    return cob_id({service::transmit_pdo, node_, number});
  }

  json mapped(const mapped_object& one, std::uint64_t period_ms) {
    json made = {{"object", object_text(one.of)}, {"bits", one.bits}};
    if (is_dummy(one)) return made;
    const auto* object = from_.find(one.of);
    if (object == nullptr) {
      leave_out(fmt::format("{}: is mapped and not described", to_string(one.of)));
      return made;
    }
    const auto type = raw_type_of(object->type, one.bits);
    if (type.empty()) {
      leave_out(fmt::format("{} {}: is no number of a profile", to_string(one.of), object->name));
      return made;
    }
    if (!known_.insert(one.of).second) return made; // another PDO says it
    made["point"] = add_point(name_of(one.of, *object), type, period_ms);
    if (type == "i64" && !is_signed(object->type)) made["type"] = "unsigned";
    return made;
  }

  /// With that of its group, of a value that is a part.
  [[nodiscard]] std::string name_of(const object_address& at, const eds_object& object) const {
    const auto group = from_.groups.find(at.index);
    const bool is_part = at.subindex != 0 && group != from_.groups.end();
    return dbc::to_snake(is_part ? group->second.name + "_" + object.name : object.name);
  }

  std::string add_point(std::string wanted, const std::string& type, std::uint64_t period_ms) {
    constexpr std::size_t name_bytes_max = 60; // what makes it another one fits behind it
    wanted.resize(std::min(wanted.size(), name_bytes_max));
    const auto name = names_.take(std::move(wanted));
    made_["points"][name] = {{"channel", channels_.take(dbc::to_camel(name))},
                             {"type", type},
                             {"unit", ""},
                             {"period_ms", period_ms}};
    return name;
  }

  void add_identity_reads() {
    constexpr std::pair<std::uint8_t, const char*> parts[] = {
        {1, "vendor_id"}, {2, "product_code"}, {3, "revision_number"}, {4, "serial_number"}};
    auto reads = json::array();
    for (const auto& [subindex, name] : parts) {
      const object_address at{identity_index, subindex};
      if (from_.find(at) == nullptr || known_.contains(at)) continue;
      const auto point = add_point(name, "u32", identity_period_ms);
      made_["points"][point]["category"] = "configuration";
      made_["identity"].push_back(point);
      reads.push_back({{"object", object_text(at)},
                       {"bits", long_bits},
                       {"period_ms", identity_period_ms},
                       {"point", point}});
    }
    if (!reads.empty()) made_["canopen"]["reads"] = std::move(reads);
  }

  const device_description& from_;
  std::uint8_t node_;
  json made_;
  std::set<std::uint32_t> identifiers_;
  std::set<object_address> known_; ///< that are points
  dbc::unique_names names_{"_"};
  dbc::unique_names channels_{""};
  std::vector<std::string> left_out_;
};

} // namespace

eds_profile to_profile(const device_description& from, std::string_view name,
                       std::optional<std::uint8_t> node) {
  return profile_maker(from, name, node ? *node : from.node.value_or(1)).take();
}

} // namespace voltaic::messages::canopen
