#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bus/can/socketcan/interface_setup.hpp"
#include "bus/can/socketcan/restart_policy.hpp"
#include "bus/can/socketcan/setup_backoff.hpp"
#include "bus/can/socketcan/setup_request.hpp"

namespace voltaic::bus::can {

/// Sets up a site's CAN interfaces and keeps them so: what `voltaic canctl` is. Restarts a
/// controller that is bus-off when it is asked to, as often as `restart_policy` lets it. Not for
/// more than one thread.
class interface_keeper {
 public:
  /// A line for people; an alarm wants one of them to look.
  using teller = std::function<void(bool is_alarm, const std::string& line)>;
  interface_keeper(std::vector<interface_settings> wanted, teller tell);

  /// Sets up what there is; false where one of them could not be. One that is not there is told,
  /// and set up when it comes.
  [[nodiscard]] bool set_up_all();
  void asked(const setup_request& request, std::int64_t now_us);
  /// Now and then, and when a restart is due.
  void step(std::int64_t now_us);
  /// How long nothing is due, at most `idle_us_max`.
  [[nodiscard]] std::int64_t idle_us(std::int64_t now_us) const;

  static constexpr std::int64_t idle_us_max = 1'000'000;
  /// A request is kept so long; ports repeat theirs.
  static constexpr std::int64_t request_us_max = 2'000'000;

 private:
  struct kept {
    interface_settings wanted;
    restart_policy policy;
    setup_backoff backoff{};
    std::string told_failure{}; ///< why it could not be set up; told once
    int index = 0;              ///< when it was set up; 0: it was not
    std::int64_t asked_us = 0;  ///< when a restart was last asked for
    bool is_asked = false;
    bool told = false; ///< that it is not there, or that restarts are given up
  };

  [[nodiscard]] bool set_up_one(kept& one);
  void tell_set_up(const interface_settings& wanted, bool was_changed);
  /// One that was plugged in, could not be set up, or is down for whatever reason is set up.
  void look_for(kept& one, std::int64_t now_us);
  void restart_if_off(kept& one, std::int64_t now_us);

  std::vector<kept> kept_;
  teller tell_;
};

} // namespace voltaic::bus::can
