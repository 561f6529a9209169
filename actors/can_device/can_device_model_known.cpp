#include <optional>
#include <span>

#include "actors/can_device/can_device_model.hpp"
#include "messages/profiles/described.hpp"

// What is known of the device now: as a block of telemetry, element by element, and how much of it.
namespace voltaic::actors::can_device {

namespace profiles = messages::profiles;

messages::block model::make_block(std::uint16_t point) const {
  const auto& state = points_[point];
  messages::block block;
  block.point = point;
  std::optional<std::int64_t> oldest_us;
  for (auto i = state.first_part; i < state.first_part + state.part_count; ++i) {
    if (parts_[i].ever_seen && (!oldest_us || parts_[i].seen_us < *oldest_us)) {
      oldest_us = parts_[i].seen_us;
    }
  }
  block.source_time_us = oldest_us.value_or(0);
  const auto count = options_.profile->points[point].count;
  const auto* first = &cells_[state.first_cell];
  block.quality = first->quality;
  bool uniform = true;
  for (std::uint32_t i = 1; i < count; ++i) {
    uniform = uniform && first[i].quality == first->quality;
    block.quality = messages::worst(block.quality, first[i].quality);
  }
  if (!uniform) {
    block.element_quality.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      block.element_quality.push_back(first[i].quality);
    }
  }
  block.values = profiles::values_of(options_.profile->points[point],
                                     std::span(raw_).subspan(state.first_cell, count),
                                     std::span(real_).subspan(state.first_cell, count));
  return block;
}

std::optional<std::vector<messages::can::frame>> model::frames_for(const messages::can::frame& made,
                                                                   std::int64_t now_us) {
  std::vector<messages::can::frame> frames{made};
  for (auto& each : talks_)
    if (!each.with->prepare(frames, now_us)) return std::nullopt;
  return frames;
}

void model::unsent(std::int64_t now_us) {
  for (auto& each : talks_) each.with->unsent(now_us);
}

std::optional<std::uint8_t> model::address() const {
  for (const auto& each : talks_)
    if (const auto at = each.with->address()) return at;
  return std::nullopt;
}

model_counters model::counters() const {
  auto all = counters_;
  all.bad_length = watch_.count(frame_fault::length);
  all.bad_checksum = watch_.count(frame_fault::checksum);
  return all;
}

presence model::heard() const {
  if (parts_never_seen_ == parts_.size()) {
    return presence::nothing_yet;
  }
  return parts_never_seen_ + parts_stale_ == 0 ? presence::all : presence::some_silent;
}

std::optional<element> model::read(std::uint16_t point, std::uint32_t index) const {
  if (point >= points_.size() || index >= options_.profile->points[point].count) {
    return std::nullopt;
  }
  const auto& shape = options_.profile->points[point];
  const auto& state = points_[point];
  const auto at = state.first_cell + index;
  element known;
  known.quality = cells_[at].quality;
  known.value = shape.type == profiles::raw_type::f64
                    ? real_[at]
                    : static_cast<double>(raw_[at]) * shape.scale + shape.offset;
  for (auto i = state.first_part; i < state.first_part + state.part_count; ++i) {
    const auto& one = parts_[i];
    if (index >= one.first && index < one.first + one.count) {
      known.time_us = one.seen_us;
    }
  }
  return known;
}

} // namespace voltaic::actors::can_device
