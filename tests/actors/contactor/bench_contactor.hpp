#pragma once

#include <catch2/catch.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/contactor/contactor_model.hpp"

namespace voltaic::actors::contactor::testing {

inline constexpr std::int64_t ms = 1'000;

/// A rack that does what it is told, or not; one step each 50 ms.
class bench {
 public:
  explicit bench(contactor_options options = {}, std::vector<std::string> latches = {})
      : model((options.rack = "rack_0", options.break_current_a = 20,
               options.rack_voltage_max_v = 2'500, options)) {
    model.load_latches(latches, false);
    device.minus_closed = device.plus_closed = device.precharge_closed = false;
    device.opened_by_lease = false;
    device.current_a = 0;
    device.rack_v = 1'584;
    device.bus_v = 0;
    word.epoch = 1;
    word.granted = word.close_allowed = true;
  }

  const outputs& step() {
    now_us += 50 * ms;
    if (obeys) obey();
    if (disturb) disturb(device);
    if (permits) {
      ++word.counter;
      model.take_permit(word, now_us);
    }
    const auto& said = model.step(device, now_us);
    if (said.changed) history.push_back(fmt(said));
    for (const auto& change : model.take_latch_changes()) {
      stored[change.name] = change.latched;
      if (change.current_a) latched_a = change.current_a;
    }
    if (orders.empty() || orders.back() != said.order) orders.push_back(said.order);
    last = said;
    return last;
  }

  void run(std::int64_t duration_ms) {
    const auto end_us = now_us + duration_ms * ms;
    while (now_us < end_us) step();
  }

  void close() {
    run(200);
    REQUIRE(model.request_close().empty());
    run(2'000);
    REQUIRE(model.state() == state::closed);
    history.clear();
    orders.clear();
  }

  static std::string fmt(const outputs& said) {
    return std::string(said.shown) + " " + said.reason;
  }

  contactor_model model;
  device_values device;
  messages::permit word;
  outputs last;
  bool obeys = true;
  bool permits = true;
  std::function<void(device_values&)> disturb; ///< of what the device shows in spite of itself
  std::int64_t now_us = 5'000 * ms;
  std::vector<std::string> history;
  std::vector<messages::contactor_order> orders; ///< each that differs from the one before
  std::map<std::string, bool> stored;
  std::optional<double> latched_a; ///< the current that the newest lock was told with

 private:
  // What the device shows one step after an order.
  void obey() {
    using messages::contactor_order;
    const auto order = last.order;
    const bool precharge = order == contactor_order::precharge && last.lease;
    const bool close = order == contactor_order::close && last.lease;
    const bool plus_alone = order == contactor_order::plus;
    device.minus_closed = precharge || close || order == contactor_order::minus;
    device.precharge_closed = precharge;
    device.plus_closed = close || plus_alone;
    if (precharge && device.bus_v && device.rack_v)
      device.bus_v = *device.bus_v + (*device.rack_v - *device.bus_v) * 0.5;
    if (!precharge && !close) device.bus_v = 0;
  }
};

/// One step at an instant, without news of protection unless it speaks.
inline state step_at(bench& rack, std::int64_t at_us, bool permitted = true) {
  rack.now_us = at_us;
  if (permitted) {
    ++rack.word.counter;
    rack.model.take_permit(rack.word, at_us);
  }
  rack.last = rack.model.step(rack.device, at_us);
  return rack.model.state();
}

/// Steps until it is in that state, since `now_us`.
inline void bring_to(bench& rack, state wanted) {
  constexpr int steps_max = 600;
  for (int step = 0; step < steps_max && rack.model.state() != wanted; ++step) rack.step();
  REQUIRE(rack.model.state() == wanted);
}

} // namespace voltaic::actors::contactor::testing
