#include <fmt/format.h>

#include <array>
#include <optional>
#include <string_view>

#include "messages/profiles/load_parts.hpp"

namespace voltaic::messages::profiles {
namespace {

using protection::corner;
using protection::curve;
using protection::curve_shape;
using protection::stated_derating;

constexpr double recovery_percent_per_s_max = 100;
constexpr double hysteresis_percent_max = 50;
constexpr double target_cell_v_max = 10;
constexpr double smallest_rate = 1e-3;

/// A curve of the profile and the point that it runs over.
struct curve_key {
  std::string_view key;
  std::string_view point;
  curve_shape shape;
  std::optional<curve> stated_derating::*into;
};

constexpr std::array<curve_key, 6> curve_keys{{
    {"charge_by_cell_voltage", "cell_voltage", curve_shape::falling,
     &stated_derating::charge_by_cell_voltage},
    {"discharge_by_cell_voltage", "cell_voltage", curve_shape::rising,
     &stated_derating::discharge_by_cell_voltage},
    {"charge_by_temperature", "cell_temperature", curve_shape::hill,
     &stated_derating::charge_by_temperature},
    {"discharge_by_temperature", "cell_temperature", curve_shape::hill,
     &stated_derating::discharge_by_temperature},
    {"charge_by_soc", "soc", curve_shape::falling, &stated_derating::charge_by_soc},
    {"discharge_by_soc", "soc", curve_shape::rising, &stated_derating::discharge_by_soc},
}};

bool is_number(const json_node& node) {
  return node.type == json_node::kind::integer || node.type == json_node::kind::real;
}

/// `[[3.55, 100], [3.60, 0]]`.
std::optional<curve> read_curve(const object_reader& reader, std::string_view key) {
  const auto* corners = reader.array(key, protection::corners_max);
  if (corners == nullptr) return std::nullopt;
  curve made;
  for (const auto& each : corners->elements) {
    const bool is_pair = each.type == json_node::kind::array && each.elements.size() == 2 &&
                         is_number(each.elements[0]) && is_number(each.elements[1]);
    if (!is_pair) {
      reader.add(key, "expected corners [value, percent]");
      return std::nullopt;
    }
    made.push_back({each.elements[0].real, each.elements[1].real});
  }
  return made;
}

void read_one(const object_reader& reader, const curve_key& which, device_profile& profile) {
  auto read = read_curve(reader, which.key);
  if (!read) return;
  if (const auto fault = protection::fault_of(*read, which.shape)) reader.add(which.key, *fault);
  if (!profile.find_point(which.point)) {
    reader.add(which.key, fmt::format("there is no point \"{}\"", which.point));
  }
  profile.derating.*which.into = std::move(read);
}

std::optional<double> number_in(const object_reader& reader, std::string_view key, double minimum,
                                double maximum) {
  const auto value = reader.number(key);
  if (value && !(*value >= minimum && *value <= maximum)) {
    reader.add(key, fmt::format("expected a number from {} to {}", minimum, maximum));
  }
  return value;
}

} // namespace

void read_derating(const object_reader& root, device_profile& profile) {
  const auto* node = root.object("derating");
  if (node == nullptr) return;
  const object_reader reader(root.found(), *node, "derating", "derating", root.offset("derating"));
  for (const auto& each : curve_keys) read_one(reader, each, profile);
  auto& stated = profile.derating;
  stated.recovery_percent_per_s =
      number_in(reader, "recovery_percent_per_s", smallest_rate, recovery_percent_per_s_max);
  stated.hysteresis_percent = number_in(reader, "hysteresis_percent",
                                        protection::hysteresis_percent_min, hysteresis_percent_max);
  stated.trend_window_s = number_in(reader, "trend_window_s", 1, protection::trend_s_max);
  stated.trend_horizon_s = number_in(reader, "trend_horizon_s", 0, protection::trend_s_max);
  stated.charge_target_cell_v =
      number_in(reader, "charge_target_cell_v", smallest_rate, target_cell_v_max);
  stated.discharge_target_cell_v =
      number_in(reader, "discharge_target_cell_v", smallest_rate, target_cell_v_max);
  if (stated.charge_target_cell_v && stated.discharge_target_cell_v &&
      !(*stated.charge_target_cell_v > *stated.discharge_target_cell_v)) {
    reader.add("charge_target_cell_v", "must be above discharge_target_cell_v");
  }
}

} // namespace voltaic::messages::profiles
