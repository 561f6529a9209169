#include "actors/protection/telemetry_reader.hpp"

#include <algorithm>
#include <limits>

namespace voltaic::actors::protection {

namespace {

// Raw numbers of any representation, one by one.
template <class Take>
void for_each_raw(const messages::block& block, Take take) {
  std::visit(
      [&](const auto& values) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(values)>, std::string>) {
          for (const auto value : values) take(static_cast<double>(value));
        }
      },
      block.values);
}

} // namespace

void telemetry_reader::learn(const messages::catalogue& described, std::uint32_t cell_count) {
  fingerprint_ = described.fingerprint;
  const auto find = [&](const std::string& name, std::uint32_t count) -> std::optional<place> {
    for (std::size_t each = 0; each < described.points.size(); ++each) {
      const auto& point = described.points[each];
      if (point.name != rack_ + "/" + name || point.count != count) continue;
      return place{static_cast<std::uint16_t>(each), point.scale, point.offset};
    }
    return std::nullopt;
  };
  cells_ = find("cell_voltage", cell_count);
  charge_ = find("reported_charge_current_limit", 1);
  discharge_ = find("reported_discharge_current_limit", 1);
}

bool telemetry_reader::read(const messages::telemetry& said) {
  used_ = 0;
  blocks_.clear();
  charge_limit_.reset();
  discharge_limit_.reset();
  if (said.fingerprint != fingerprint_) return false;
  for (const auto& block : said.blocks) {
    if (cells_ && block.point == cells_->position) read_cells(block);
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

void telemetry_reader::read_cells(const messages::block& block) {
  if (used_ == pieces_.size()) pieces_.emplace_back();
  auto& one = pieces_[used_++];
  one.values.clear();
  one.element_quality.assign(block.element_quality.begin(), block.element_quality.end());
  for_each_raw(block, [&](double raw) {
    const auto value = millionths(raw * cells_->scale + cells_->offset);
    if (!value) {
      one.element_quality.resize(std::max(one.element_quality.size(), one.values.size() + 1),
                                 block.quality);
      auto& is = one.element_quality[one.values.size()];
      is = messages::worst(is, quality::invalid);
    }
    one.values.push_back(value.value_or(0));
  });
  one.block.first_index = block.first_index;
  one.block.source_time_us = block.source_time_us;
  one.block.quality = block.quality;
}

reported_limit telemetry_reader::read_limit(const messages::block& block, const place& at) {
  double value = std::numeric_limits<double>::quiet_NaN();
  for_each_raw(block, [&](double raw) { value = raw * at.scale + at.offset; });
  return {value, block.quality};
}

inputs telemetry_reader::news() const {
  return {blocks_, charge_limit_, discharge_limit_};
}

} // namespace voltaic::actors::protection
