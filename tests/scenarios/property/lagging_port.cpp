#include "scenarios/property/lagging_port.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <utility>

#include "scenarios/property/dice.hpp"

namespace voltaic::tests::property {
namespace {

constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();
constexpr std::array<const char*, 3> grouping_hits{"backlog in one batch", "backlog tick by tick",
                                                   "backlog cut anywhere"};

} // namespace

void lagging_port::wait(std::vector<messages::can::frame> frames, std::int64_t now_us) {
  waiting_.push_back({now_us, std::move(frames)});
}

void lagging_port::forget() {
  waiting_.clear();
  lagged_ = false;
}

void lagging_port::draw() {
  // By the time at which it began, so that it stays what it is when a scenario is shortened.
  dice drawn(seed_ ^ static_cast<std::uint64_t>(waiting_.front().now_us));
  how_.by = drawn.pick(std::array{grouping::whole, grouping::by_tick, grouping::anywhere});
  how_.frames_max = static_cast<std::size_t>(drawn.between(1, 400));
  how_.steps_at_a_time = drawn.pick(std::array<std::size_t, 4>{everything, 100, 10, 3});
  how_.one_by_one = drawn.one_of(2);
  ++hits_[grouping_hits.at(static_cast<std::size_t>(how_.by))];
}

bus::can::batch lagging_port::make_batch(std::int64_t now_us) const {
  bus::can::batch made;
  made.now_us = now_us;
  made.utc_offset_us = utc_offset_us_;
  return made;
}

void lagging_port::put(const step& from, std::vector<bus::can::batch>& to) const {
  if (to.empty() || (lagged_ && how_.by == grouping::by_tick)) {
    to.push_back(make_batch(from.now_us));
  }
  for (const auto& frame : from.frames) {
    if (lagged_ && how_.by == grouping::anywhere && to.back().frames.size() >= how_.frames_max) {
      // What is cut off knows no later time than its last frame's.
      to.back().now_us = to.back().frames.back().time_us;
      to.push_back(make_batch(frame.time_us));
    }
    to.back().frames.push_back(frame);
  }
  to.back().now_us = from.now_us;
}

std::vector<bus::can::batch> lagging_port::take() {
  if (waiting_.size() > 1 && !lagged_) draw();
  lagged_ = waiting_.size() > 1;
  const auto count = lagged_ ? std::min(how_.steps_at_a_time, waiting_.size()) : waiting_.size();
  std::vector<bus::can::batch> given;
  for (std::size_t i = 0; i < count; ++i) {
    put(waiting_.front(), given);
    waiting_.pop_front();
  }
  if (lags()) ++hits_["steps on which a port lagged"];
  return given;
}

} // namespace voltaic::tests::property
