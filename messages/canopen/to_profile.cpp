#include "messages/canopen/to_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "messages/canopen/described_pdos.hpp"
#include "messages/canopen/identifiers.hpp"
#include "messages/canopen/imported_numbers.hpp"
#include "messages/profiles/load.hpp"

namespace voltaic::messages::canopen {
namespace {

using json = nlohmann::ordered_json;

/// Where the device says nothing.
constexpr std::uint32_t period_ms_default = 1'000;
constexpr std::uint32_t us_per_ms = 1'000;
constexpr object_address device_type_object{0x1000, 0};
constexpr object_address sync_period{0x1006, 0};
constexpr object_address guard_time{0x100C, 0};
constexpr object_address heartbeat_time{0x1017, 0};
constexpr std::uint16_t identity_object = 0x1018;
/// Of heartbeat, guarding and SYNC in a profile.
constexpr std::uint64_t cycle_ms_min = 10;
constexpr std::uint64_t cycle_ms_max = 65'535;
constexpr std::uint16_t predefined_pdos = 4;
constexpr std::uint8_t identity_bits = 32;
constexpr std::uint32_t identity_period_ms = 10'000;
/// Objects below are those of the communication profile.
constexpr std::uint16_t first_own_index = 0x2000;
constexpr std::size_t writes_max = 256;
/// Of the objects that are uploaded because no PDO shows them.
constexpr std::size_t reads_max = 256;
/// More bits are not held exactly by the numbers of a profile.
constexpr std::uint32_t exact_bits_max = 53;
constexpr std::uint8_t variable = 7;
/// Of a read-back's name in that of its setpoint, which has 64 bytes at most.
constexpr std::size_t stem_bytes_max = 48;

class importer {
 public:
  importer(const device_description& from, std::string_view name, std::uint8_t node)
      : device_(from), node_(node) {
    made_["$schema"] = "device_profile.schema.json";
    made_["name"] = std::string(name);
    made_["version"] = 1;
    made_["description"] = describe();
    made_["protocol"] = "can";
    made_["commissioned"] = false;
    made_["points"] = json::object();
    const auto pdos = described_pdos(from, node, left_out_);
    const auto synchronous = std::ranges::find_if(pdos, [](const described_pdo& each) {
      return each.which.is_transmit && each.is_synchronous();
    });
    describe_node(synchronous != pdos.end());
    for (const auto& each : pdos)
      if (each.which.is_transmit) add_transmit(each);
    for (const auto& each : pdos)
      if (!each.which.is_transmit) add_receive(each);
    if (!points_.empty()) add_identity();
    add_writes();
  }

  profiles::imported_profile take() {
    if (!reads_.empty()) made_["canopen"]["reads"] = std::move(reads_);
    return {made_.dump(2, ' ', false, json::error_handler_t::replace) + "\n",
            made_["points"].size(), std::move(left_out_)};
  }

 private:
  [[nodiscard]] std::string describe() const {
    const bool has_both = !device_.vendor_name.empty() && !device_.product_name.empty();
    const auto product =
        fmt::format("{}{}{}", device_.vendor_name, has_both ? " " : "", device_.product_name);
    return fmt::format(
        "Imported{}{}, node {}; give scales and units, and name the points that are to be "
        "protected and shown.",
        product.empty() ? "" : " for ", product, node_);
  }

  void leave_out(const described_pdo& in, std::string_view why) {
    left_out_.push_back(fmt::format("{}: {}", in.name(), why));
  }
  void leave_out(const described_pdo& in, const mapped_object& of, std::string_view why) {
    left_out_.push_back(fmt::format("{}, {}: {}", in.name(), to_string(of.of), why));
  }

  void state_number(const char* key, const object_address& at, std::uint32_t otherwise) {
    const auto value = device_.number(at, node_).value_or(otherwise);
    // Zero is what files say that say nothing.
    const auto number = static_cast<std::uint32_t>(value == 0 ? otherwise : value);
    if (number != 0) made_["canopen"][key] = fmt::format("0x{:08X}", number);
  }

  /// Who it is, and how it is supervised.
  void describe_node(bool needs_sync) {
    auto& node = made_["canopen"];
    node["node"] = node_;
    state_number("device_type", device_type_object, 0);
    state_number("vendor_id", {identity_object, 1}, device_.vendor);
    state_number("product_code", {identity_object, 2}, device_.product);
    state_number("revision_number", {identity_object, 3}, device_.revision);
    state_number("serial_number", {identity_object, 4}, 0);
    const auto* heartbeat = device_.find(heartbeat_time);
    const auto heartbeat_ms = device_.number(heartbeat_time, node_).value_or(0);
    const auto guard_ms = device_.number(guard_time, node_).value_or(0);
    if (heartbeat != nullptr && heartbeat_ms >= cycle_ms_min)
      node["heartbeat_ms"] = heartbeat_ms;
    else if (heartbeat != nullptr && is_writable(heartbeat->access))
      node["heartbeat_ms"] = period_ms_default;
    else if (guard_ms >= cycle_ms_min)
      node["guard_ms"] = guard_ms;
    if (needs_sync) node["sync_ms"] = sync_ms();
    node["pdos"] = json::array();
  }

  /// Which device it is, by the subs of its identity object that it has.
  void add_identity() {
    constexpr std::pair<std::uint8_t, const char*> parts[] = {
        {1, "vendor_id"}, {2, "product_code"}, {3, "revision_number"}, {4, "serial_number"}};
    for (const auto& [subindex, name] : parts) {
      const object_address at{identity_object, subindex};
      if (device_.find(at) == nullptr || points_.contains(at) || reads_.size() >= reads_max)
        continue;
      const auto point = point_names_.take(name);
      made_["points"][point] = {{"channel", channel_names_.take(profiles::to_camel(point))},
                                {"type", "u32"},
                                {"unit", ""},
                                {"category", "configuration"},
                                {"period_ms", identity_period_ms}};
      made_["identity"].push_back(point);
      auto read = object_json({at, identity_bits});
      read["period_ms"] = identity_period_ms;
      read["point"] = point;
      reads_.push_back(std::move(read));
    }
  }

  /// What a DCF gives this one device, of the objects of its maker and its kind.
  void add_writes() {
    json writes = json::array();
    for (const auto& [at, object] : device_.objects) {
      const bool is_given = object.parameter_value && is_writable(object.access);
      if (!is_given || at.index < first_own_index) continue;
      const auto what = fmt::format("value of {}", to_string(at));
      const auto value = is_integer(object.type) ? number_of(object.parameter_value, node_)
                                                 : std::optional<double>();
      if (!value || bits_of(object.type) > exact_bits_max || writes.size() == writes_max) {
        left_out_.push_back(what +
                            ": a profile writes whole numbers of up to 48 bits, 256 at most");
        continue;
      }
      json write = {{"object", fmt::format("0x{:04X}:{:02X}", at.index, at.subindex)},
                    {"bytes", bits_of(object.type) / 8},
                    {"value", number_json(*value)}};
      if (!is_readable(object.access)) write["verify"] = false;
      writes.push_back(std::move(write));
    }
    if (!writes.empty()) made_["canopen"]["writes"] = std::move(writes);
  }

  [[nodiscard]] std::uint64_t sync_ms() const {
    const auto stated_us = device_.number(sync_period, node_).value_or(0);
    if (stated_us == 0) return period_ms_default;
    return std::clamp(stated_us / us_per_ms, cycle_ms_min, cycle_ms_max);
  }

  /// Milliseconds from one to the next.
  [[nodiscard]] std::uint64_t period_ms(const described_pdo& of) const {
    if (of.is_synchronous()) return std::max<std::uint64_t>(*of.transmission, 1) * sync_ms();
    return of.event_ms.value_or(0) == 0 ? period_ms_default : *of.event_ms;
  }

  [[nodiscard]] json pdo_json(const described_pdo& pdo) const {
    const bool is_transmit = pdo.which.is_transmit;
    json made = {
        {"name", fmt::format("{}{}", is_transmit ? "tpdo" : "rpdo", pdo.which.number + 1)}};
    if (!is_transmit) made["direction"] = "receive";
    made["number"] = pdo.which.number + 1;
    const bool is_usual =
        pdo.which.number < predefined_pdos &&
        pdo.cob_id == cob_id({is_transmit ? service::transmit_pdo : service::receive_pdo, node_,
                              static_cast<std::uint8_t>(pdo.which.number + 1)});
    if (!is_usual) made["id"] = fmt::format("0x{:03X}", pdo.cob_id);
    // A value that comes only when it changes would be stale between.
    const bool needs_timer = is_transmit && !pdo.is_synchronous() && pdo.takes_event_timer &&
                             pdo.event_ms.value_or(0) == 0;
    if (needs_timer) made["mapping"] = "write";
    if (pdo.transmission) made["transmission"] = *pdo.transmission;
    if (needs_timer || (is_transmit && pdo.event_ms.value_or(0) != 0))
      made["event_ms"] = period_ms(pdo);
    else if (is_transmit)
      made["period_ms"] = period_ms(pdo);
    made["objects"] = json::array();
    return made;
  }

  [[nodiscard]] static json object_json(const mapped_object& of) {
    return {{"object", fmt::format("0x{:04X}:{:02X}", of.of.index, of.of.subindex)},
            {"bits", of.bits}};
  }

  void add_transmit(const described_pdo& pdo) {
    auto made = pdo_json(pdo);
    bool has_point = false;
    for (const auto& each : pdo.mapping) {
      auto object = object_json(each);
      if (const auto why = is_dummy(each) ? std::nullopt : obstacle(each)) {
        leave_out(pdo, each, *why);
      } else if (!is_dummy(each)) {
        name_point(object, add_point(pdo, each, period_ms(pdo)), each);
        has_point = true;
      }
      made["objects"].push_back(std::move(object));
    }
    if (!has_point) return leave_out(pdo, "holds no number that a profile can hold");
    made_["canopen"]["pdos"].push_back(std::move(made));
  }

  /// Why no point can be made of it.
  [[nodiscard]] std::optional<std::string> obstacle(const mapped_object& of) const {
    if (made_["points"].size() >= profiles::points_max)
      return fmt::format("a profile holds at most {} points", profiles::points_max);
    const auto carried = points_.find(of.of);
    if (carried != points_.end()) return fmt::format("is {} already", carried->second);
    return unfit(of);
  }

  /// Why it is no number of a profile.
  [[nodiscard]] std::optional<std::string> unfit(const mapped_object& of) const {
    const auto type = type_of(of.of);
    const bool is_number = is_integer(type) || is_real(type) || type == data_type::boolean;
    if (!is_number) {
      const auto name = to_string(type);
      return fmt::format("{} is no number", name.empty() ? "a type of the device's own" : name);
    }
    if (type == data_type::unsigned64 && of.bits == bits_of(type))
      return "no type of a profile holds all of its values";
    if (is_real(type) ? of.bits != bits_of(type) : of.bits > bits_of(type))
      return fmt::format("{} bits are no {}", of.bits, to_string(type));
    return std::nullopt;
  }

  /// Bits of an object that the file does not describe may be an unsigned number.
  [[nodiscard]] data_type type_of(const object_address& at) const {
    const auto* object = device_.find(at);
    return object == nullptr ? data_type::unsigned64 : object->type;
  }

  /// Of an element the array's or record's name stands before its own.
  [[nodiscard]] std::string name_of(const object_address& at) const {
    const auto* object = device_.find(at);
    if (object == nullptr) return fmt::format("object_{:04x}_{:02x}", at.index, at.subindex);
    const auto& own = object->name;
    const auto group = device_.groups.find(at.index);
    const bool is_part = group != device_.groups.end() && group->second.object_type != variable;
    if (!is_part || own.starts_with(group->second.name)) return own;
    return group->second.name + "_" + own;
  }

  std::string add_point(const described_pdo& pdo, const mapped_object& of, std::uint64_t period) {
    const auto* object = device_.find(of.of);
    auto name = point_names_.take(profiles::imported_point_name(name_of(of.of)));
    json point = {{"channel", channel_names_.take(profiles::to_camel(name))},
                  {"type", profiles::to_string(raw_type_of(type_of(of.of), of.bits))},
                  {"unit", ""},
                  {"period_ms", period}};
    if (object != nullptr) {
      if (const auto valid = limits_of(*object, of.bits))
        point["valid"] = {number_json(valid->minimum), number_json(valid->maximum)};
      point["description"] = fmt::format("Object {}, {}.", to_string(of.of), object->name);
    } else {
      leave_out(pdo, of, "its type, which the file does not describe: taken as unsigned");
    }
    made_["points"][name] = std::move(point);
    points_.emplace(of.of, name);
    return name;
  }

  void name_point(json& object, const std::string& point, const mapped_object& of) const {
    constexpr std::uint8_t long_bits = 32;
    object["point"] = point;
    // The narrowest type of the point tells all others.
    const auto type = type_of(of.of);
    if (!is_real(type) && !is_signed(type) && of.bits > long_bits) object["type"] = "unsigned";
  }

  /// What the file allows, as far as the bits can say it; nothing where it allows everything.
  [[nodiscard]] std::optional<profiles::value_range> limits_of(const eds_object& object,
                                                               std::uint32_t bits) const {
    const auto low = number_of(object.low_limit, node_);
    const auto high = number_of(object.high_limit, node_);
    const bool is_bounded = low && high;
    if (is_real(object.type))
      return is_bounded && *low < *high ? std::optional(profiles::value_range{*low, *high})
                                        : std::nullopt;
    if ((!low && !high) || bits > exact_bits_max) return std::nullopt;
    const auto wire = wire_range(object.type, bits);
    const profiles::value_range stated{std::max(low.value_or(wire.minimum), wire.minimum),
                                       std::min(high.value_or(wire.maximum), wire.maximum)};
    return stated.minimum < stated.maximum && stated != wire ? std::optional(stated) : std::nullopt;
  }

  void add_receive(const described_pdo& pdo) {
    const auto layout = *pdo_layout::make(pdo.mapping);
    const auto& places = layout.places();
    const auto is_real_object = [](const pdo_layout::place& each) {
      return !is_dummy(each.object);
    };
    if (std::ranges::count_if(places, is_real_object) != 1)
      return leave_out(pdo, "carries several values: no command sets one of them alone");
    const auto& place = *std::ranges::find_if(places, is_real_object);
    const auto& of = place.object;
    if (device_.find(of.of) == nullptr) return leave_out(pdo, of, "the file does not describe it");
    if (const auto why = unfit(of)) return leave_out(pdo, of, *why);
    const auto limits = command_limits(of);
    if (!limits) return leave_out(pdo, of, "has no limits, which a command needs");
    const auto read_back = read_back_of(pdo, of);
    if (!read_back) return leave_out(pdo, of, "nothing shows whether it was set");
    auto made = pdo_json(pdo);
    for (const auto& each : pdo.mapping) made["objects"].push_back(object_json(each));
    made_["canopen"]["pdos"].push_back(std::move(made));
    add_command(pdo, place, *read_back, *limits);
  }

  [[nodiscard]] std::optional<profiles::value_range> command_limits(const mapped_object& of) const {
    const auto& object = *device_.find(of.of);
    if (const auto limits = limits_of(object, of.bits)) return limits;
    if (is_real(object.type) || of.bits > exact_bits_max) return std::nullopt;
    return wire_range(object.type, of.bits);
  }

  /// A point that shows the object: of a transmit PDO, else read by SDO.
  std::optional<std::string> read_back_of(const described_pdo& pdo, const mapped_object& of) {
    if (const auto shown = points_.find(of.of); shown != points_.end()) return shown->second;
    const bool is_whole = of.bits == bits_of(type_of(of.of));
    if (!is_whole || !is_readable(device_.find(of.of)->access) || obstacle(of) ||
        reads_.size() >= reads_max)
      return std::nullopt;
    auto name = add_point(pdo, of, period_ms_default);
    auto read = object_json(of);
    read["period_ms"] = period_ms_default;
    name_point(read, name, of);
    reads_.push_back(std::move(read));
    return name;
  }

  void add_command(const described_pdo& pdo, const pdo_layout::place& place,
                   const std::string& read_back, const profiles::value_range& allowed) {
    const auto& of = place.object;
    const auto& object = *device_.find(of.of);
    json field = {{"field", "value"}, {"start", place.start}, {"length", of.bits}};
    if (is_real(object.type)) field["type"] = "float";
    if (is_signed(object.type)) field["type"] = "signed";
    json command = {
        {"name", "set_" + read_back},
        {"channel", channel_names_.take(profiles::to_camel("set_" + read_back))},
        {"point", setpoint_names_.take(read_back.substr(0, stem_bytes_max) + "_setpoint")},
        {"read_back", read_back},
        {"id", fmt::format("0x{:03X}", pdo.cob_id)},
        {"length", pdo_layout::make(pdo.mapping)->bytes()},
        {"signals", json::array({std::move(field)})},
        {"minimum", number_json(allowed.minimum)},
        {"maximum", number_json(allowed.maximum)}};
    const auto start = object.parameter_value ? object.parameter_value : object.default_value;
    const auto value = number_of(start, node_);
    if (value && *value >= allowed.minimum && *value <= allowed.maximum)
      command["default"] = number_json(*value);
    made_["commands"].push_back(std::move(command));
  }

  const device_description& device_;
  const std::uint8_t node_;
  json made_;
  json reads_ = json::array(); ///< objects that no PDO shows
  std::vector<std::string> left_out_;
  std::map<object_address, std::string> points_; ///< by the object that each shows
  profiles::unique_names point_names_{"_"};
  profiles::unique_names setpoint_names_{"_"};
  profiles::unique_names channel_names_{"X"};
};

} // namespace

profiles::imported_profile to_profile(const device_description& from, std::string_view name,
                                      std::uint8_t node) {
  return importer(from, name, node).take();
}

} // namespace voltaic::messages::canopen
