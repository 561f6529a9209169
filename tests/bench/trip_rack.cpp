#include "bench/trip_rack.hpp"

#include <fmt/format.h>

#include <chrono>
#include <stdexcept>

#include "bench/harness.hpp"
#include "bench/trip.hpp"
#include "bus/can/virtual/virtual_port.hpp"

namespace voltaic::bench::trip_bench {
namespace {

using messages::can::frame;

/// Values of the rack while it waits: each is an instant at which the chain acts.
constexpr std::int64_t keep_alive_us = 3'000;

std::uint16_t word_at(const frame& of, std::size_t byte) {
  return static_cast<std::uint16_t>(of.data[byte] | of.data[byte + 1] << 8);
}

} // namespace

rack_player::rack_player(const nodes::site::plan& plan) {
  bus::can::port_options options;
  options.name = "can0";
  options.uri = "virtual:can0";
  options.runtime_folder = plan.folders.runtime;
  // The sender never hears itself, so one port watches the other.
  auto ears = bus::can::open_virtual_port(options, "can0",
                                          [this](bus::can::batch&& batch) { hear(batch); });
  auto mouth = bus::can::open_virtual_port(options, "can0", [](bus::can::batch&&) {});
  if (!ears || !mouth) throw std::runtime_error("the virtual bus is not there");
  const std::lock_guard lock(mutex_);
  mouth_ = *std::move(mouth);
  ears_ = *std::move(ears);
}

void rack_player::send(std::span<const frame> frames) {
  if (mouth_->send_all(frames) != bus::can::send_result::sent) {
    note({}, "the bus refused frames of the rack");
  }
}

void rack_player::send_values() {
  send(answer_to(position_));
}

bool rack_player::wait_for(std::uint8_t wanted, std::int64_t within_us) {
  const auto until_us = now_us() + within_us;
  while (now_us() < until_us) {
    std::unique_lock lock(mutex_);
    const auto pause = std::chrono::microseconds(keep_alive_us);
    if (changed_.wait_for(lock, pause, [&] { return position_ == wanted; })) return true;
    lock.unlock();
    send_values();
  }
  return false;
}

void rack_player::arm() {
  const std::lock_guard lock(mutex_);
  armed_us_ = now_us();
  high_us_.reset();
  opened_us_.reset();
}

std::optional<double> rack_player::latency_us() const {
  const std::lock_guard lock(mutex_);
  if (!high_us_ || !opened_us_) return std::nullopt;
  return static_cast<double>(*opened_us_ - *high_us_);
}

std::string rack_player::history() const {
  const std::lock_guard lock(mutex_);
  const auto zero_us = high_us_.value_or(armed_us_);
  std::string text;
  for (const auto& one : seen_.since(armed_us_)) {
    text += fmt::format("  {:>8} us on the bus, heard {:>6} us later: {}\n", one.bus_us - zero_us,
                        one.heard_us - one.bus_us, one.what);
  }
  return text;
}

void rack_player::note(const frame& seen, std::string what) {
  const auto heard_us = now_us();
  seen_.add({seen.time_us == 0 ? heard_us : seen.time_us, heard_us, std::move(what)});
}

void rack_player::hear(const bus::can::batch& batch) {
  for (const auto& one : batch.frames) {
    if (one.id == last_cells_id) {
      const bool high = word_at(one, 6) == high_cell_mv;
      note(one, high ? "the high cell" : "the last cell, good");
      const std::lock_guard lock(mutex_);
      if (high && !high_us_) high_us_ = one.time_us;
    } else if (one.id == order_id) {
      follow(one);
    }
  }
}

void rack_player::follow(const frame& order) {
  const auto ordered = order.data[order_contactor_byte];
  // The counter counts what the contactor said, also what no frame was sent for.
  note(order, fmt::format("order {}, counter {}, rack was {}", ordered, word_at(order, 2),
                          position_.load()));
  {
    const std::lock_guard lock(mutex_);
    if (ordered == contactor_open && high_us_ && !opened_us_) opened_us_ = order.time_us;
    if (ordered == position_ || ordered > contactor_close || mouth_ == nullptr) return;
    position_ = ordered;
  }
  send_values();
  changed_.notify_one();
}

} // namespace voltaic::bench::trip_bench
