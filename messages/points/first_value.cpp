#include "messages/points/first_value.hpp"

#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <variant>

namespace voltaic::messages::points {
namespace {

std::optional<double> first_raw(const block& from, bool is_signed) {
  return std::visit(
      [&](const auto& values) -> std::optional<double> {
        using list = std::decay_t<decltype(values)>;
        if constexpr (std::is_same_v<list, std::string>) {
          return std::nullopt;
        } else {
          if (values.empty()) return std::nullopt;
          if constexpr (std::is_same_v<list, block::words>) {
            if (is_signed) return static_cast<std::int16_t>(values.front());
          }
          return static_cast<double>(values.front());
        }
      },
      from.values);
}

bool is_usable(quality of) {
  return of <= quality::uncertain;
}

} // namespace

number_scale scale_of(const point_description& of) {
  // Reals are said in the point's unit.
  if (of.raw_type == "f64") return {};
  return {of.scale, of.offset, of.raw_type == "i16"};
}

std::optional<double> first_number(const block& from, const number_scale& by) {
  if (from.first_index != 0) return std::nullopt;
  const auto raw = first_raw(from, by.is_signed);
  if (!raw || !std::isfinite(*raw)) return std::nullopt;
  return *raw * by.scale + by.offset;
}

std::optional<double> good_number(const block& from, const number_scale& by) {
  if (!is_usable(from.quality)) return std::nullopt;
  if (!from.element_quality.empty() && !is_usable(from.element_quality.front()))
    return std::nullopt;
  return first_number(from, by);
}

} // namespace voltaic::messages::points
