#include "messages/inverter/items.hpp"

#include <cmath>

namespace voltaic::messages::inverter {

std::optional<double> payload::number(item which) const {
  const auto* value = std::get_if<double>(&values_[which]);
  if (value == nullptr || !std::isfinite(*value)) return std::nullopt;
  return *value;
}

std::optional<bool> payload::flag(item which) const {
  const auto* value = std::get_if<bool>(&values_[which]);
  if (value == nullptr) return std::nullopt;
  return *value;
}

} // namespace voltaic::messages::inverter
