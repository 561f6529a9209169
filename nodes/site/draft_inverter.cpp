#include <fmt/format.h>

#include <array>

#include "nodes/site/draft_parts.hpp"
#include "nodes/site/expand.hpp"

namespace voltaic::nodes::site {

namespace {

constexpr double voltage_max = 2'000;
constexpr double current_max = 100'000;
constexpr std::int64_t raw_offset_max = 65'535;
constexpr std::int64_t address_max = 15;

std::optional<double> read_number(section& table, std::string_view key, double maximum) {
  const auto found = table.number(key, 0, maximum);
  if (!found) return std::nullopt;
  return found->value;
}

// Names, each of which may be a range.
std::vector<std::string> read_racks(section& table) {
  std::vector<std::string> names;
  const auto texts = table.texts("racks");
  if (!texts) return names;
  for (const auto& text : texts->value) {
    const auto expanded = expand_range(text, table.ranges());
    if (!expanded) {
      table.report().add(texts->at, "racks: " + expanded.error().text);
      continue;
    }
    names.insert(names.end(), expanded->begin(), expanded->end());
  }
  return names;
}

void read_wire(section& table, inverter& item) {
  if (const auto order = table.word("byte_order", {"little", "big"}))
    item.byte_order = order->value;
  if (const auto offset = table.integer("current_raw_offset", 0, raw_offset_max))
    item.current_raw_offset = static_cast<std::uint32_t>(offset->value);
  if (const auto address = table.integer("address", 0, address_max))
    item.address = static_cast<std::uint8_t>(address->value);
}

void read_limits(section& table, inverter& item) {
  item.charge_voltage_v = read_number(table, "charge_voltage", voltage_max);
  item.discharge_voltage_v = read_number(table, "discharge_voltage", voltage_max);
  item.charge_current_max_a = read_number(table, "charge_current_max", current_max);
  item.discharge_current_max_a = read_number(table, "discharge_current_max", current_max);
  const auto read_fold = [&](const char* key) {
    const auto begin_v = read_number(table, key, voltage_max);
    if (begin_v && *begin_v == 0)
      table.report().add(position_of(*table.node(key)),
                         fmt::format("{}: expected more than 0 V", key));
    return begin_v;
  };
  item.fold_back_v = read_fold("fold_back");
  item.discharge_fold_back_v = read_fold("discharge_fold_back");
}

// All of it or nothing: what is declared by halves would be guessed.
void read_fallback(section& table, inverter& item) {
  struct part {
    std::string_view key;
    double maximum;
    double inverter_fallback::*value;
  };
  constexpr std::array parts = {
      part{"fallback_charge_current", current_max, &inverter_fallback::charge_current_a},
      part{"fallback_discharge_current", current_max, &inverter_fallback::discharge_current_a},
      part{"fallback_voltage_min", voltage_max, &inverter_fallback::lowest_v},
      part{"fallback_voltage_max", voltage_max, &inverter_fallback::highest_v}};
  inverter_fallback made;
  std::size_t stated = 0;
  for (const auto& each : parts) {
    const auto value = read_number(table, each.key, each.maximum);
    stated += table.has(each.key) ? 1 : 0;
    made.*each.value = value.value_or(0);
  }
  if (stated == 0) return;
  if (stated != parts.size())
    table.report().add(table.at(),
                       "inverter: a fallback needs fallback_charge_current, "
                       "fallback_discharge_current, fallback_voltage_min and "
                       "fallback_voltage_max");
  else if (!(made.lowest_v < made.highest_v))
    table.report().add(position_of(*table.node("fallback_voltage_max")),
                       "fallback_voltage_max: is not above fallback_voltage_min");
  else
    item.fallback = made;
}

// Two points say a current: power and voltage.
void read_measured(section& table, draft_inverter& made) {
  auto& measured = made.item.measured;
  const auto read = [&](std::string_view key, std::string& into) {
    if (const auto text = table.text(key)) into = text->value;
  };
  read("dc_current", measured.current);
  read("dc_power", measured.power);
  read("dc_voltage", measured.voltage);
  const bool is_double =
      table.has("dc_current") && (table.has("dc_power") || table.has("dc_voltage"));
  const bool is_half = table.has("dc_power") != table.has("dc_voltage");
  if (is_double)
    table.report().add(table.at(),
                       "inverter: dc_current says it alone, without dc_power and dc_voltage");
  else if (is_half)
    table.report().add(table.at(), "inverter: dc_power and dc_voltage go together");
  made.is_measured_wrong = is_double || is_half;
  made.is_measured_by_profile = !made.is_measured_wrong && measured.current == "inverter";
  if (made.is_measured_wrong || made.is_measured_by_profile) measured = {};
}

void read_places(section& table, draft_inverter& made) {
  const auto at = [&](std::string_view key) {
    return table.has(key) ? position_of(*table.node(key)) : made.table_at;
  };
  made.name_at = at("name");
  made.profile_at = at("profile");
  made.link_at = at(table.has("bus") ? "bus" : "device");
  made.racks_at = at("racks");
  made.node_at = at("node");
  made.compatibility_at = at("compatibility");
  made.relay_at = at("safety_relay");
  made.measured_at = at(table.has("dc_current") ? "dc_current" : "dc_power");
  made.measured_voltage_at = at("dc_voltage");
  made.charge_voltage_at = at("charge_voltage");
  made.discharge_voltage_at = at("discharge_voltage");
}

} // namespace

void read_inverter(section& table, draft& result) {
  for (const auto* key : {"name", "profile"}) table.require(key);
  const auto one = [&](std::string_view key) {
    const auto found = read_name(table, key);
    return found.present() ? found.values.front() : std::string();
  };
  draft_inverter made;
  made.table_at = table.at();
  auto& item = made.item;
  item.name = one("name");
  item.bus = one("bus");
  item.device = one("device");
  item.node = one("node");
  item.racks = read_racks(table);
  if (const auto profile = table.text("profile")) made.profile_text = profile->value;
  if (const auto pairs = table.text("compatibility")) made.compatibility_text = pairs->value;
  if (const auto maker = table.text("manufacturer")) item.manufacturer = maker->value;
  if (const auto relay = table.text("safety_relay")) item.safety_relay = relay->value;
  if (const auto simulate = table.boolean("simulate")) item.simulate = simulate->value;
  read_wire(table, item);
  read_limits(table, item);
  read_fallback(table, item);
  read_measured(table, made);
  read_places(table, made);
  if (table.has("bus") == table.has("device"))
    table.report().add(table.at(), "inverter: exactly one of the keys bus and device is needed");
  else if (!item.name.empty() && !made.profile_text.empty())
    result.inverters.push_back(std::move(made));
}

} // namespace voltaic::nodes::site
