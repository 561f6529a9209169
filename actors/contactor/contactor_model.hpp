#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "actors/contactor/transition_model.hpp"
#include "messages/codec/payloads.hpp"

namespace voltaic::actors::contactor {

/// A rack's contactors: times and bounds, with the profile's values put in.
struct contactor_options {
  std::string rack;
  bool close_permitted = true; ///< false: nothing would open it when all else fails
  double break_current_a = 0;  ///< the largest current that may be interrupted
  std::int64_t lease_us = 500'000;
  std::int64_t permit_silence_us = 500'000;
  std::int64_t feedback_us = 300'000; ///< 200 ms and one period of the device's status
  std::int64_t feedback_lost_us = 1'000'000;
  std::int64_t precharge_us = 2'000'000;
  double precharge_tolerance_v = 1;
  double precharge_current_a = 0.05;
  std::int64_t pause_us = 3'000'000;
  std::int64_t reducing_us = 3'000'000;
  int precharge_attempts = 3;
  int feedback_attempts = 2;

  [[nodiscard]] std::vector<std::string> validate() const;
};

/// What is known of the device; nothing known is nothing assumed.
struct device_values {
  std::optional<bool> minus_closed;
  std::optional<bool> plus_closed;
  std::optional<bool> precharge_closed;
  std::optional<bool> opened_by_lease;
  std::optional<double> current_a;
  std::optional<double> rack_v;
  std::optional<double> bus_v;
  std::optional<double> accepted_epoch; ///< of the newest order that it took
};

/// Why closing is barred until somebody resets it; all but `lease_expired`,
/// which a close command lets go of, need the service role.
inline constexpr const char* contactor_weld = "contactor_weld";
inline constexpr const char* contactor_feedback = "contactor_feedback";
inline constexpr const char* precharge_failed = "precharge_failed";
inline constexpr const char* break_under_load = "break_under_load";
inline constexpr const char* lease_expired = "lease_expired";
/// Why it is open after a restart: its lease ran out while nobody commanded it,
/// or it was still closed when the restart ordered it to open.
inline constexpr const char* lease_ran_out = "lease_expired_before_restart";
inline constexpr const char* closed_at_end = "closed_before_restart";
/// Reasons of a change that a command asked for.
inline constexpr const char* by_command = "command";
inline constexpr const char* by_reset = "reset";

/// A latch that was set or let go of, to be stored.
struct latch_change {
  std::string name;
  bool latched = false;
  friend bool operator==(const latch_change&, const latch_change&) = default;
};

/// What follows from a step.
struct outputs {
  messages::contactor_order order = messages::contactor_order::open;
  bool lease = false;
  std::string_view shown; ///< open, precharge, closed, opening, fault
  bool changed = false;   ///< shown state or reason is another than after the last step
  std::string reason;
};

/// Opens and closes one rack. Pure. Closed is what it orders only while a fresh
/// permit grants it; every doubt ends in an open order without a lease.
class contactor_model {
 public:
  /// The options must be valid.
  explicit contactor_model(contactor_options options);

  /// What was latched when it last lived. `store_lost`: the worst is taken.
  void load_latches(std::span<const std::string> names, bool store_lost);
  /// It was closed, or about to be, when it last lived.
  void load_closed() { died_closed_ = true; }

  /// Protection's word, said at `time_us`. An older epoch or a counter that
  /// stands still is refused.
  bool take_permit(const messages::permit& word, std::int64_t time_us);

  /// Why it may not be closed now; empty: it will be, at the next step.
  [[nodiscard]] std::vector<std::string> request_close();
  void request_open(std::string reason);
  /// Why latches may not be let go of now; empty: done.
  [[nodiscard]] std::vector<std::string> request_reset(bool service);

  const outputs& step(const device_values& device, std::int64_t now_us);

  /// Latches that came or went since this was last asked, to be stored before
  /// anything else is told.
  [[nodiscard]] std::vector<latch_change> take_latch_changes() {
    return std::exchange(changes_, {});
  }

  [[nodiscard]] contactor::state state() const { return state_; }
  [[nodiscard]] const std::vector<std::string>& latches() const { return latches_; }
  [[nodiscard]] const std::string& reason() const { return outputs_.reason; }

 private:
  [[nodiscard]] bool holds(event what, const device_values& device, std::int64_t now_us) const;
  [[nodiscard]] bool weld(const device_values& device, std::int64_t now_us) const;
  [[nodiscard]] bool device_opened(const device_values& device, std::int64_t now_us) const;
  [[nodiscard]] bool confirmed(const device_values& device) const;
  [[nodiscard]] bool failed(std::int64_t now_us) const;
  [[nodiscard]] bool permit_lost(std::int64_t now_us) const;
  [[nodiscard]] std::vector<std::string> close_refusals() const;
  [[nodiscard]] bool in_attempt() const;
  void observe(const device_values& device, std::int64_t now_us);
  void enter(contactor::state next, event cause, const device_values& device, std::int64_t now_us);
  [[nodiscard]] std::string reason_of_start(const device_values& device) const;
  [[nodiscard]] std::string reason_of(event cause, const device_values& device,
                                      std::int64_t now_us) const;
  void latch(const std::string& name);
  void unlatch(const std::string& name);

  contactor_options options_;
  contactor::state state_ = state::starting;
  std::int64_t entered_us_ = 0;
  std::int64_t last_us_ = 0;
  bool started_ = false;
  bool loaded_ = false;
  bool died_closed_ = false; ///< in its former life
  messages::permit permit_;
  std::optional<std::int64_t> permit_us_;
  bool close_wanted_ = false;
  bool open_wanted_ = false;
  bool reset_wanted_ = false;
  std::string open_reason_;
  int precharge_failures_ = 0;
  int feedback_failures_ = 0;
  bool attempt_feedback_seen_ = false;
  // Since when something is so, without a break; nothing: it is not so.
  std::optional<std::int64_t> any_closed_us_;
  std::optional<std::int64_t> not_conducting_us_;
  std::optional<std::int64_t> feedback_unknown_us_;
  device_values device_;
  std::vector<std::string> latches_;
  std::vector<latch_change> changes_;
  outputs outputs_;
};

} // namespace voltaic::actors::contactor
