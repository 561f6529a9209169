#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "messages/j1939/packet.hpp"
#include "messages/profiles/bit_usage.hpp"
#include "messages/profiles/bits.hpp"
#include "messages/profiles/load.hpp"
#include "messages/profiles/load_parts.hpp"

namespace voltaic::messages::profiles {
namespace {

constexpr std::size_t fields_max = 64;
/// A port steps every 10 ms.
constexpr std::uint32_t send_period_ms_min = 10;
constexpr std::uint32_t send_period_ms_max = 3'600'000;
/// A set whose frame has to wait for longer would be over by its deadline.
constexpr std::uint32_t gap_ms_max = 2'000;

constexpr spelling<command_purpose> purposes[] = {{"set", command_purpose::set},
                                                  {"order", command_purpose::order},
                                                  {"heartbeat", command_purpose::heartbeat}};
constexpr std::string_view set_fields[] = {"value", "counter", "address"};
constexpr std::string_view order_fields[] = {"epoch", "counter", "contactor", "lease", "address"};
/// The largest raw contactor order: open 0, precharge 1, close 2.
constexpr std::int64_t contactor_order_max = 2;

std::span<const std::string_view> fields_of(command_purpose purpose) {
  if (purpose == command_purpose::order) return order_fields;
  return set_fields;
}

void read_constant(const object_reader& reader, command_field& result, bool has_bits) {
  result.constant = reader.integer("constant", std::numeric_limits<std::int64_t>::min(),
                                   std::numeric_limits<std::int64_t>::max());
  if (!result.constant || !has_bits) return;
  const auto range = integer_range(result.bits.type, result.bits.length);
  if (result.bits.type == signal_type::ieee_float)
    reader.add("constant", "a float cannot be a constant");
  else if (*result.constant < range.first || *result.constant > range.second)
    reader.add("constant", fmt::format("does not fit into {} bits", result.bits.length));
}

/// What open, precharge and close are on the wire.
void read_codes(const object_reader& reader, command_field& result) {
  const auto* list = reader.array("codes", contactor_order_max + 1);
  if (list == nullptr) return;
  const auto range = integer_range(result.bits.type, result.bits.length);
  for (const auto& each : list->elements)
    if (each.type == json_node::kind::integer && each.integer >= range.first &&
        each.integer <= range.second)
      result.codes.push_back(each.integer);
  if (result.field != "contactor") reader.add("codes", "only the field \"contactor\" has codes");
  auto sorted = result.codes;
  std::ranges::sort(sorted);
  if (sorted.size() != contactor_order_max + 1 ||
      std::ranges::adjacent_find(sorted) != sorted.end())
    reader.add("codes",
               "expected three different numbers, of open, precharge and close, that "
               "the bits can have");
}

void read_field(const object_reader& reader, command& owner, bit_usage& taken) {
  command_field result;
  const auto bits = read_bits(reader, owner.length, signal_type::unsigned_integer);
  if (bits) result.bits = *bits;
  result.scale = read_scale(reader, 1);
  result.offset = reader.number("offset").value_or(0);
  result.rolling = reader.boolean("rolling").value_or(false);
  if (result.rolling && result.bits.type != signal_type::unsigned_integer)
    reader.add("rolling", "only an unsigned field can roll");
  if (reader.has("last") && !result.rolling) reader.add("last", "needs \"rolling\": true");
  if (bits && result.rolling) {
    constexpr unsigned last_bits_max = 16;
    const auto most = low_mask(std::min<unsigned>(bits->length, last_bits_max));
    result.last =
        reader.whole<std::uint32_t>("last", 1, static_cast<std::uint32_t>(most)).value_or(0);
  }
  if (reader.has("field") == reader.has("constant")) {
    reader.add("expected either \"field\" or \"constant\"");
    return;
  }
  if (reader.has("constant")) {
    read_constant(reader, result, bits.has_value());
  } else {
    result.field = reader.text("field").value_or("");
    if (result.field == "address" && !owner.group)
      reader.add("field", "only a command of J1939 has an address");
    const auto known = fields_of(owner.purpose);
    const auto same = [&](const command_field& one) { return one.field == result.field; };
    if (std::find(known.begin(), known.end(), result.field) == known.end())
      reader.add("field", fmt::format("expected one of {}", fmt::join(known, ", ")));
    else if (std::any_of(owner.fields.begin(), owner.fields.end(), same))
      reader.add("field", fmt::format("\"{}\" stands twice", result.field));
  }
  if (bits) read_codes(reader, result);
  if (!bits) return;
  const auto name = result.constant ? "the constant" : result.field;
  const auto place = reader.path().substr(reader.path().rfind('.') + 1);
  if (auto wrong =
          taken.take(*bits, owner.length, std::nullopt, fmt::format("{} ({})", name, place)))
    reader.add("start", *wrong);
  owner.fields.push_back(result);
}

void read_fields(const object_reader& reader, load_context& context, command& owner,
                 bit_usage& taken) {
  const auto* list = reader.array("signals", fields_max);
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->elements.size(); ++i) {
    const auto& element = list->elements[i];
    const object_reader field(context.found, element, "field",
                              fmt::format("{}.signals[{}]", reader.path(), i), element.offset);
    if (field.is_object()) read_field(field, owner, taken);
  }
}

const command_field* find_field(const command& owner, std::string_view name) {
  for (const auto& field : owner.fields)
    if (field.field == name) return &field;
  return nullptr;
}

/// The keys that exactly this form of command has.
void check_keys(const object_reader& reader, std::initializer_list<std::string_view> needed,
                std::initializer_list<std::string_view> foreign, std::string_view form) {
  for (const auto key : needed)
    if (!reader.has(key)) reader.add(fmt::format("missing key \"{}\"", key));
  for (const auto key : foreign)
    if (reader.has(key)) reader.add(key, fmt::format("does not belong to {}", form));
}

void read_frame(const object_reader& reader, load_context& context, command& result) {
  check_keys(reader, {"length", "signals"}, {"register", "code", "data", "value"}, "a CAN command");
  result.length =
      reader.whole<std::uint8_t>("length", 1, can::fd_bytes_max).value_or(can::classic_bytes_max);
  const bool is_group = check_group(reader, context.profile);
  if (reader.has("length") && !is_group) result.format = read_format(reader, result.length);
  if (reader.has("priority") && !is_group) reader.add("priority", "needs a group");
  if (is_group) {
    read_command_group(reader, context, result);
  } else if (const auto id = read_id(reader)) {
    result.id = id->id;
    result.extended = id->extended;
    const auto earlier = context.message_ids.find(id_key(id->id, id->extended));
    if (earlier != context.message_ids.end())
      reader.add("id",
                 fmt::format("0x{:03X} is sent by the device as \"{}\"", id->id, earlier->second));
  }
  bit_usage taken;
  result.checksum = read_checksum(reader, result.length);
  if (result.checksum) take_bytes(*result.checksum, taken);
  read_fields(reader, context, result, taken);
  const bool needs_counter = result.checksum && !result.checksum->data_ids.empty();
  if (needs_counter && find_field(result, "counter") == nullptr)
    reader.add("checksum", "autosar_profile_2 needs the field \"counter\"");
}

void read_target(const object_reader& reader, load_context& context, command& result) {
  check_keys(reader, {"register"},
             {"id", "pgn", "priority", "length", "format", "signals", "checksum", "period_ms",
              "phase_ms", "minimum_gap_ms", "code", "data", "value"},
             "a Modbus command");
  const auto* node = reader.object("register");
  if (node == nullptr) return;
  const object_reader target(context.found, *node, "target_register", reader.path_of("register"),
                             reader.offset("register"));
  result.target_register = read_register_field(target, 1, 0);
  if (result.target_register && result.target_register->type == register_type::text) {
    target.add("type", "a command writes a number");
    result.target_register.reset();
  }
}

/// The bytes of an order stand where the value of a set command does.
void read_serial(const object_reader& reader, load_context& context, command& result) {
  const bool is_order = result.purpose == command_purpose::order;
  check_keys(reader, {"code", "data"}, {"id", "pgn", "priority", "format", "checksum"},
             "a command of plain RS-485");
  result.setting = read_setting(reader, is_order);
  if (!is_order)
    return check_keys(reader, {"value"},
                      {"length", "signals", "period_ms", "phase_ms", "minimum_gap_ms", "register"},
                      "a set command of plain RS-485");
  check_keys(reader, {"length", "signals"}, {"value"}, "an order of plain RS-485");
  result.length =
      reader.whole<std::uint8_t>("length", 1, can::fd_bytes_max).value_or(can::classic_bytes_max);
  bit_usage taken;
  read_fields(reader, context, result, taken);
  if (result.setting) result.setting->form.bytes = result.length;
}

void check_order(const object_reader& reader, const load_context& context, const command& result) {
  check_keys(reader, {},
             {"channel", "point", "read_back", "minimum", "maximum", "default", "tighter",
              "register", "period_ms", "phase_ms", "minimum_gap_ms"},
             "an order");
  if (result.group && result.length > j1939::packet_bytes_max)
    reader.add("length", fmt::format("an order of J1939 has {} bytes at most: a longer one is "
                                     "transported, and could arrive when it is over",
                                     j1939::packet_bytes_max));
  if (!reader.has("signals")) return;
  const bool leased = context.profile.lease.mode == lease_mode::device;
  for (const auto name : order_fields) {
    const auto* field = find_field(result, name);
    if (field == nullptr) {
      // Of J1939 whatever comes with a new counter renews the lease.
      const bool is_needed = name == "contactor" || name == "counter" || !result.group;
      if (name != "address" && (name == "contactor" || (leased && is_needed)))
        reader.add("signals", fmt::format("an order needs the field \"{}\"", name));
      continue;
    }
    if (name == "address") continue;
    const bool counts = name == "epoch" || name == "counter";
    if (field->scale != 1 || field->offset != 0 || field->bits.type == signal_type::ieee_float)
      reader.add("signals", fmt::format("\"{}\" is raw and takes no scale", name));
    if (counts && !field->rolling)
      reader.add("signals", fmt::format("\"{}\" must be rolling", name));
    if (name == "contactor" &&
        integer_range(field->bits.type, field->bits.length).second < contactor_order_max)
      reader.add("signals", "\"contactor\" needs at least 2 bits");
  }
}

/// Both ends of the allowed range must reach the wire.
void check_range(const object_reader& reader, const command& result) {
  double scale = 1;
  double offset = 0;
  double minimum = 0;
  double maximum = 0;
  if (result.target_register) {
    const auto& target = *result.target_register;
    if (modbus::is_float(target.type)) return;
    const auto range = modbus::integer_range(target.type);
    minimum = static_cast<double>(range.first);
    maximum = static_cast<double>(range.second);
    scale = target.scale;
    offset = target.offset;
  } else if (result.setting) {
    const auto& set = *result.setting;
    const auto type =
        set.form.is_signed ? signal_type::signed_integer : signal_type::unsigned_integer;
    const auto range = integer_range(type, 8u * set.form.bytes);
    minimum = static_cast<double>(range.first);
    maximum = static_cast<double>(range.second);
    scale = set.scale;
    offset = set.offset;
  } else {
    const auto* field = find_field(result, "value");
    if (field == nullptr || field->bits.type == signal_type::ieee_float) return;
    const auto range = integer_range(field->bits.type, field->bits.length);
    minimum = static_cast<double>(range.first);
    maximum = static_cast<double>(range.second);
    scale = field->scale;
    offset = field->offset;
  }
  const auto fits = [&](double value) {
    const double raw = std::round((value - offset) / scale);
    return raw >= minimum && raw <= maximum;
  };
  if (!fits(result.allowed.minimum)) reader.add("minimum", "does not fit into the wire's bits");
  if (!fits(result.allowed.maximum)) reader.add("maximum", "does not fit into the wire's bits");
}

/// What the read-back shows of a value that was set.
void take_read_back(const object_reader& reader, const load_context& context, command& result) {
  const auto position = context.point_of(reader, "read_back");
  if (!position) return;
  const auto& point = context.profile.points[*position];
  result.read_back = *position;
  result.unit = point.unit;
  result.decimals = point.decimals;
  double own_step = 0;
  if (const auto* field = find_field(result, "value")) own_step = std::abs(field->scale);
  if (result.target_register) own_step = std::abs(result.target_register->scale);
  if (result.setting) own_step = std::abs(result.setting->scale);
  result.resolution = std::max(own_step, std::abs(point.scale));
  // Neighbouring words are not nearly the same: stop is not start.
  if (!point.texts.empty()) result.resolution /= 2;
  if (point.count != 1) reader.add("read_back", "expected a single value");
}

constexpr spelling<tighter> sides[] = {
    {"toward_zero", tighter::toward_zero}, {"lower", tighter::lower}, {"higher", tighter::higher}};

/// What a limit's name says of it, no profile turns round.
void read_side(const object_reader& reader, command& result) {
  const auto stated = reader.choice<tighter>("tighter", sides);
  result.side = stated.value_or(likely_tighter(result.point));
  const auto known = known_tighter(result.point);
  if (known && stated && *stated != *known)
    reader.add("tighter",
               fmt::format("{} is \"{}\" whatever the device", result.point, to_string(*known)));
  if (stated && result.purpose == command_purpose::heartbeat)
    reader.add("tighter", "a heartbeat is no limit");
}

/// When its frames are sent besides the ones that a set asks for.
void read_timing(const object_reader& reader, command& result) {
  result.period_ms =
      reader.whole<std::uint32_t>("period_ms", send_period_ms_min, send_period_ms_max).value_or(0);
  result.phase_ms = reader.whole<std::uint32_t>("phase_ms", 0, send_period_ms_max).value_or(0);
  result.minimum_gap_ms = reader.whole<std::uint32_t>("minimum_gap_ms", 1, gap_ms_max).value_or(0);
  if (!reader.has("period_ms")) {
    if (reader.has("phase_ms")) reader.add("phase_ms", "without period_ms nothing has a phase");
    return;
  }
  if (result.phase_ms > 0 && result.phase_ms >= result.period_ms)
    reader.add("phase_ms", fmt::format("is not below period_ms, {}", result.period_ms));
  // A frame may go out a step late, and the next one is due by its phase all the same.
  if (reader.has("minimum_gap_ms") && result.minimum_gap_ms + send_period_ms_min > result.period_ms)
    reader.add("minimum_gap_ms", fmt::format("is not {} ms below period_ms, {}", send_period_ms_min,
                                             result.period_ms));
}

void read_set(const object_reader& reader, const load_context& context, command& result) {
  check_keys(reader, {"channel", "point", "read_back", "minimum", "maximum"}, {}, "a set command");
  result.channel = reader.text("channel").value_or("");
  if (reader.has("channel") && !is_channel(result.channel))
    reader.add("channel", "expected a name like SetChargeCurrent");
  result.point = reader.text("point").value_or("");
  if (reader.has("point") && !is_name(result.point))
    reader.add("point", "expected a name like charge_current_limit");
  read_side(reader, result);
  read_timing(reader, result);
  take_read_back(reader, context, result);
  if (reader.has("signals") && find_field(result, "value") == nullptr)
    reader.add("signals", "a set command needs the field \"value\"");
  const auto minimum = reader.number("minimum");
  const auto maximum = reader.number("maximum");
  if (!minimum || !maximum) return;
  if (*minimum >= *maximum) {
    reader.add("minimum", fmt::format("{} is not below {}", *minimum, *maximum));
    return;
  }
  result.allowed = {*minimum, *maximum};
  check_range(reader, result);
  result.default_value = reader.number("default");
  if (result.default_value &&
      (*result.default_value < *minimum || *result.default_value > *maximum))
    reader.add("default", "is outside of minimum and maximum");
}

/// What no two commands may share.
struct used_names {
  std::unordered_set<std::string> names;
  std::unordered_set<std::string> channels;
  std::unordered_set<std::string> points;
  bool has_order = false;
};

void check_unique(const object_reader& reader, std::string_view key, const std::string& text,
                  std::unordered_set<std::string>& used) {
  if (!text.empty() && !used.insert(text).second)
    reader.add(key, fmt::format("\"{}\" is used twice", text));
}

void read_command(const object_reader& reader, load_context& context, used_names& used) {
  command result;
  result.name = reader.text("name").value_or("");
  if (reader.has("name") && !is_name(result.name))
    reader.add("name", "expected a name like set_charge_current");
  check_unique(reader, "name", result.name, used.names);
  result.purpose =
      reader.choice<command_purpose>("purpose", purposes).value_or(command_purpose::set);
  static_cast<void>(reader.text("description")); // for people; only its type is checked
  const bool is_order = result.purpose == command_purpose::order;
  if (context.profile.protocol == protocol::can)
    read_frame(reader, context, result);
  else if (context.profile.protocol == protocol::modbus)
    read_target(reader, context, result);
  else
    read_serial(reader, context, result);
  if (is_order) {
    check_order(reader, context, result);
    if (context.profile.protocol == protocol::modbus)
      reader.add("purpose", "a Modbus device takes no orders");
    if (used.has_order) reader.add("purpose", "a profile has one order command");
    used.has_order = true;
  } else {
    read_set(reader, context, result);
    if (result.purpose == command_purpose::heartbeat &&
        context.profile.protocol != protocol::modbus)
      reader.add("purpose", "only a Modbus device takes heartbeats");
    check_unique(reader, "channel", result.channel, used.channels);
    check_unique(reader, "point", result.point, used.points);
    for (const auto& point : context.profile.points)
      if (!result.channel.empty() && point.channel == result.channel)
        reader.add("channel", fmt::format("\"{}\" is the point {}", result.channel, point.name));
  }
  context.profile.commands.push_back(std::move(result));
}

} // namespace

void read_commands(const object_reader& root, load_context& context) {
  const auto* list = root.array("commands", commands_max);
  if (list == nullptr) return;
  used_names used;
  for (std::size_t i = 0; i < list->elements.size(); ++i) {
    const auto& element = list->elements[i];
    const object_reader reader(context.found, element, "command", fmt::format("commands[{}]", i),
                               element.offset);
    if (reader.is_object()) read_command(reader, context, used);
  }
}

} // namespace voltaic::messages::profiles
