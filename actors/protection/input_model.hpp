#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "actors/protection/condition_model.hpp"
#include "actors/protection/level_model.hpp"
#include "actors/protection/measured.hpp"
#include "actors/protection/scan_model.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::protection {

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
  invalid_count,            ///< elements of a measured point that arrive but are unusable
  silence,                  ///< milliseconds since its oldest element arrived
  none                      ///< set by other means
};

/// An input; `of` is the point that is measured, invalid or silent.
struct input {
  input_kind kind = input_kind::none;
  measured of = measured::cell_voltage;
  friend bool operator==(const input&, const input&) = default;
};
/// Whether it tells how well a point can be used, and not what its value is.
[[nodiscard]] constexpr bool is_ladder(input_kind kind) {
  return kind == input_kind::invalid_count || kind == input_kind::silence;
}

/// The input of a candidate of the table; `none`: nothing judges it.
[[nodiscard]] input input_for(std::string_view candidate);

/// What is left of a limit as the base of an overcurrent: this share of the rated current.
inline constexpr double limit_share_min = 0.05;
/// An inverter has this long to follow a limit that falls. A level of overcurrent with a
/// shorter delay is judged by the highest limit that was in force within it.
inline constexpr std::int64_t limit_follow_us = 2 * messages::us_per_s;

/// What is known of a rack, as inputs of candidates. Pure, and allocates only when made.
class input_model {
 public:
  input_model(const measured_options& points, double charge_rated_a, double discharge_rated_a);

  [[nodiscard]] bool is_bound(measured what) const {
    return points_[position_of(what)].has_value();
  }
  /// Every measured point that the input needs is reported by the device.
  [[nodiscard]] bool is_bound(const input& from) const;
  /// Bits of the measured points that it needs, by `position_of`.
  [[nodiscard]] static std::uint32_t needs(const input& from);
  [[nodiscard]] std::size_t count(const input& from) const;
  /// In how many parts of the unit its values are kept.
  [[nodiscard]] static double parts(const input& from);

  [[nodiscard]] const element_values& values(const input& from) const;
  [[nodiscard]] const scan_model& scan(measured what) const {
    return points_[position_of(what)]->scan;
  }
  /// The newest value of a single point in its unit; nothing if it is not valid.
  [[nodiscard]] std::optional<double> value_of(measured what) const;
  [[nodiscard]] condition_values for_conditions() const;
  /// The time between two instants for which its values may be held.
  [[nodiscard]] std::int32_t charge_us(const input& from, std::int64_t from_us,
                                       std::int64_t to_us) const;
  /// Every point without which nothing may be closed has been heard.
  [[nodiscard]] bool heard_all() const;
  /// What an element is called: "module_1:cell_3".
  [[nodiscard]] std::string scope_of(const input& from, std::uint32_t element) const;

  /// Takes what came. The bits of the points that it was about.
  std::uint32_t take(std::span<const element_block> blocks, std::int64_t now_us);
  /// Time passes: who is silent is so for longer.
  void pass(std::int64_t now_us);
  /// The limits that are in force from now on, for the overcurrents.
  void follow(double charge_a, double discharge_a, std::int64_t now_us);

 private:
  struct point {
    point(const point_options& options, std::int32_t warning_ms);
    scan_model scan;
    element_values invalid{1};
    element_values silence{1};
    std::int32_t silence_warning_ms;
    std::uint32_t group_size;
  };
  /// One direction's base of the overcurrent.
  struct base {
    double rated_a = 0;
    double in_force_a = 0;
    double followed_a = 0;
    std::int64_t followed_us = 0; ///< when the followed limit was in force last
  };
  void derive(std::uint32_t touched);
  void derive_voltages();
  void derive_ratios();
  void derive_mismatch();
  static void follow(base& of, double limit_a, std::int64_t now_us);
  [[nodiscard]] element_values& derived(input_kind kind);

  std::array<std::optional<point>, measured_count> points_;
  measured_options options_;
  std::array<element_values, static_cast<std::size_t>(input_kind::invalid_count)> derived_;
  base charge_;
  base discharge_;
};

} // namespace voltaic::actors::protection
