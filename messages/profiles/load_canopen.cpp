#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "messages/canopen/identifiers.hpp"
#include "messages/profiles/load_parts.hpp"

/// The section "canopen" of a profile. Its PDOs and reads become messages as any other.
namespace voltaic::messages::profiles {
namespace {

using canopen::object_address;
using canopen::service;

constexpr std::size_t pdos_max = 64;
constexpr std::size_t reads_max = 256;
constexpr std::size_t writes_max = 256;
constexpr std::uint32_t cycle_ms_min = 10;     ///< the device's time has steps of ten milliseconds
constexpr std::uint32_t cycle_ms_max = 65'535; ///< objects 1017 and 100C have 16 bits
constexpr std::uint32_t minute_ms = 60'000;
constexpr std::uint32_t hour_ms = 3'600'000;
constexpr std::uint8_t predefined_pdos = 4;
constexpr std::uint16_t pdo_number_max = 512;
constexpr std::uint8_t number_bytes_max = 8;
constexpr std::uint32_t heartbeats_missing = 3; ///< until a node is lost, where nothing is stated
constexpr unsigned byte_bits = 8;

constexpr spelling<mapping_use> mapping_uses[] = {{"assume", mapping_use::assumed},
                                                  {"verify", mapping_use::verified},
                                                  {"write", mapping_use::written},
                                                  {"read", mapping_use::read}};
constexpr spelling<bool> directions[] = {{"transmit", true}, {"receive", false}};

template <class Number>
std::optional<Number> hexadecimal(std::string_view digits) {
  Number value = 0;
  const auto* end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, value, 16);
  if (digits.empty() || error != std::errc{} || at != end) return std::nullopt;
  return value;
}

/// "0x000001A2".
std::optional<std::uint32_t> read_number(const object_reader& reader, std::string_view key) {
  const auto text = reader.text(key);
  if (!text) return std::nullopt;
  const auto value = text->starts_with("0x")
                         ? hexadecimal<std::uint32_t>(std::string_view(*text).substr(2))
                         : std::nullopt;
  if (!value) reader.add(key, "expected 0x and up to 8 hexadecimal digits");
  return value;
}

/// "0x1018:01".
std::optional<object_address> read_object(const object_reader& reader) {
  constexpr std::size_t whole = 9;
  constexpr std::size_t colon = 6;
  const auto text = reader.text("object");
  if (!text) return std::nullopt;
  const std::string_view view = *text;
  if (view.size() == whole && view.starts_with("0x") && view[colon] == ':') {
    const auto index = hexadecimal<std::uint16_t>(view.substr(2, colon - 2));
    const auto subindex = hexadecimal<std::uint8_t>(view.substr(colon + 1));
    if (index && subindex) return object_address{*index, *subindex};
  }
  reader.add("object", "expected an index and a subindex like 0x1018:01");
  return std::nullopt;
}

/// Each element of an array of objects.
template <class Each>
void for_each_of(const object_reader& parent, std::string_view key, std::string_view kind,
                 std::size_t most, Each&& take) {
  const auto* list = parent.array(key, most);
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->elements.size(); ++i) {
    const auto& element = list->elements[i];
    const object_reader reader(parent.found(), element, kind,
                               fmt::format("{}.{}[{}]", parent.path(), key, i), element.offset);
    if (reader.is_object()) take(reader);
  }
}

class canopen_loader {
 public:
  canopen_loader(const object_reader& reader, load_context& context)
      : reader_(reader), context_(context) {}

  void load() {
    rule_.node =
        reader_.whole<std::uint8_t>("node", 1, canopen::node_max).value_or(canopen::node_max);
    rule_.identity = {read_number(reader_, "device_type"), read_number(reader_, "vendor_id"),
                      read_number(reader_, "product_code"), read_number(reader_, "revision_number"),
                      read_number(reader_, "serial_number")};
    rule_.reset_communication = reader_.boolean("reset_communication").value_or(false);
    read_times();
    for (const auto& each : context_.profile.messages) names_.insert(each.name);
    for_each_of(reader_, "writes", "object_write", writes_max,
                [this](const object_reader& one) { read_write(one); });
    for_each_of(reader_, "pdos", "pdo", pdos_max,
                [this](const object_reader& one) { read_pdo(one); });
    for_each_of(reader_, "reads", "object_read", reads_max,
                [this](const object_reader& one) { read_upload(one); });
    context_.profile.canopen = std::move(rule_);
  }

 private:
  std::uint32_t cycle(std::string_view key) {
    return reader_.whole<std::uint32_t>(key, cycle_ms_min, cycle_ms_max).value_or(0);
  }

  void read_times() {
    rule_.boot_timeout_ms = reader_.whole<std::uint32_t>("boot_timeout_ms", 100, minute_ms)
                                .value_or(rule_.boot_timeout_ms);
    rule_.sdo_timeout_ms = reader_.whole<std::uint32_t>("sdo_timeout_ms", cycle_ms_min, minute_ms)
                               .value_or(rule_.sdo_timeout_ms);
    rule_.heartbeat_ms = cycle("heartbeat_ms");
    rule_.heartbeat_timeout_ms =
        reader_.whole<std::uint32_t>("heartbeat_timeout_ms", cycle_ms_min, minute_ms)
            .value_or(rule_.heartbeat_ms * heartbeats_missing);
    rule_.guard_ms = cycle("guard_ms");
    rule_.guard_life =
        reader_.whole<std::uint32_t>("guard_life", 1, UINT8_MAX).value_or(rule_.guard_life);
    rule_.sync_ms = cycle("sync_ms");
    rule_.time_ms = reader_.whole<std::uint32_t>("time_ms", cycle_ms_min, hour_ms).value_or(0);
    if (rule_.heartbeat_ms != 0 && rule_.guard_ms != 0)
      reader_.add("guard_ms", "a node has either a heartbeat or is guarded (CiA 301, 7.2.8.3)");
    if (rule_.heartbeat_timeout_ms < rule_.heartbeat_ms)
      reader_.add("heartbeat_timeout_ms", "must not be below heartbeat_ms");
    if (reader_.has("heartbeat_timeout_ms") && rule_.heartbeat_ms == 0)
      reader_.add("heartbeat_timeout_ms", "needs heartbeat_ms");
    if (reader_.has("guard_life") && rule_.guard_ms == 0)
      reader_.add("guard_life", "needs guard_ms");
  }

  void read_write(const object_reader& reader) {
    canopen_write result;
    const auto to = read_object(reader);
    const auto bytes = reader.whole<std::uint8_t>("bytes", 1, number_bytes_max);
    const auto value = reader.integer("value", INT64_MIN, INT64_MAX);
    result.verify = reader.boolean("verify").value_or(true);
    if (!to || !bytes || !value) return;
    const auto bits = *bytes * byte_bits;
    const bool fits = *bytes == number_bytes_max || (*value >= -(std::int64_t{1} << (bits - 1)) &&
                                                     *value < (std::int64_t{1} << bits));
    if (!fits) return reader.add("value", fmt::format("does not fit into {} bytes", *bytes));
    result.to = *to;
    for (unsigned i = 0; i < *bytes; ++i)
      result.value.push_back(
          static_cast<std::uint8_t>(static_cast<std::uint64_t>(*value) >> (i * byte_bits)));
    rule_.writes.push_back(std::move(result));
  }

  void read_name(const object_reader& reader, std::string& name) {
    name = reader.text("name").value_or("");
    if (reader.has("name") && !is_name(name)) reader.add("name", "expected a name like limits");
    if (!name.empty() && !names_.insert(name).second)
      reader.add("name", fmt::format("\"{}\" is used twice", name));
  }

  std::uint32_t read_cob_id(const object_reader& reader, const canopen_pdo& of) {
    if (reader.has("id")) {
      const auto id = read_id(reader);
      if (id && (id->extended || canopen::is_restricted(id->id)))
        reader.add("id", "no PDO may have it (CiA 301, 7.3.5)");
      return id ? id->id : 0;
    }
    const auto number = of.which.number + 1;
    if (number <= predefined_pdos)
      return canopen::cob_id({of.which.is_transmit ? service::transmit_pdo : service::receive_pdo,
                              rule_.node, static_cast<std::uint8_t>(number)});
    reader.add("missing key \"id\": only the first four PDOs have identifiers of their own");
    return 0;
  }

  void read_pdo(const object_reader& reader) {
    canopen_pdo result;
    read_name(reader, result.name);
    result.which.is_transmit = reader.choice<bool>("direction", directions).value_or(true);
    const auto number = reader.whole<std::uint16_t>("number", 1, pdo_number_max).value_or(1);
    result.which.number = static_cast<std::uint16_t>(number - 1);
    result.cob_id = read_cob_id(reader, result);
    result.use = reader.choice<mapping_use>("mapping", mapping_uses).value_or(result.use);
    result.transmission = reader.whole<std::uint8_t>("transmission", 0, UINT8_MAX);
    result.event_ms = reader.whole<std::uint16_t>("event_ms", 0, UINT16_MAX);
    if (result.use == mapping_use::read) check_read(reader, result);
    static_cast<void>(reader.text("description")); // for people; only its type is checked
    for (const auto& other : rule_.pdos)
      if (other.which == result.which)
        reader.add("number", fmt::format("\"{}\" is this PDO already", other.name));
    message made;
    made.name = result.name;
    made.id = result.cob_id;
    made.period_ms =
        reader.whole<std::uint32_t>("period_ms", 1, hour_ms).value_or(result.event_ms.value_or(0));
    const auto bits = read_mapping(reader, made, result);
    made.length = static_cast<std::uint16_t>((bits + byte_bits - 1) / byte_bits);
    if (!made.signals.empty() && made.period_ms == 0) reader.add("missing key \"period_ms\"");
    if (!made.signals.empty()) {
      check_message_ids(reader, context_, made);
      context_.profile.messages.push_back(std::move(made));
    }
    rule_.pdos.push_back(std::move(result));
  }

  static void check_read(const object_reader& reader, const canopen_pdo& of) {
    if (!of.which.is_transmit)
      reader.add("mapping", "only what the node transmits can be read from it");
    for (const auto* key : {"transmission", "event_ms"})
      if (reader.has(key)) reader.add(key, "is the device's own where its mapping is read");
  }

  /// Bits of all objects.
  std::uint32_t read_mapping(const object_reader& parent, message& made, canopen_pdo& result) {
    std::uint32_t bits = 0;
    made.length = canopen::pdo_bits_max / byte_bits; // until all are known
    for_each_of(parent, "objects", "mapped_object", canopen::mapped_objects_max,
                [&](const object_reader& reader) {
                  const auto of = read_object(reader);
                  const auto length =
                      reader.whole<std::uint8_t>("bits", 1, canopen::pdo_bits_max).value_or(1);
                  if (of) result.objects.push_back({*of, length});
                  const auto start = std::exchange(bits, bits + length);
                  if (bits > canopen::pdo_bits_max)
                    return reader.add("bits", "a PDO has 64 bits at most");
                  if (!reader.has("point")) return;
                  if (!result.which.is_transmit)
                    return reader.add("point", "what the node receives is no point");
                  read_mapped(reader, context_, made, static_cast<std::uint16_t>(start), length);
                });
    if (bits == 0) parent.add("objects", "expected at least one object");
    return std::min(bits, canopen::pdo_bits_max);
  }

  void read_upload(const object_reader& reader) {
    message made;
    made.object = read_object(reader);
    const auto bits = reader.whole<std::uint8_t>("bits", 1, canopen::pdo_bits_max).value_or(1);
    made.period_ms = reader.whole<std::uint32_t>("period_ms", cycle_ms_min, hour_ms).value_or(0);
    static_cast<void>(reader.text("description")); // for people; only its type is checked
    if (!made.object) return;
    for (const auto& other : context_.profile.messages)
      if (other.object == made.object) reader.add("object", "is read already");
    made.name = fmt::format("object_{:04x}_{:02x}", made.object->index, made.object->subindex);
    made.id = canopen::cob_id({service::sdo_response, rule_.node});
    made.length = static_cast<std::uint16_t>((bits + byte_bits - 1) / byte_bits);
    read_mapped(reader, context_, made, 0, bits);
    context_.profile.messages.push_back(std::move(made));
  }

  const object_reader& reader_;
  load_context& context_;
  canopen_rule rule_;
  std::unordered_set<std::string> names_;
};

/// Nobody else may use what the node's services have.
void check_services(const object_reader& root, const device_profile& profile) {
  auto used = identifiers_sent(*profile.canopen, 0);
  const auto taken = identifiers_taken(*profile.canopen, 0);
  used.insert(used.end(), taken.begin(), taken.end());
  const auto check = [&](std::uint32_t id, bool extended, const std::string& name) {
    if (!extended && std::ranges::find(used, id) != used.end())
      root.add("canopen", fmt::format("\"{}\" has the identifier 0x{:03X} of a service of node {}",
                                      name, id, profile.canopen->node));
  };
  for (const auto& each : profile.messages)
    if (!each.object) check(each.id, each.extended, each.name);
  for (const auto& each : profile.requests) check(each.id, each.extended, each.name);
  for (const auto& each : profile.commands) check(each.id, each.extended, each.name);
}

} // namespace

void read_canopen(const object_reader& root, load_context& context) {
  const auto* node = root.object("canopen");
  if (node == nullptr) return;
  if (context.profile.protocol != protocol::can)
    return root.add("canopen", "does not belong to this protocol");
  const object_reader reader(root.found(), *node, "canopen", "canopen", root.offset("canopen"));
  canopen_loader(reader, context).load();
}

void check_canopen(const object_reader& root, const device_profile& profile) {
  if (profile.canopen) check_services(root, profile);
}

} // namespace voltaic::messages::profiles
