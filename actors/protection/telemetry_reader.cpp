#include "actors/protection/telemetry_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace voltaic::actors::protection {

namespace {

// Raw numbers of any representation, one by one.
template <class Take>
void for_each_raw(const messages::block& block, bool is_signed, Take take) {
  std::visit(
      [&](const auto& values) {
        using list = std::decay_t<decltype(values)>;
        if constexpr (std::is_same_v<list, messages::block::words>) {
          for (const auto value : values)
            take(is_signed ? static_cast<std::int16_t>(value) : static_cast<double>(value));
        } else if constexpr (!std::is_same_v<list, std::string>) {
          for (const auto value : values) take(static_cast<double>(value));
        }
      },
      block.values);
}

// Resistances are kept in ohm, however the device states them.
double unit_factor(std::string_view unit) {
  return unit == "kOhm" ? 1e3 : 1;
}

} // namespace

void telemetry_reader::learn(const messages::catalogue& described,
                             const measured_options& expected) {
  fingerprint_ = described.fingerprint;
  const auto find = [&](std::string_view name, std::uint32_t count) -> std::optional<place> {
    for (std::size_t each = 0; each < described.points.size(); ++each) {
      const auto& point = described.points[each];
      if (point.name != fmt::format("{}/{}", owner_, name) || point.count != count) continue;
      const double factor = unit_factor(point.unit);
      return place{static_cast<std::uint16_t>(each), point.scale * factor, point.offset * factor,
                   point.raw_type == "i16"};
    }
    return std::nullopt;
  };
  const bool is_rack = speaker_ == speaker::rack;
  for (std::size_t each = 0; is_rack && each < known_count; ++each) {
    const auto& known = measured_points[each];
    places_[each] = find(known.point, expected[each].count);
    if (!places_[each]) continue;
    places_[each]->parts = known.parts;
    places_[each]->saturates = known.saturates;
  }
  for (std::size_t each = known_count; each < measured_count; ++each) {
    places_[each].reset();
    const auto name = name_here(expected[each].name);
    if (expected[each].count == 0 || name.empty()) continue;
    places_[each] = find(name, expected[each].count);
    if (places_[each]) places_[each]->parts = own_parts(expected[each].largest_value);
  }
  if (!is_rack) return;
  charge_ = find("reported_charge_current_limit", 1);
  discharge_ = find("reported_discharge_current_limit", 1);
}

std::string_view telemetry_reader::name_here(std::string_view own_point) const {
  const auto [device, name] = messages::protection::split_point(own_point);
  return device == (speaker_ == speaker::rack ? std::string_view() : owner_) ? name
                                                                             : std::string_view();
}

bool telemetry_reader::read(const messages::telemetry& said) {
  used_ = 0;
  blocks_.clear();
  charge_limit_.reset();
  discharge_limit_.reset();
  if (said.fingerprint != fingerprint_) return false;
  for (const auto& block : said.blocks) {
    for (std::size_t each = 0; each < measured_count; ++each) {
      const auto& at = places_[each];
      if (at && block.point == at->position) read_values(block, static_cast<measured>(each), *at);
    }
    if (charge_ && block.point == charge_->position) charge_limit_ = read_limit(block, *charge_);
    if (discharge_ && block.point == discharge_->position) {
      discharge_limit_ = read_limit(block, *discharge_);
    }
  }
  // Only now do the buffers stay where they are.
  for (std::size_t each = 0; each < used_; ++each) {
    auto& one = pieces_[each];
    one.block.values = one.values;
    one.block.element_quality = one.element_quality;
    blocks_.push_back(one.block);
  }
  return used_ > 0 || charge_limit_ || discharge_limit_;
}

void telemetry_reader::read_values(const messages::block& block, measured what, const place& at) {
  if (used_ == pieces_.size()) pieces_.emplace_back();
  auto& one = pieces_[used_++];
  one.values.clear();
  one.element_quality.assign(block.element_quality.begin(), block.element_quality.end());
  for_each_raw(block, at.is_signed, [&](double raw) {
    const double said = raw * at.scale + at.offset;
    const auto value = at.saturates ? fixed_at_most(said, at.parts) : fixed(said, at.parts);
    if (!value) {
      one.element_quality.resize(std::max(one.element_quality.size(), one.values.size() + 1),
                                 block.quality);
      auto& is = one.element_quality[one.values.size()];
      is = messages::worst(is, quality::invalid);
    }
    one.values.push_back(value.value_or(0));
  });
  one.block.of = what;
  one.block.first_index = block.first_index;
  one.block.source_time_us = block.source_time_us;
  one.block.quality = block.quality;
}

reported_limit telemetry_reader::read_limit(const messages::block& block, const place& at) {
  double value = std::numeric_limits<double>::quiet_NaN();
  for_each_raw(block, at.is_signed, [&](double raw) { value = raw * at.scale + at.offset; });
  return {value, block.quality};
}

inputs telemetry_reader::news() const {
  return {blocks_, charge_limit_, discharge_limit_};
}

} // namespace voltaic::actors::protection
