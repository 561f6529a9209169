#include <fmt/format.h>

#include "messages/points/names.hpp"
#include "nodes/site/draft_parts.hpp"

// Digital inputs and outputs, and which of them open a rack.
namespace voltaic::nodes::site {

namespace {

constexpr std::int64_t line_max = 1'023;
constexpr std::uint32_t debounce_ms_max = 1'000;

using table_reader = std::function<void(section&)>;

// The tables [[digital.input]] of one [[digital]].
void read_inner(section& table, std::string_view key, const table_reader& reader) {
  const auto* found = table.node(key);
  if (found == nullptr) return;
  const auto* array = found->as_array();
  if (array == nullptr || !array->is_homogeneous<toml::table>()) {
    table.report().add(position_of(*found),
                       fmt::format("{}: expected tables [[digital.{}]]", key, key));
    return;
  }
  for (const auto& element : *array) {
    section inner(*element.as_table(), fmt::format("digital.{}", key), table.report(),
                  table.ranges());
    reader(inner);
    inner.finish();
  }
}

std::string read_point(section& table, std::string_view key) {
  const auto text = table.text(key);
  if (!text) return {};
  const auto path = messages::points::parse_path(text->value);
  if (path && path->scope.empty() && path->point.find('/') != std::string::npos) return text->value;
  table.report().add(text->at, fmt::format("{}: expected a point as coupler_0/inputs[3], found "
                                           "\"{}\"",
                                           key, text->value));
  return {};
}

digital_line read_line_of(section& table) {
  digital_line result;
  table.require("name");
  const auto name = read_name(table, "name");
  if (name.values.size() == 1) result.name = name.values.front();
  if (const auto line = table.integer("line", 0, line_max))
    result.line = static_cast<std::uint32_t>(line->value);
  result.point = read_point(table, "point");
  if (table.has("line") == table.has("point"))
    table.report().add(table.at(), "digital: exactly one of the keys line and point is needed");
  return result;
}

digital_input read_input(section& table) {
  digital_input result;
  static_cast<digital_line&>(result) = read_line_of(table);
  if (const auto closed = table.boolean("normally_closed")) result.normally_closed = closed->value;
  if (const auto debounce = table.duration_ms("debounce", 0, debounce_ms_max))
    result.debounce_ms = debounce->value;
  return result;
}

digital_output read_output(section& table) {
  digital_output result;
  static_cast<digital_line&>(result) = read_line_of(table);
  if (const auto safe = table.word("safe", {"off", "on"})) result.safe = safe->value == "on";
  result.follow = read_point(table, "follow");
  return result;
}

} // namespace

void read_digital(section& table, draft& result) {
  table.require("name");
  auto name = read_name(table, "name");
  auto chip = read_ranged(table, "chip");
  auto node = read_name(table, "node");
  draft_digital common;
  read_inner(table, "input", [&](section& inner) {
    common.item.inputs.push_back(read_input(inner));
    common.input_at.push_back(inner.at());
  });
  read_inner(table, "output", [&](section& inner) {
    common.item.outputs.push_back(read_output(inner));
    common.output_at.push_back(inner.at());
  });
  if (!name.present()) return;
  const auto count = member_count(table, {&name, &chip, &node});
  for (std::size_t i = 0; i < count; ++i) {
    auto one = common;
    one.item.name = name.of(i);
    if (chip.present()) one.item.chip = chip.of(i);
    one.item.node = node.present() ? node.of(i) : std::string(site_node);
    one.name_at = name.at;
    one.node_at = node.present() ? node.at : name.at;
    result.digitals.push_back(std::move(one));
  }
}

rack_inputs read_rack_inputs(section& table) {
  return {read_name(table, "dc_bus"), read_ranged(table, "emergency_stop"),
          read_ranged(table, "interlock"), read_ranged(table, "fire"),
          read_ranged(table, "reset_key")};
}

void take_rack_inputs(const rack_inputs& from, std::size_t member, draft_rack& into) {
  const auto take = [&](const ranged& what, std::string& target) {
    if (what.present()) target = what.of(member);
  };
  take(from.dc_bus, into.item.dc_bus);
  take(from.emergency_stop, into.item.emergency_stop);
  take(from.interlock, into.item.interlock);
  take(from.fire, into.item.fire);
  take(from.reset_key, into.item.reset_key);
  into.emergency_stop_at = from.emergency_stop.at;
  into.interlock_at = from.interlock.at;
  into.fire_at = from.fire.at;
  into.reset_key_at = from.reset_key.at;
}

} // namespace voltaic::nodes::site
