#include "actors/can_device/own_points_model.hpp"

#include <algorithm>
#include <array>

namespace voltaic::actors::can_device {
namespace {

struct counted {
  frame_fault fault;
  const char* name;
  const char* channel;
};
struct named {
  const char* name;
  const char* channel;
};

constexpr std::array counts{
    counted{frame_fault::length, "bad_length_frames", "BadLengthFrames"},
    counted{frame_fault::checksum, "bad_checksum_frames", "BadChecksumFrames"},
    counted{frame_fault::counter, "bad_counter_frames", "BadCounterFrames"},
    counted{frame_fault::early, "early_frames", "EarlyFrames"},
    counted{frame_fault::late, "late_frames", "LateFrames"},
    counted{frame_fault::frozen, "frozen_frames", "FrozenFrames"},
};

// Behind those, in the order of `passed_over`.
constexpr std::array others_named{
    named{"ignored_frames", "IgnoredFrames"},
    named{"unknown_selector_frames", "UnknownSelectorFrames"},
};

bool states_checks(const messages::profiles::device_profile& profile) {
  return std::ranges::any_of(profile.messages, [](const messages::profiles::message& one) {
    return one.checksum || one.counter || one.early_ms != 0 || one.late_ms != 0 ||
           one.frozen_ms != 0;
  });
}

} // namespace

own_points::own_points(const messages::profiles::device_profile& profile)
    : present_(states_checks(profile)), first_(static_cast<std::uint16_t>(profile.points.size())) {}

void own_points::describe(const std::string& device,
                          std::vector<messages::point_description>& into) const {
  if (!present_) return;
  const auto describe_one = [&](const auto& one) {
    messages::point_description made;
    made.name = device + "/" + one.name;
    made.channel = device + "/" + one.channel;
    made.raw_type = "i64";
    made.count = 1;
    made.scale = 1;
    made.category = "operational";
    into.push_back(std::move(made));
  };
  for (const auto& one : counts) describe_one(one);
  for (const auto& one : others_named) describe_one(one);
}

std::vector<messages::block> own_points::step(const frame_watch& watch, const passed_over& others,
                                              std::int64_t now_us) {
  if (!present_ || (said_us_ && now_us - *said_us_ < counts_period_us)) return {};
  std::vector<std::uint64_t> now;
  for (const auto& one : counts) now.push_back(watch.count(one.fault));
  now.push_back(others.ignored);
  now.push_back(others.unknown_selector);
  if (now == said_) return {};
  std::vector<messages::block> blocks;
  for (std::size_t i = 0; i < now.size(); ++i) {
    messages::block block;
    block.point = static_cast<std::uint16_t>(first_ + i);
    block.source_time_us = now_us;
    block.quality = messages::quality::good;
    block.values = messages::block::integers{static_cast<std::int64_t>(now[i])};
    blocks.push_back(std::move(block));
  }
  said_ = std::move(now);
  said_us_ = now_us;
  return blocks;
}

} // namespace voltaic::actors::can_device
