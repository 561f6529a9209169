#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "messages/current_agreement.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::inverter_link {

/// What differs by less is noise, latency and what else hangs on the bus: this much, this much of
/// the capacity of the racks that are joined, and this share of the larger of both.
inline constexpr double band_a_min = 5;
inline constexpr double band_c = 0.02;
inline constexpr double band_share = 0.1;
/// A sensor that is wrong by this factor or more contradicts (F-148 asks for ten).
inline constexpr double wrong_factor_min = 2;
/// A contradiction that lasts for so long is none of latency: with the periods of both it is told
/// within the 10 s of F-148.
inline constexpr std::int64_t contradiction_us = 5 * messages::us_per_s;
/// The same of a sensor that stands at zero (F-149).
inline constexpr std::int64_t dead_zero_us = 300 * messages::us_per_ms;
/// No sensor shows less of a current that flows.
inline constexpr double exact_zero_a = 1e-6;
/// A measured current that falls below this share of its last value is about to end: what smooths
/// it shows for a while what flows no more.
inline constexpr double falling_share = 0.9;

/// A current as it was last heard; positive on discharge.
struct heard_current {
  double value_a = 0;
  std::int64_t heard_us = 0;
};
/// What a rack shows.
struct shown_current {
  std::optional<heard_current> current; ///< nothing: nobody says it now
  bool is_apart = false;                ///< its contactors are known to be open
};

/// Compares what the racks behind an inverter show with what is measured on their DC bus.
///
/// Racks that are known to be open take no part. Where the current of any other one, or the
/// measured one, is not known, nothing is claimed, and nothing is where no current flows. Where
/// both differ by more than the band, each rack is meant of which a wrong sensor (reversed, dead,
/// wrong by a factor of two) would by itself explain the difference: the sum does not tell more. A
/// rack that stands at exactly zero explains it alone, since no living sensor does that under a
/// current. Pure: time is what it is told.
class current_witness_model {
 public:
  /// The rated capacity of each rack; 0: not known.
  explicit current_witness_model(const std::vector<double>& capacities_ah);

  /// `racks`: as many as there are capacities.
  void step(const std::optional<heard_current>& measured, std::span<const shown_current> racks,
            std::int64_t now_us);
  [[nodiscard]] messages::current_agreement of(std::size_t position) const { return racks_[position].word; }
  /// What all racks that are not open show together; nothing: that is not known.
  [[nodiscard]] std::optional<double> sum_a() const { return sum_a_; }
  /// Some rack's word is another one than before the last step.
  [[nodiscard]] bool turned() const { return turned_; }

 private:
  struct rack {
    double capacity_ah = 0;
    messages::current_agreement word = messages::current_agreement::unclaimed;
    std::optional<std::int64_t> meant_us; ///< since when
    std::optional<std::int64_t> zero_us;  ///< since when it is for standing at zero
  };
  void say_of_all(messages::current_agreement word, std::span<const shown_current> racks);
  void judge(rack& of, const heard_current& shown, const heard_current& measured, bool is_meant,
             std::int64_t now_us);
  void note_falling(const heard_current& measured);

  std::vector<rack> racks_;
  std::optional<double> sum_a_;
  std::optional<heard_current> measured_; ///< the newest
  bool is_falling_ = false;
  bool turned_ = false;
};

} // namespace voltaic::actors::inverter_link
