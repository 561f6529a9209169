#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "actors/contactor/contactor_options.hpp"
#include "actors/contactor/evidence_model.hpp"
#include "actors/contactor/precharge_heat_model.hpp"
#include "actors/contactor/transition_model.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/roles.hpp"

namespace voltaic::actors::contactor {

/// Why closing is barred until somebody resets it; all but `lease_expired`,
/// which a close command lets go of, need the service role.
inline constexpr const char* contactor_weld = "contactor_weld";
inline constexpr const char* contactor_feedback = "contactor_feedback";
inline constexpr const char* precharge_failed = "precharge_failed";
inline constexpr const char* break_under_load = "break_under_load";
/// The same, as far as anybody can tell: opened while the current was not known.
inline constexpr const char* break_unknown = "break_current_unknown";
inline constexpr const char* fire_detected = "fire_detected";
inline constexpr const char* lease_expired = "lease_expired";
/// Why it is open after a restart: its lease ran out while nobody commanded it,
/// or it was still closed when the restart ordered it to open.
inline constexpr const char* lease_ran_out = "lease_expired_before_restart";
inline constexpr const char* closed_at_end = "closed_before_restart";
/// Which current an opening broke that nobody heard is judged by the last one that was known, if
/// that was known this short a time before the opening began: a device that falls silent is told
/// as that within 500 ms. An older one says nothing.
inline constexpr std::int64_t last_current_age_us_max = 3 * messages::us_per_s;
/// Reasons of a change that a command asked for.
inline constexpr const char* by_command = "command";
inline constexpr const char* by_reset = "reset";
/// Inputs that open at once while they are active.
inline constexpr const char* emergency_stop = "emergency_stop";
inline constexpr const char* interlock_open = "interlock_open";
/// Why a closing waits or ends without a fault of the contactors.
inline constexpr const char* close_spacing = "close_spacing";
inline constexpr const char* precharge_hot = "precharge_hot";
/// An opening was not told of within the whole time for it.
inline constexpr const char* opening_overdue = "opening_overdue";

/// On the way from closed, or almost closed, to open.
[[nodiscard]] bool is_opening(state of);

/// A latch that was set or let go of, to be stored.
struct latch_change {
  std::string name;
  bool latched = false;
  std::optional<double> current_a; ///< of a break: what flowed, as far as that is known
  friend bool operator==(const latch_change&, const latch_change&) = default;
};

/// An input that opens the contactors while it is active.
struct active_input {
  std::string name;           ///< emergency_stop, interlock_open, fire_detected
  bool locks = false;         ///< opening is not all: somebody has to look at it
  std::string why = "active"; ///< or "not heard"
  /// What an opening by it is told as where it is only not heard; empty: by its name.
  std::string unheard_as = {};
  friend bool operator==(const active_input&, const active_input&) = default;
};

/// What the contactors have been through; it only grows.
struct wear {
  std::uint64_t operations = 0;  ///< closings that came about
  std::uint64_t breaks = 0;      ///< openings with current; one that is not known is the rated
  double break_current_a = 0;    ///< of all these, added up
  double precharge_energy_j = 0; ///< that went into the resistor, where it is known
  friend bool operator==(const wear&, const wear&) = default;
};

/// What follows from a step.
struct outputs {
  messages::contactor_order order = messages::contactor_order::open;
  bool lease = false;
  std::string_view shown; ///< open, precharge, closed, opening, fault
  bool changed = false;   ///< shown state or reason is another than after the last step
  std::string reason;
  std::string contactor; ///< that the reason is about: "plus"; empty: no single one
};

/// Opens and closes one rack. Pure. Closed is what it orders only while a fresh
/// permit grants it; every doubt ends in an open order without a lease.
class contactor_model {
 public:
  /// The options must be valid.
  explicit contactor_model(contactor_options options);
  contactor_model(const contactor_model&) = delete; // its parts refer to its options
  contactor_model& operator=(const contactor_model&) = delete;

  /// What was latched when it last lived. `store_lost`: the worst is taken.
  void load_latches(std::span<const std::string> names, bool store_lost);
  /// It was closed, or about to be, when it last lived.
  void load_closed() { died_closed_ = true; }
  /// What a former life, that ended `passed_us` ago, had counted.
  void load_wear(const wear& counted, double heat_share, std::int64_t passed_us);

  /// Protection's word, said at `time_us`. An older epoch or a counter that
  /// stands still is refused.
  bool take_permit(const messages::permit& word, std::int64_t time_us);
  /// Which inputs are active from now on. One that locks is latched in every state, also where
  /// open is ordered already and however soon it is gone again.
  void take_inputs(std::vector<active_input> active);

  /// Why it may not be closed now; empty: it will be, at the next step or `wait_us` later.
  [[nodiscard]] std::vector<std::string> request_close();
  /// The same without the wish.
  [[nodiscard]] std::vector<std::string> refuse_close() const;
  /// What bars its closing, whatever its contactors do now.
  [[nodiscard]] std::vector<std::string> close_refusals() const;
  /// Why rack and bus, as this rack measures both, must not be joined, also where one of them is
  /// not known; empty: they may.
  [[nodiscard]] std::vector<std::string> refuse_parallel() const;
  /// How long a closing that is asked for now has to wait after the last one.
  [[nodiscard]] std::int64_t wait_us() const;
  /// In a pause: when the next attempt is due, in the chain's time.
  [[nodiscard]] std::int64_t next_attempt_us() const { return next_attempt_us_; }
  /// In a pause: whether the next attempt waits, also when it is due.
  void hold_attempt(bool held) { is_attempt_held_ = held; }
  /// Why it must not be closed, as others found; empty: nothing.
  void bar_closing(std::string why) { bar_ = std::move(why); }
  void request_open(std::string reason);
  /// Why latches may not be let go of now; empty: done.
  [[nodiscard]] std::vector<std::string> request_reset(messages::lock_right locks);

  /// `lag_us`: by how much this step lies in the past. What it orders reaches the device so much
  /// later, and what was shown before that contradicts no order.
  const outputs& step(const device_values& device, std::int64_t now_us, std::int64_t lag_us = 0);

  /// Latches that came or went since this was last asked, to be stored before
  /// anything else is told.
  [[nodiscard]] std::vector<latch_change> take_latch_changes() {
    return std::exchange(changes_, {});
  }

  [[nodiscard]] contactor::state state() const { return state_; }
  /// The device's permission to stay closed is renewed.
  [[nodiscard]] bool lease() const { return outputs_.lease; }
  [[nodiscard]] const std::vector<std::string>& latches() const { return latches_; }
  /// What keeps it from being closed until somebody with the role service resets it, in words.
  [[nodiscard]] std::vector<std::string> locks() const;
  [[nodiscard]] const std::string& reason() const { return outputs_.reason; }
  /// It is to be open, and feedback of all three contactors says that it is.
  [[nodiscard]] bool is_known_open() const;
  /// Whether the rack is joined to its DC bus: where it is to be open, as feedback shows.
  /// Nothing: that shows it neither way.
  [[nodiscard]] std::optional<bool> joined() const;
  [[nodiscard]] const wear& counted() const { return wear_; }
  [[nodiscard]] double heat_share() const { return heat_.share(); }

 private:
  /// Of rack or bus, in words: why they are not joined.
  [[nodiscard]] std::string unknown_voltage() const;
  [[nodiscard]] bool holds(event what, std::int64_t now_us) const;
  [[nodiscard]] bool device_opened(std::int64_t now_us) const;
  [[nodiscard]] bool confirmed() const;
  [[nodiscard]] bool failed(std::int64_t now_us) const;
  [[nodiscard]] bool is_precharge_failure() const;
  [[nodiscard]] bool is_last_attempt() const;
  [[nodiscard]] bool permit_lost(std::int64_t now_us) const;
  /// The input that locks, active or gone again since the last step; empty: there is none.
  [[nodiscard]] std::string locking_input() const;
  /// The first active input that locks, or that does not; none: nullptr.
  [[nodiscard]] const active_input* find_input(bool locks) const;
  /// Of those that do not lock: what somebody actuated stands before what is only not heard.
  [[nodiscard]] std::string stop_reason() const;
  [[nodiscard]] bool takes_single_orders() const { return device_.single_orders.value_or(false); }
  [[nodiscard]] bool in_attempt() const;
  [[nodiscard]] bool carries() const;
  void observe(const device_values& device, std::int64_t now_us);
  void order();
  void enter(contactor::state next, event cause, std::int64_t now_us);
  void begin(contactor::state next, event cause, std::int64_t now_us);
  void latch_for(contactor::state next, event cause, const std::string& reason);
  /// Locks after an opening that waited its whole time for the current.
  void latch_break();
  void count(contactor::state next);
  [[nodiscard]] std::string reason_of_start() const;
  [[nodiscard]] std::string reason_of(event cause, std::int64_t now_us) const;
  /// An input that locked where no way of the table led on is told like one that did.
  void tell_lock();
  /// True: it was not latched before.
  bool latch(const std::string& name, std::optional<double> current_a = std::nullopt);
  void unlatch(const std::string& name);

  contactor_options options_;
  evidence_model evidence_;
  precharge_heat_model heat_;
  contactor::state state_ = contactor::state::starting;
  std::int64_t entered_us_ = 0;
  std::int64_t last_us_ = 0;
  std::int64_t lag_us_ = 0; ///< of the step that goes on
  bool started_ = false;
  bool loaded_ = false;
  bool died_closed_ = false; ///< in its former life
  messages::permit permit_;
  std::optional<std::int64_t> permit_us_;
  std::vector<active_input> inputs_;
  bool close_wanted_ = false;
  bool open_wanted_ = false;
  bool reset_wanted_ = false;
  std::string open_reason_;
  std::string bar_;
  std::string locked_by_; ///< an input, since the last step
  int precharge_failures_ = 0;
  int feedback_failures_ = 0;
  std::int64_t attempt_us_ = 0;            ///< the attempt's begin
  std::optional<std::int64_t> closing_us_; ///< the last commanded closing's begin
  std::int64_t opening_us_ = 0;            ///< the opening's begin
  std::int64_t next_attempt_us_ = 0;
  bool is_attempt_held_ = false;  ///< something is asked that has to be answered first
  side first_ = side::plus;       ///< opens first
  bool opens_as_a_whole_ = false; ///< since the opening of the first contactor began
  device_values device_;
  std::optional<double> last_current_a_; ///< that was known in this life
  std::int64_t last_current_us_ = 0;     ///< when it still was
  wear wear_;
  std::vector<std::string> latches_;
  std::vector<latch_change> changes_;
  outputs outputs_;
};

} // namespace voltaic::actors::contactor
