#include "messages/inverter/field_range.hpp"

#include <algorithm>
#include <utility>

#include "messages/profiles/bits.hpp"

namespace voltaic::messages::inverter {
namespace {

// Beyond the end by less than half a step is rounded to the end.
constexpr double half_step = 0.5;

} // namespace

field_range range_of(const field& of, const wire_options& options) {
  using profiles::signal_type;
  const auto [least, most] = profiles::integer_range(
      of.is_signed ? signal_type::signed_integer : signal_type::unsigned_integer, of.bits);
  const auto offset = of.uses_current_offset ? options.current_raw_offset : of.raw_offset;
  const auto value_of = [&](std::int64_t raw) {
    return (static_cast<double>(raw) - static_cast<double>(offset)) * of.scale;
  };
  const auto ends = std::minmax({value_of(least), value_of(most)});
  return {ends.first, ends.second};
}

bool can_say(const field& of, const wire_options& options, double value) {
  const auto range = range_of(of, options);
  const double slack = half_step * (of.scale < 0 ? -of.scale : of.scale);
  const double asked = of.minimum ? std::max(value, *of.minimum) : value;
  const auto& described = items[of.item];
  const bool is_cap = described.rounding == rounding::down && described.unit != "V";
  return asked >= range.least - slack && (is_cap || asked <= range.most + slack);
}

std::optional<field_range> range_of(const inverter_profile& profile, const wire_options& options,
                                    item which) {
  std::optional<field_range> all;
  for (const auto& layout : profile.frames) {
    for (const auto& each : layout.fields) {
      if (each.what != field::kind::number || each.item != which) continue;
      const auto one = range_of(each, options);
      all = all ? field_range{std::max(all->least, one.least), std::min(all->most, one.most)} : one;
    }
  }
  return all;
}

} // namespace voltaic::messages::inverter
