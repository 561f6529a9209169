#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <span>
#include <unordered_set>

#include "messages/configuration/identity.hpp"
#include "messages/profiles/load.hpp"
#include "messages/profiles/load_parts.hpp"
#include "messages/protection/own_candidate.hpp"
#include "messages/protection/table.hpp"

namespace voltaic::messages::profiles {
namespace {

constexpr std::uint32_t period_ms_max = 3'600'000;
/// A Modbus point is polled this often unless its profile says otherwise, and
/// beyond these bounds only for a stated reason.
constexpr std::uint32_t poll_ms_usual = 500;
constexpr std::uint32_t poll_ms_least = 100;
constexpr std::uint32_t poll_ms_most = 1'000;
constexpr std::size_t sentinels_max = 16;
constexpr std::size_t texts_max = 256;
constexpr std::size_t names_max = 64;
constexpr std::uint8_t decimals_max = 9;
/// A float has no resolution of its own; more digits than these are noise.
constexpr std::uint8_t real_decimals = 3;

constexpr spelling<raw_type> raw_types[] = {
    {"u16", raw_type::u16}, {"i16", raw_type::i16}, {"u32", raw_type::u32},  {"i32", raw_type::i32},
    {"i64", raw_type::i64}, {"f64", raw_type::f64}, {"text", raw_type::text}};
constexpr spelling<category> categories[] = {{"operational", category::operational},
                                             {"configuration", category::configuration}};

/// Units that a profile may use; "" is for counts, bits and texts.
constexpr std::string_view units[] = {"",    "V",    "A",   "W",    "kW",    "VA", "var", "Wh",
                                      "kWh", "Ah",   "Ohm", "kOhm", "Hz",    "%",  "s",   "ms",
                                      "h",   "degC", "K",   "Pa",   "l/min", "rpm"};

/// Points that others look for by name, and the unit they rely on.
struct quantity {
  std::string_view name;
  std::string_view unit;
};
constexpr quantity quantities[] = {{"cell_voltage", "V"},
                                   {"voltage", "V"},
                                   {"bus_voltage", "V"},
                                   {"cell_temperature", "degC"},
                                   {"terminal_temperature", "degC"},
                                   {"current", "A"},
                                   {"power", "W"},
                                   {"soc", "%"},
                                   {"soh", "%"},
                                   {"fan_tacho", "rpm"},
                                   {"coolant_flow", "l/min"},
                                   {"reported_charge_current_limit", "A"},
                                   {"reported_discharge_current_limit", "A"}};

void read_unit(const object_reader& reader, point& result) {
  const auto unit = reader.text("unit");
  if (!unit) return;
  result.unit = *unit;
  if (std::find(std::begin(units), std::end(units), *unit) == std::end(units)) {
    const std::span named(std::begin(units) + 1, std::end(units)); // the first is for none
    reader.add("unit", fmt::format("unknown unit \"{}\", known are {}, and \"\" for none", *unit,
                                   fmt::join(named, ", ")));
    return;
  }
  for (const auto& known : quantities)
    if (known.name == result.name && known.unit != *unit)
      reader.add("unit", fmt::format("expected {} for {}", known.unit, known.name));
  if (result.name == "insulation_resistance" && *unit != "Ohm" && *unit != "kOhm")
    reader.add("unit", "expected Ohm or kOhm for insulation_resistance");
}

void read_valid(const object_reader& reader, point& result) {
  const auto* range = reader.array("valid", 2);
  if (range == nullptr) return;
  const auto is_number = [](const json_node& node) {
    return node.type == json_node::kind::integer || node.type == json_node::kind::real;
  };
  const auto& ends = range->elements;
  if (ends.size() != 2 || !is_number(ends[0]) || !is_number(ends[1])) {
    reader.add("valid", "expected two numbers");
  } else if (ends[0].real >= ends[1].real) {
    reader.add("valid", fmt::format("{} is not below {}", ends[0].real, ends[1].real));
  } else {
    result.valid = value_range{ends[0].real, ends[1].real};
  }
}

void read_sentinels(const object_reader& reader, point& result) {
  const auto* list = reader.array("sentinels", sentinels_max);
  if (list == nullptr) return;
  for (const auto& element : list->elements) {
    if (element.type == json_node::kind::integer) {
      result.sentinels.push_back(element.integer);
    } else {
      reader.add("sentinels", "expected integers");
      return;
    }
  }
}

/// An array of different names; `mistake_in` says what is wrong with one of them.
template <class Judge>
std::vector<std::string> read_names(const object_reader& reader, std::string_view key,
                                    std::size_t names_limit, Judge mistake_in) {
  std::vector<std::string> result;
  const auto* list = reader.array(key, names_limit);
  if (list == nullptr) return result;
  std::unordered_set<std::string_view> seen;
  for (const auto& element : list->elements) {
    std::string wrong =
        element.type == json_node::kind::text ? mistake_in(element.text) : "expected texts";
    if (wrong.empty() && !seen.insert(element.text).second)
      wrong = fmt::format("\"{}\" stands twice", element.text);
    if (wrong.empty())
      result.push_back(element.text);
    else
      reader.found().add(element.offset, fmt::format("{}: {}", reader.path_of(key), wrong));
  }
  return result;
}

std::string aggregate_mistake(std::string_view text) {
  const bool known = text == "min" || text == "max" || text == "average" || text == module_sum;
  return known ? "" : "expected min, max, average or module_sum";
}

// A candidate that is known, or one of this point alone.
std::string candidate_mistake(std::string_view text, std::string_view point) {
  if (protection::find_candidate(text) != nullptr) return "";
  const auto own = protection::parse_own(text);
  if (!own) return protection::unknown_candidate(text);
  if (own->point == point) return "";
  return fmt::format("{}; a candidate of this point alone is {}_high or {}_low",
                     protection::unknown_candidate(text), point, point);
}

void read_quantity(const object_reader& reader, point& result) {
  result.quantity = reader.text("quantity").value_or("");
  if (result.quantity.empty()) return;
  const auto* known = protection::find_quantity(result.quantity);
  if (known == nullptr)
    reader.add("quantity", fmt::format("expected one of {}", protection::quantity_names()));
  else if (!known->fits(result.unit))
    reader.add("quantity", fmt::format("{} is in {}, and this point in {}", result.quantity,
                                       known->unit, result.unit.empty() ? "no unit" : result.unit));
  if (!std::ranges::any_of(result.protection, [](const std::string& name) {
        return protection::parse_own(name).has_value();
      }))
    reader.add("quantity", "only a point with candidates of its own has one");
}

std::string text_mistake(std::string_view text) {
  return !text.empty() && text.size() <= name_bytes_max ? "" : "expected short texts";
}

// Modules are summed where elements form whole ones; what elements do not add up to is no point.
void check_module_sum(const object_reader& reader, const point& result) {
  const auto& all = result.aggregates;
  if (std::ranges::find(all, module_sum) == all.end()) return;
  if (result.group_size == 0 || result.count % result.group_size != 0)
    reader.add("aggregates", "module_sum needs a group_size that divides count");
  if (!result.name.starts_with(cell_prefix) || result.unit != "V")
    reader.add("aggregates", "module_sum is of cells in V");
}

void read_lists(const object_reader& reader, point& result) {
  result.aggregates = read_names(reader, "aggregates", names_max, aggregate_mistake);
  result.protection = read_names(reader, "protection", names_max, [&](std::string_view text) {
    return candidate_mistake(text, result.name);
  });
  read_quantity(reader, result);
  result.texts = read_names(reader, "texts", texts_max, text_mistake);
  if (!result.aggregates.empty() && result.count == 1)
    reader.add("aggregates", "a single value has no aggregates");
  check_module_sum(reader, result);
  result.reaction_limit_ms =
      reader.whole<std::uint32_t>("reaction_limit_ms", 1, reaction_limit_ms_max);
  if (reader.has("reaction_limit_ms") && !reader.has("protection"))
    reader.add("reaction_limit_ms", "only a point that candidates watch has one");
  if (result.texts.empty()) return;
  if (result.count != 1 || result.type == raw_type::f64 || !result.unit.empty())
    reader.add("texts", "only a single integer without a unit can be a text");
}

void read_numbers(const object_reader& reader, point& result) {
  result.count = reader.whole<std::uint32_t>("count", 1, point_elements_max).value_or(1);
  result.group_size = reader.whole<std::uint32_t>("group_size", 1, point_elements_max).value_or(0);
  if (result.group_size != 0 && result.count % result.group_size != 0)
    reader.add("group_size",
               fmt::format("{} does not divide {} elements", result.group_size, result.count));
  result.scale = read_scale(reader, 1);
  result.offset = reader.number("offset").value_or(0);
  const auto own = std::max(decimals_of(result.scale), decimals_of(result.offset));
  const auto usual = result.type == raw_type::f64 ? std::max(own, real_decimals) : own;
  result.decimals = reader.whole<std::uint8_t>("decimals", 0, decimals_max).value_or(usual);
}

void read_period(const object_reader& reader, protocol spoken, point& result) {
  const bool is_polled = spoken == protocol::modbus;
  const auto period = reader.whole<std::uint32_t>("period_ms", 1, period_ms_max);
  const bool has_reason = !reader.text("period_reason").value_or("").empty();
  if (!is_polled && reader.is_object() && !reader.has("period_ms"))
    reader.add("missing key \"period_ms\"");
  if (!is_polled && reader.has("period_reason"))
    reader.add("period_reason", "only a Modbus point is polled");
  const bool is_usual = !period || (*period >= poll_ms_least && *period <= poll_ms_most);
  if (is_polled && !is_usual && !has_reason)
    reader.add("period_ms", fmt::format("{} is not within {} and {}: a \"period_reason\" is needed",
                                        *period, poll_ms_least, poll_ms_most));
  const bool is_left_out = is_polled && !reader.has("period_ms");
  result.period_ms = period.value_or(is_left_out ? poll_ms_usual : 0);
}

/// A text is one value as it is: nothing that counts or compares belongs to it.
void check_text(const object_reader& reader, protocol spoken, const point& result) {
  if (result.type != raw_type::text) return;
  if (spoken == protocol::can) reader.add("type", "a CAN device has no texts");
  for (const auto* key :
       {"count", "group_size", "scale", "offset", "valid", "sentinels", "decimals", "aggregates",
        "protection", "quantity", "reaction_limit_ms", "texts"})
    if (reader.has(key)) reader.add(key, "does not belong to a text");
  if (!result.unit.empty()) reader.add("unit", "a text has none");
}

/// A valid range that no raw value reaches would make every value invalid.
void check_reachable(const object_reader& reader, const point& result) {
  if (!result.valid || result.type == raw_type::f64 || result.type == raw_type::text) return;
  const double one = static_cast<double>(raw_minimum(result.type)) * result.scale + result.offset;
  const double two = static_cast<double>(raw_maximum(result.type)) * result.scale + result.offset;
  if (result.valid->maximum < std::min(one, two) || result.valid->minimum > std::max(one, two))
    reader.add("valid", fmt::format("no value of type {} is within", to_string(result.type)));
}

point read_point(const object_reader& reader, std::string_view name, protocol spoken, bool& sound) {
  point result;
  result.name = name;
  const auto type = reader.choice<raw_type>("type", raw_types);
  result.type = type.value_or(raw_type::u16);
  read_unit(reader, result);
  read_numbers(reader, result);
  read_period(reader, spoken, result);
  const auto channel = reader.text("channel");
  result.channel = channel.value_or("");
  if (channel && !is_channel(*channel)) reader.add("channel", "expected a name like CellVoltage");
  result.category = reader.choice<category>("category", categories).value_or(category::operational);
  read_valid(reader, result);
  read_sentinels(reader, result);
  read_lists(reader, result);
  static_cast<void>(reader.text("description")); // for people; only its type is checked
  check_text(reader, spoken, result);
  if (type) check_reachable(reader, result);
  sound = type.has_value() && result.period_ms != 0;
  return result;
}

} // namespace

double read_scale(const object_reader& reader, double default_scale) {
  const auto scale = reader.number("scale");
  if (!scale) return default_scale;
  if (*scale != 0) return *scale;
  reader.add("scale", "must not be 0");
  return default_scale;
}

std::uint8_t decimals_of(double step) {
  constexpr double tolerance = 1e-6;
  double scaled = std::abs(step);
  std::uint8_t decimals = 0;
  while (decimals < decimals_max && std::abs(scaled - std::round(scaled)) > tolerance * scaled) {
    scaled *= 10;
    ++decimals;
  }
  return decimals;
}

void read_points(const object_reader& root, load_context& context) {
  const auto* points = root.object("points");
  if (points == nullptr) return;
  if (points->members.size() > points_max) {
    root.add("points", fmt::format("more than {} points", points_max));
    return;
  }
  if (points->members.empty()) root.add("points", "expected at least one point");
  std::unordered_set<std::string> channels;
  for (const auto& member : points->members) {
    const object_reader reader(context.found, member.value, "point", "points." + member.key,
                               member.offset);
    if (!is_name(member.key)) reader.add("expected a name like cell_voltage");
    point_place place;
    place.offset = member.offset;
    place.sentinels_offset = reader.offset("sentinels");
    point result = read_point(reader, member.key, context.profile.protocol, place.sound);
    if (!result.channel.empty() && !channels.insert(result.channel).second)
      reader.add("channel", fmt::format("\"{}\" is used twice", result.channel));
    place.carried.resize(result.count);
    place.sentinel_possible.resize(result.sentinels.size());
    const auto position = static_cast<std::uint16_t>(context.places.size());
    context.point_positions.try_emplace(member.key, position);
    context.places.push_back(std::move(place));
    context.profile.points.push_back(std::move(result));
  }
}

void read_identity(const object_reader& root, load_context& context) {
  std::size_t values = 0;
  context.profile.identity =
      read_names(root, "identity", names_max, [&](std::string_view name) -> std::string {
        const auto position = context.profile.find_point(name);
        if (!position) return fmt::format("there is no point \"{}\"", name);
        const auto& point = context.profile.points[*position];
        values += point.count;
        if (point.type == raw_type::f64)
          return fmt::format("{} is no integer and no text: it does not say which device it is",
                             name);
        return "";
      });
  if (values > configuration::identity_values_max)
    root.add("identity",
             fmt::format("{} values, more than {}", values, configuration::identity_values_max));
}

bool is_known_point(std::string_view name) {
  return name == "insulation_resistance" ||
         std::ranges::find(quantities, name, &quantity::name) != std::end(quantities);
}

} // namespace voltaic::messages::profiles
