#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actors/protection/condition_model.hpp"
#include "actors/protection/current_check_model.hpp"
#include "actors/protection/frozen_model.hpp"
#include "actors/protection/level_model.hpp"
#include "actors/protection/link_fault_model.hpp"
#include "actors/protection/measured.hpp"
#include "actors/protection/profile_fit_model.hpp"
#include "actors/protection/rise_model.hpp"
#include "actors/protection/scan_model.hpp"
#include "actors/protection/witness_model.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::protection {

/// What is compared with what the profile takes it for.
inline constexpr std::uint32_t regarded_for_fit = bit(measured::cell_voltage) |
                                                  bit(measured::cell_temperature) |
                                                  bit(measured::voltage) | bit(measured::current);

/// What a candidate is judged by: a measured point or what follows from several.
enum class input_kind : std::uint8_t {
  measured,
  rack_voltage_per_cell,
  cell_voltage_spread, ///< largest minus smallest of the valid cells
  temperature_spread,
  charge_ratio,             ///< charge current by the limit in force
  discharge_ratio,          ///< the same the other way
  charge_ratio_followed,    ///< by the limit that an inverter had time to follow
  discharge_ratio_followed, ///< the same the other way
  insulation_per_volt,      ///< ohm per volt of the rack
  voltage_sum_mismatch,     ///< of all cells and the rack, percent of the rack's voltage
  soc_believed,             ///< SOC, where the cells do not contradict it
  soc_contradiction,        ///< 1: SOC is 0 % and no cell is near its end
  limit_ignored,            ///< current by 5 % of the rated one, where none may flow
  current_contradiction,    ///< 1: voltage, SOC or the inverter say that it is another one
  frozen_all,               ///< 1: no cell answers to the current
  steps,                    ///< cells whose newest step waits to be confirmed
  open_wire,                ///< cells that mirror a neighbour, as beside a broken sense wire
  cooling_missing, ///< milliseconds for which cooling is asked for and nothing shows that it runs
  bus_offs,        ///< times a minute that the device's CAN bus was off
  bus_error_count, ///< that its controller counts
  profile_misfit,  ///< things that cannot be what the profile takes them for
  frozen,          ///< milliseconds for which each cell stands still alone
  runaway_rate,    ///< rise of each temperature where it is hot or cells break down
  invalid_count,   ///< elements of a measured point that arrive but are unusable
  unusable_time,   ///< milliseconds for which elements arrive that are unusable
  silence,         ///< milliseconds since its oldest element arrived
  none             ///< set by other means
};

/// An input; `of` is the point that is measured, invalid or silent.
struct input {
  input_kind kind = input_kind::none;
  measured of = measured::cell_voltage;
  friend bool operator==(const input&, const input&) = default;
};
/// Whether it tells how well a point can be used, and not what its value is.
[[nodiscard]] constexpr bool is_ladder(input_kind kind) {
  return kind == input_kind::invalid_count || kind == input_kind::unusable_time ||
         kind == input_kind::silence;
}

/// The input of a candidate of the table; `none`: nothing judges it.
[[nodiscard]] input input_for(std::string_view candidate);

/// What is left of a limit as the base of an overcurrent: this share of the rated current.
inline constexpr double limit_share_min = 0.05;
/// An inverter has this long to follow a limit that falls: as long as `limit_ignored` gives it
/// before it opens (F-166). A level of overcurrent with a shorter delay is judged by the highest
/// limit that was in force within it.
inline constexpr std::int64_t limit_follow_us = 5 * messages::us_per_s;

/// What is known of a rack, as inputs of candidates. Pure, and allocates only when made.
class input_model {
 public:
  /// What is judged by, beside what is measured.
  struct ratings {
    double capacity_ah = 0; ///< 0: not known
    double charge_a = 0;
    double discharge_a = 0;
    double empty_cell_v = 0; ///< no cell below it: SOC is not 0 %
    double hot_c = 0;        ///< a cell that hot and rising runs away
    std::string bus = {};    ///< the CAN bus whose controller is judged; empty: none
  };
  input_model(const measured_options& points, const ratings& rated);

  [[nodiscard]] bool is_bound(measured what) const {
    return position_of(what) < points_.size() && points_[position_of(what)].has_value();
  }
  /// Every measured point that the input needs is reported by the device.
  [[nodiscard]] bool is_bound(const input& from) const;
  /// Bits of the measured points that it needs, by `position_of`.
  [[nodiscard]] static std::uint32_t needs(const input& from);
  /// Bits of those that it looks at besides, where the device has them.
  [[nodiscard]] static std::uint32_t regards(const input& from);
  [[nodiscard]] std::size_t count(const input& from) const;
  /// In how many parts of the unit its values are kept; not of own points.
  [[nodiscard]] static double parts(const input& from);
  /// The same, of own points too.
  [[nodiscard]] double parts_of(const input& from) const;
  /// What a point is called, without the rack.
  [[nodiscard]] std::string_view name_of(measured what) const;
  /// Nothing is closed before it was heard.
  [[nodiscard]] bool is_needed_to_close(measured what) const;

  [[nodiscard]] const element_values& values(const input& from) const;
  [[nodiscard]] const scan_model& scan(measured what) const {
    return points_[position_of(what)]->scan;
  }
  /// The newest value of a single point in its unit; nothing if it is not valid.
  [[nodiscard]] std::optional<double> value_of(measured what) const;
  [[nodiscard]] condition_values for_conditions() const;
  /// For how long each point's values may be held between two instants, in microseconds.
  using charges = std::array<std::int32_t, measured_count>;
  [[nodiscard]] charges charges_us(std::int64_t from_us, std::int64_t to_us) const;
  /// Every point without which nothing may be closed has been heard.
  [[nodiscard]] bool heard_all() const;
  /// What an element is called: "module_1:cell_3".
  [[nodiscard]] std::string scope_of(const input& from, std::uint32_t position) const;

  /// Takes what came. The bits of the points that it was about.
  std::uint32_t take(std::span<const element_block> blocks, std::int64_t now_us);
  /// Time passes: who is silent is so for longer. `touched`: only what these points changed since
  /// it passed until now.
  void pass(std::int64_t now_us, std::uint32_t touched = every_point);
  /// The points of which some value becomes older than its stale time by now.
  [[nodiscard]] std::uint32_t expiring(std::int64_t now_us) const;
  /// Marks those values as stale.
  void expire(std::uint32_t points, std::int64_t now_us);
  /// All of it came, and none of it is silent.
  [[nodiscard]] bool is_current(measured what) const;
  /// The same of every point that the input follows from.
  [[nodiscard]] bool is_current(const input& from) const;
  /// Whether cooling is asked for from now on.
  void demand_cooling(bool demanded) { cooling_demanded_ = demanded; }
  /// What is said of the current by somebody else who measures it: judged with the next current.
  void hear_witness(messages::current_agreement said, std::int64_t now_us) {
    witness_.hear(said, now_us);
  }
  /// It contradicts only by what somebody else says: however often that sets an alarm, it is no
  /// reason to latch it.
  [[nodiscard]] bool is_hearsay(const input& from) const {
    return from.kind == input_kind::current_contradiction && !current_check_.contradicts();
  }
  /// What the node says of the controller of the device's CAN bus.
  void hear_link(const link_word& said, std::int64_t now_us) { link_.hear(said, now_us); }
  /// What does not fit the profile, in words.
  [[nodiscard]] std::string misfit_words() const { return fit_.words(); }
  /// The limits that are in force from now on, for the overcurrents.
  void follow(double charge_a, double discharge_a, std::int64_t now_us);

 private:
  struct point {
    point(const point_options& options, std::int32_t step_max);
    scan_model scan;
    element_values invalid{1};
    element_values unusable_ms{1};
    bool was_received = false;   ///< all of it, once
    bool is_late = false;        ///< longer without it than its silence needs to warn
    std::int64_t usable_us = -1; ///< when all of it was usable last; below zero: it did not come
    element_values silence{1};
    std::int32_t silence_warning_ms;
  };
  /// One direction's base of the overcurrent.
  struct base {
    double rated_a = 0;
    double in_force_a = 0;
    double followed_a = 0;
    std::int64_t followed_us = 0; ///< when the followed limit was in force last
  };
  static constexpr std::uint32_t every_point = 0xFFFF'FFFF;

  void begin(std::int64_t now_us);
  void pass(point& of, bool is_needed, std::int64_t now_us);
  static void judge_lateness(point& of, std::int64_t now_us);
  void derive(std::uint32_t touched, std::int64_t now_us);
  void derive_voltages();
  void derive_ratios();
  void derive_mismatch();
  void derive_soc();
  void derive_ignored();
  void derive_current(std::int64_t now_us);
  void derive_frozen(std::int64_t now_us);
  void derive_wires();
  void derive_cooling(std::int64_t now_us);
  void derive_fit();
  void derive_link(std::int64_t now_us);
  void derive_runaway(std::int64_t now_us);
  [[nodiscard]] bool is_breaking_down() const;
  static void follow(base& of, double limit_a, std::int64_t now_us);
  [[nodiscard]] element_values& derived(input_kind kind);

  std::vector<std::optional<point>> points_; ///< by position, up to the last own point
  measured_options options_;
  ratings rated_;
  std::array<element_values, static_cast<std::size_t>(input_kind::frozen)> derived_;
  std::optional<frozen_model> frozen_;
  std::optional<rise_model> rise_;
  bool begun_ = false;             ///< time passes
  std::uint32_t open_wire_at_ = 0; ///< the first cell beside one
  bool cooling_demanded_ = false;
  std::optional<std::int64_t> cooled_us_; ///< when it ran, or was not asked for, last
  current_check_model current_check_;
  witness_model witness_;
  profile_fit_model fit_;
  link_fault_model link_;
  element_values runaway_;
  base charge_;
  base discharge_;
};

} // namespace voltaic::actors::protection
