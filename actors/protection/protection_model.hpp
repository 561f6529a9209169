#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actors/protection/held_extremes_model.hpp"
#include "actors/protection/input_model.hpp"
#include "actors/protection/limit_model.hpp"
#include "actors/protection/row_model.hpp"
#include "messages/roles.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::protection {

/// Edges of one level that a step tells one by one; more are told as a number.
inline constexpr std::size_t reports_per_step_max = 64;
/// An event belongs to the group that another opened if it comes within this
/// time, or before that one is clear again.
inline constexpr std::int64_t first_out_us = 10 * messages::us_per_s;

/// A rack and the table by which it is judged.
struct protection_options {
  std::string rack;
  std::string bus;     ///< the CAN bus of its device, where that has a controller; else empty
  std::string profile; ///< of its device, as people know it: "demo_rack version 1"
  messages::protection::table table;
  measured_options points;     ///< what the device reports; cells are needed
  double capacity_ah = 0;      ///< rated; 0: not known
  double charge_current_a = 0; ///< rated
  double discharge_current_a = 0;
  bool reports_charge_limit = false; ///< the device tells limits of its own
  bool reports_discharge_limit = false;
  std::uint32_t reported_period_ms = 100;
  messages::protection::derating derating; ///< without curves nothing is derated
  bool can_open = true; ///< false: nothing here can open the rack; its limits are all there is
  held_shares former;   ///< what a former life's limits were held at
  std::vector<std::string> disabled; ///< candidates that are not evaluated, for isolating others

  [[nodiscard]] const point_options& cells() const {
    return points[position_of(measured::cell_voltage)];
  }
  /// Everything that is wrong, in words.
  [[nodiscard]] std::vector<std::string> validate() const;
};

/// A limit as the device told it.
struct reported_limit {
  double value_a = 0;
  messages::quality quality = quality::never;
};

/// What is new since the last step.
struct inputs {
  std::span<const element_block> blocks;
  std::optional<reported_limit> charge_limit;
  std::optional<reported_limit> discharge_limit;
  /// What somebody who measures the rack's DC bus makes of its current sensor.
  std::optional<messages::current_agreement> witness = {};
  /// What the node says of the controller of the device's CAN bus.
  std::optional<link_word> link = {};
};

/// What happened to one level of one element.
struct report {
  /// `latch`: the condition is over, what it brought about stays until a reset.
  /// `shelve`, `unshelve`: from here on nobody wants to be bothered with it, or again.
  enum class kind : std::uint8_t { set, clear, latch, reset, shelve, unshelve };
  std::uint16_t row = 0;
  report::kind edge = kind::set;
  std::string scope; ///< "module_1:cell_3"
  double value = 0;
  bool has_value = false;
  std::uint32_t others = 0; ///< this many more elements did the same in this step
  bool opens_group = false; ///< it is the first of its group
  bool in_group = false;    ///< it belongs to the group that is open
};

/// A latch that has to be stored before its reports are told.
struct latch_change {
  std::uint16_t row = 0;
  bool latched = false;
};

/// A latch as it was stored.
struct stored_latch {
  std::string candidate;
  std::string level;
  std::string latch;
  std::string scope;
  std::string key; ///< of its row; empty: candidate and level say it
  std::uint32_t trips = 0;
  bool latched = true; ///< false: reset, and only its trips are remembered
};

/// The word to the contactor; epoch and counter are the speaker's.
struct verdict {
  bool granted = false;
  bool close_allowed = false;
  messages::opening opening = messages::opening::none;
  bool locked = false;
  std::vector<std::string> reasons;
  friend bool operator==(const verdict&, const verdict&) = default;
};

/// Limits look again at values that did not change this often: they rise with time.
inline constexpr std::int64_t limits_look_us = 200 * messages::us_per_ms;

/// The limits that are applied, and what holds them down. Voltages of the rack's terminals,
/// where a target is known.
struct current_limits {
  double charge_a = 0;
  double discharge_a = 0;
  std::vector<std::string> reasons;
  std::optional<double> charge_v;
  std::optional<double> discharge_v;
  double charge_w = 0;
  double discharge_w = 0;
  std::vector<std::string> charge_reasons; ///< those of the reasons that hold the charge down
  std::vector<std::string> discharge_reasons;
  /// Adds one to the whole and to the directions that it holds down.
  void add_reason(std::string_view reason, bool of_charge, bool of_discharge);
  friend bool operator==(const current_limits&, const current_limits&) = default;
};

/// What follows from a step.
struct outputs {
  protection::verdict verdict;
  current_limits limits;
  bool limits_changed = false;
  protection::requests requests;
  /// The highest level that is active or latched.
  std::optional<messages::protection::level> level;
  std::vector<report> reports;       ///< in order
  std::vector<latch_change> latches; ///< to be stored first
};

/// Why a reset or a shelving was refused, or nothing.
using refusals = std::vector<std::string>;

/// A smaller current flows through nobody: it is what sensors show.
inline constexpr double rest_current_a = 2.0;
/// It has to be at rest for so long: a current that changes its sign passes zero.
inline constexpr std::int64_t rest_us = 5 * messages::us_per_s;

/// Nobody shelves a warning for longer.
inline constexpr std::int64_t shelved_us_max = 8 * 3'600 * messages::us_per_s;
/// Why no warning is shelved for this time; empty: it may be.
[[nodiscard]] refusals shelving_refusals(std::uint64_t duration_ms);

/// Judges one rack. Pure: the same inputs at the same times give the same
/// outputs. A step without news allocates nothing.
///
/// Time between two steps is charged with the values that held during it; a
/// new value counts from the step that brings it. So a level never sets before
/// its time, and at the latest one scan, one data period and 20 ms after it.
/// Charges of a candidate are gathered over its period, less the time between two
/// ticks, and charged before anything changes that it depends on.
class protection_model {
 public:
  /// The options must be valid. Levels of unbound candidates are kept and named
  /// by `unbound`, never evaluated.
  explicit protection_model(protection_options options);

  /// Before the first step: what was latched when the chain last lived.
  /// `store_lost`: nobody knows, so the worst is taken. Until then, and until
  /// `scans_for_ready` complete scans, closing is inhibited.
  void load_latches(std::span<const stored_latch> latches, bool store_lost);
  /// From now on also while running: a latch could not be stored.
  void lose_latch_store();

  /// Time never runs back: an earlier `now` counts as the last one.
  const outputs& step(const inputs& news, messages::instant now);

  /// Lets go of every latch whose condition is gone, or of none. `locks`: the
  /// role may open locks. `standby`: the contactors are known to be open. Of what was latched in
  /// a former life the condition is gone once every value of the candidate was fresh, valid and
  /// at or behind `clear` for `clear_ms` since then.
  [[nodiscard]] refusals reset(messages::lock_right locks, bool standby);
  /// Nobody wants to be bothered with a candidate's warning for so long: it is left out of the
  /// highest level. What it does stays in force, and its edges are reported. Higher levels are
  /// never shelved, and a restart forgets it.
  [[nodiscard]] refusals shelve(std::string_view candidate, std::int64_t duration_us);
  [[nodiscard]] refusals unshelve(std::string_view candidate);
  /// What the last reset, shelving or unshelving did, for telling it; valid until the next step.
  [[nodiscard]] const outputs& last() const { return outputs_; }

  /// What its limits are held at, for a life that follows; nothing: not everything was known yet.
  [[nodiscard]] std::optional<held_shares> held() const { return limits_.held(); }

  /// It is known that no current flows, now and for the last `rest_us`.
  [[nodiscard]] bool is_at_rest() const;

  /// What cannot be what the profile of the rack's device takes it for.
  [[nodiscard]] std::string misfit_words() const;

  [[nodiscard]] const std::vector<row>& rows() const { return rows_; }
  [[nodiscard]] const std::vector<std::string>& unbound() const { return unbound_; }
  [[nodiscard]] const protection_options& options() const { return options_; }

 private:
  /// What judges a candidate, of the rack's own points too; `none`: nothing.
  [[nodiscard]] input input_of(std::string_view candidate) const;
  void add(const messages::protection::candidate& watched, const input& from);
  void add_watch(const messages::protection::candidate& watched, const input& from,
                 std::span<const std::size_t> levels, std::size_t first_row);
  void add_plausibility();
  void add_latch_only(const stored_latch& stored);
  [[nodiscard]] bool is_disabled(std::string_view name) const;
  /// Charges the time from an instant to now with the values that held during it.
  void charge(std::int64_t from_us, std::uint32_t touched);
  /// Looks at values that are new, and at who is silent.
  void look(std::uint32_t touched);
  void run(watch& each, std::int32_t charge_us);
  void judge_conditions(watch& each);
  /// Lower levels of what has set are set as well.
  void imply_lower(const watch& of);
  void imply_lower(const watch& of, const transition& change);
  void tell(const watch& watched);
  void tell_one(const watch& watched, const transition& change, std::uint32_t others);
  void group(report& told);
  void begin_telling();
  void unshelve(std::size_t position);
  void end_shelving();
  void take_limits(const inputs& news);
  /// Values become stale: what clears by them begins anew.
  void expire(std::uint32_t points);
  /// Looks whether what was latched in a former life is over in this one.
  void watch_doubted();
  [[nodiscard]] bool is_behind(const row& of) const;
  [[nodiscard]] bool condition_active(const row& of) const;
  /// It is beyond its limit, and sets unless that ends in time.
  [[nodiscard]] bool is_pending(const row& of) const;
  [[nodiscard]] bool counts(const row& of) const { return of.latched || condition_active(of); }
  void conclude();
  void conclude_limits(const consequence& all);
  /// `caused`: what holds limits down may be another level than before.
  [[nodiscard]] current_limits limits_of(const rack_limits& left) const;
  void renew_limits(bool caused);
  [[nodiscard]] extremes extremes_of(measured what);
  [[nodiscard]] limit_inputs inputs_of_limits();
  /// Whether the cells contradict SOC; while either is not said, whether they did.
  [[nodiscard]] bool is_soc_doubted(const limit_inputs& now) const;
  void update_caps();
  [[nodiscard]] bool carries_nothing() const;
  void watch_rest();

  protection_options options_;
  /// Of a measured point, how many elements are unusable, and since when so many.
  struct unusable {
    std::uint32_t count = 0;
    std::int64_t since_us = 0;
  };
  input_model inputs_;
  limit_model limits_;
  std::array<unusable, measured_count> unusable_{};
  std::array<held_extremes_model, measured_count> held_{};
  bool soc_was_doubted_ = false; ///< when limits were looked at last
  std::int64_t limits_us_ = 0;   ///< when limits were looked at last
  double charge_percent_ = 100;  ///< what active levels leave
  double discharge_percent_ = 100;
  std::vector<watch> watches_;
  std::vector<std::size_t> silences_; ///< those of them that watch who is silent
  std::vector<row> rows_;
  std::vector<std::string> unbound_;
  std::vector<transition> changes_;
  std::vector<transition> implied_; ///< in another watch of the same candidate
  std::size_t doubted_ = 0;         ///< rows
  outputs outputs_;
  std::uint16_t lost_row_ = 0;
  std::optional<std::size_t> cooling_row_; ///< the first that says that cooling failed
  std::size_t shelved_ = 0;                ///< rows

  std::int64_t last_us_ = 0;
  bool started_ = false;
  bool loaded_ = false;
  bool ready_ = false;
  bool dirty_ = true;

  /// A limit of the device: held while it is silent for a while, then zero.
  struct cap {
    double held_a = 0;
    std::int64_t good_us = 0;
    bool known = false;
    bool good = false;
    double in_force_a = 0;
  };
  cap charge_cap_;
  cap discharge_cap_;

  std::optional<std::int64_t> rests_since_us_; ///< nothing: it carries current, or may

  bool serious_ = false; ///< an alarm or more is active
  bool group_known_ = false;
  bool group_continues_ = false; ///< what it needs to go on beyond its time still holds
  std::int64_t group_us_ = 0;
  std::uint16_t group_row_ = 0;
};

} // namespace voltaic::actors::protection
