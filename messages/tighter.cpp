#include "messages/tighter.hpp"

#include <array>
#include <cmath>

namespace voltaic::messages {
namespace {

struct known_point {
  std::string_view name;
  tighter side;
};
constexpr std::array known_points{known_point{"charge_current_limit", tighter::toward_zero},
                                  known_point{"discharge_current_limit", tighter::toward_zero},
                                  known_point{"charge_power_limit", tighter::toward_zero},
                                  known_point{"discharge_power_limit", tighter::toward_zero},
                                  known_point{"charge_voltage_limit", tighter::lower},
                                  known_point{"discharge_voltage_limit", tighter::higher}};

} // namespace

std::string_view to_string(tighter side) {
  switch (side) {
    case tighter::toward_zero:
      return "toward_zero";
    case tighter::lower:
      return "lower";
    case tighter::higher:
      return "higher";
  }
  return "toward_zero";
}

bool goes_before(double a, double b, tighter side) {
  switch (side) {
    case tighter::lower:
      return a < b;
    case tighter::higher:
      return a > b;
    case tighter::toward_zero:
      break;
  }
  return std::abs(a) < std::abs(b);
}

bool is_tighter(double a, double b, tighter side) {
  if (!goes_before(a, b, side)) return false;
  return side != tighter::toward_zero || a == 0 || (a < 0) == (b < 0);
}

std::optional<tighter> known_tighter(std::string_view point) {
  for (const auto& each : known_points)
    if (each.name == point) return each.side;
  return std::nullopt;
}

tighter likely_tighter(std::string_view point) {
  if (const auto known = known_tighter(point)) return *known;
  if (point.ends_with("_min") || point.starts_with("minimum_")) return tighter::higher;
  if (point.ends_with("_max") || point.starts_with("maximum_")) return tighter::lower;
  return tighter::toward_zero;
}

} // namespace voltaic::messages
