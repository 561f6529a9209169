#include "messages/profiles/described.hpp"

#include <algorithm>
#include <cmath>

namespace voltaic::messages::profiles {
namespace {

bool is_word(raw_type type) {
  return type == raw_type::u16 || type == raw_type::i16;
}

bool is_set(const device_profile& profile, const point& described) {
  return std::any_of(profile.commands.begin(), profile.commands.end(), [&](const auto& each) {
    return each.purpose == command_purpose::set && each.point == described.name;
  });
}

} // namespace

std::int64_t stale_after_us(std::int64_t period_us) {
  return std::max(stale_after_min_us, period_us + period_us / 2);
}

point_description describe(const device_profile& profile, const point& described,
                           const std::string& subject, const std::string& device) {
  point_description made;
  made.name = subject + "/" + described.name;
  made.channel = device + "/" + described.channel;
  made.unit = described.unit;
  made.raw_type = to_string(described.type);
  made.count = described.count;
  made.group_size = described.group_size;
  made.scale = described.scale;
  made.offset = described.offset;
  made.period_ms = described.period_ms;
  made.category = to_string(described.category);
  made.decimals = described.decimals;
  made.texts = described.texts;
  made.writable = is_set(profile, described);
  return made;
}

decltype(block::values) values_of(const point& shape, std::span<const std::int64_t> raw,
                                  std::span<const double> real) {
  if (shape.type == raw_type::f64) {
    block::reals values(real.begin(), real.end());
    for (auto& value : values) {
      value = std::isfinite(value) ? value : 0;
    }
    return values;
  }
  if (is_word(shape.type)) {
    block::words values(raw.size());
    std::transform(raw.begin(), raw.end(), values.begin(),
                   [](std::int64_t value) { return static_cast<std::uint16_t>(value); });
    return values;
  }
  return block::integers(raw.begin(), raw.end());
}

} // namespace voltaic::messages::profiles
