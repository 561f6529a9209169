// Parts of the screen that show the batteries.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "messages/points/catalogue.hpp"
#include "nodes/view/cell_strip.hpp"
#include "nodes/view/panels.hpp"

namespace voltaic::nodes::view {

namespace {

constexpr double watts_per_kilowatt = 1'000;
constexpr double mv_per_v = 1'000;

number kilo(const number& value) {
  return value ? number(*value / watts_per_kilowatt) : number();
}

style look_of(std::string_view contactor) {
  if (contactor == "closed") return style::good;
  if (contactor == "fault") return style::alarm;
  return contactor == "open" ? style::plain : style::warning;
}

style look_of(const number& value) {
  return value ? style::plain : style::warning;
}

/// `label 12.3 A`, the number in the style of what is known.
void put_named(row& into, std::string_view label, const number& value, int decimals,
               std::string_view unit) {
  if (!label.empty()) into.put(label, style::label).space();
  into.put(text_of(value, decimals), look_of(value));
  if (value && !unit.empty()) into.space().put(unit, style::label);
}

/// One column of the list of racks.
struct column {
  std::string_view heading;
  int width;
  bool to_right;
};

constexpr column number_columns[] = {
    {"V", 7, true}, {"A", 8, true}, {"kW", 8, true}, {"SOC %", 7, true}};
constexpr int name_width = 11;
constexpr int contactor_width = 9;
/// "3.298 12:3"
constexpr int extreme_width = 13;
constexpr int temperature_width = 11;
constexpr int limits_width = 14;

/// All columns that are always there.
constexpr int narrow_width = 80;

/// What there is room for beside these.
struct rack_columns {
  bool temperatures;
  bool limits;
  explicit rack_columns(int columns)
      : temperatures(columns >= narrow_width + 2 * temperature_width),
        limits(columns >= narrow_width + 2 * temperature_width + limits_width) {}
};

line rack_heading(const paper& on) {
  const rack_columns shown(on.columns);
  row text(on.columns, *on.signs);
  text.space(2).left("rack", name_width, style::label);
  text.left("contactor", contactor_width, style::label);
  for (const auto& each : number_columns) text.right(each.heading, each.width, style::label);
  text.space(2).left("lowest V", extreme_width, style::label);
  text.left("highest V", extreme_width, style::label);
  if (shown.temperatures) {
    text.left("lowest " + unit_text("degC", *on.signs), temperature_width, style::label);
    text.left("highest " + unit_text("degC", *on.signs), temperature_width, style::label);
  }
  if (shown.limits) text.right("limits A", limits_width - 1, style::label);
  return text.done();
}

void put_extreme(row& into, const extreme& what, int decimals, int width) {
  const auto value = text_of(what.value, decimals);
  into.put(value, look_of(what.value)).space();
  into.left(what.place, width - columns_of(value) - 1, style::label);
}

/// The worst alarm of a rack; they stand in this order.
const alarm* alarm_of(const picture& of, const std::string& rack) {
  const auto found = std::ranges::find(of.alarms, rack, &alarm::rack);
  return found == of.alarms.end() ? nullptr : &*found;
}

line rack_row(const paper& on, const picture& of, const rack_picture& rack, bool is_chosen) {
  const rack_columns shown(on.columns);
  const auto name_look = is_chosen ? style::strong : style::plain;
  const auto* standing = alarm_of(of, rack.name);
  row text(on.columns, *on.signs);
  text.left(is_chosen ? on.signs->marker : "", 1, style::strong);
  if (standing != nullptr)
    text.put("!", look_of(*standing));
  else
    text.space();
  text.left(clipped(rack.name, name_width - 1, *on.signs), name_width, name_look);
  text.left(rack.contactor, contactor_width, look_of(rack.contactor));
  const number values[] = {rack.voltage_v, rack.current_a, kilo(rack.power_w), rack.soc_percent};
  for (std::size_t i = 0; i < std::size(values); ++i)
    text.right(text_of(values[i], 1), number_columns[i].width, look_of(values[i]));
  text.space(2);
  put_extreme(text, rack.cell_min_v, 3, extreme_width);
  put_extreme(text, rack.cell_max_v, 3, extreme_width);
  if (shown.temperatures) {
    put_extreme(text, rack.temperature_min_c, 1, temperature_width);
    put_extreme(text, rack.temperature_max_c, 1, temperature_width);
  }
  if (shown.limits)
    text.right(
        fmt::format("{}/{}", text_of(rack.charge_limit_a, 1), text_of(rack.discharge_limit_a, 1)),
        limits_width - 1, rack.limit_reasons.empty() ? style::plain : style::warning);
  return text.done();
}

line detail_rule(const paper& on, const rack_picture& rack) {
  const auto& cells = rack.cells_v;
  auto title = rack.name;
  if (!cells.values.empty())
    title += fmt::format(" {} {} cells", on.signs->dot, cells.values.size());
  if (cells.group_size > 0)
    title += fmt::format(" in {} modules", cells.values.size() / cells.group_size);
  row text(on.columns, *on.signs);
  text.to(2, style::rule, on.signs->horizontal).space().put(title, style::strong).space();
  const auto scale = scale_of(cells);
  if (!scale) return text.to(on.columns, style::rule, on.signs->horizontal).done();
  row legend(on.columns, *on.signs);
  put_scale(legend, *scale, *on.signs);
  text.to(on.columns - legend.used() - 4, style::rule, on.signs->horizontal).space();
  put_scale(text, *scale, *on.signs);
  return text.space().to(on.columns, style::rule, on.signs->horizontal).done();
}

line extremes_line(const paper& on, const rack_picture& rack) {
  row text(on.columns, *on.signs);
  text.space();
  put_named(text, "cells average", rack.cell_average_v, 3, "V");
  if (rack.cell_min_v.value && rack.cell_max_v.value) {
    text.put(", spread ", style::label);
    text.put(text_of(mv_per_v * (*rack.cell_max_v.value - *rack.cell_min_v.value), 0));
    text.put(" mV", style::label);
  }
  const auto put_at = [&](const extreme& what) {
    text.put(text_of(what.value, 1), look_of(what.value));
    if (!what.place.empty()) text.put(" at " + what.place, style::label);
  };
  text.space(3);
  put_at(rack.temperature_min_c);
  text.put(" to ", style::label);
  put_at(rack.temperature_max_c);
  return text.space().put(unit_text("degC", *on.signs), style::label).done();
}

line limits_line(const paper& on, const rack_picture& rack) {
  row text(on.columns, *on.signs);
  text.space();
  put_named(text, "limits charge", rack.charge_limit_a, 1, "A");
  text.put(", ", style::label);
  put_named(text, "discharge", rack.discharge_limit_a, 1, "A");
  text.space(3);
  if (!rack.limit_reasons.empty())
    text.put("by ", style::label)
        .put(fmt::format("{}", fmt::join(rack.limit_reasons, ", ")), style::warning);
  else if (rack.charge_limit_a)
    text.put("not reduced", style::label);
  return text.done();
}

} // namespace

std::string text_of(const number& value, int decimals) {
  return value ? messages::points::fixed_text(*value, static_cast<std::uint8_t>(decimals)) : "-";
}

std::vector<line> system_lines(const paper& on, const picture& of) {
  const auto& all = of.system;
  const auto racks = of.racks.size();
  row first(on.columns, *on.signs);
  first.space().put(fmt::format("{} of {} racks active", text_of(all.racks_active, 0), racks),
                    look_of(all.racks_active));
  first.space(3);
  put_named(first, "", all.voltage_v, 1, "V");
  first.space(3);
  put_named(first, "", all.current_a, 1, "A");
  first.space(3);
  put_named(first, "", kilo(all.power_w), 1, "kW");
  first.space(3);
  put_named(first, "SOC", all.soc_percent, 1, "%");
  if (all.soc_min_percent && all.soc_max_percent)
    first.put(fmt::format(" ({:.1f} to {:.1f})", *all.soc_min_percent, *all.soc_max_percent),
              style::label);
  row second(on.columns, *on.signs);
  second.space();
  put_named(second, "limits charge", all.charge_limit_a, 1, "A");
  second.put(", ", style::label);
  put_named(second, "discharge", all.discharge_limit_a, 1, "A");
  if (!of.trouble.empty())
    second.space(3).put(of.trouble, style::alarm);
  else if (!all.missing.empty())
    second.space(3).put(fmt::format("missing: {}", fmt::join(all.missing, ", ")), style::warning);
  else {
    second.space(3);
    put_named(second, "charged", kilo(all.energy_charged_wh), 1, "kWh");
    second.put(", ", style::label);
    put_named(second, "discharged", kilo(all.energy_discharged_wh), 1, "kWh");
  }
  return {first.done(), second.done()};
}

std::vector<line> rack_lines(const paper& on, const picture& of, std::size_t chosen,
                             std::size_t lines) {
  std::vector<line> result{rack_heading(on)};
  const auto shown = std::min(of.racks.size(), lines > 0 ? lines - 1 : 0);
  const auto half = shown / 2;
  const auto first = std::min(chosen - std::min(chosen, half), of.racks.size() - shown);
  for (auto i = first; i < first + shown; ++i)
    result.push_back(rack_row(on, of, of.racks[i], i == chosen));
  return result;
}

std::vector<line> detail_lines(const paper& on, const rack_picture& rack, int strip_lines) {
  std::vector<line> result{detail_rule(on, rack)};
  const paper inner{on.columns - 2, on.signs};
  for (auto& one : cell_strip(rack.cells_v, inner.columns, strip_lines, *on.signs)) {
    one.insert(one.begin(), {" ", style::plain});
    result.push_back(std::move(one));
  }
  result.push_back(extremes_line(on, rack));
  result.push_back(limits_line(on, rack));
  return result;
}

} // namespace voltaic::nodes::view
