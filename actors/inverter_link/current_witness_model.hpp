#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "actors/inverter_link/zero_jump_model.hpp"
#include "messages/current_agreement.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::inverter_link {

/// What differs by less is noise, latency and what else hangs on the bus: this much, this much of
/// the capacity of the racks that are joined, and this share of the larger of both.
inline constexpr double band_a_min = 5;
inline constexpr double band_c = 0.02;
inline constexpr double band_share = 0.1;
/// The same of a rack that shows exactly zero, as many do below some percent of their rated
/// current: 5 % of it where that is half of C.
inline constexpr double dead_band_c = 0.025;
/// A sensor that is wrong by this factor or more contradicts (F-148 asks for ten).
inline constexpr double wrong_factor_min = 2;
/// A contradiction that lasts for so long is none of latency: with the periods of both it is told
/// within the 10 s of F-148. What agrees for as long is no coincidence.
inline constexpr std::int64_t lasting_us = 5 * messages::us_per_s;
/// Unless less than this share of it is left meanwhile: what smooths the measured current by up to
/// 20 s may be about to show what the racks do.
inline constexpr double fading_share = 0.8;

/// What a rack shows.
struct shown_current {
  std::optional<heard_current> current; ///< nothing: nobody says it now
  bool is_apart = false;                ///< its contactors are known to be open
};

/// How long something lasts, as far as values that came meanwhile show it.
class lasting_time {
 public:
  /// It is so, by values of which the oldest came at `seen_us`.
  void see(std::int64_t seen_us, std::int64_t now_us);
  /// Whether it is so is not known now: what was seen of it counts on.
  void hold() { seen_us_.reset(); }
  void reset() { *this = {}; }
  [[nodiscard]] bool is_over() const { return for_us_ >= lasting_us; }

 private:
  std::int64_t for_us_ = 0;
  std::optional<std::int64_t> seen_us_;
};

/// Compares what the racks behind an inverter show with what is measured on their DC bus.
///
/// Racks that are known to be open take no part. Where both differ by more than the band, each rack
/// is meant of which a wrong sensor (reversed, dead, wrong by a factor of two) would by itself
/// explain the difference: the sum does not tell more. One that is meant for 5 s contradicts, and
/// one whose current jumped to exactly zero before (`zero_jump_model`). From then on it contradicts
/// until it agrees for 5 s: both are within the band, and what it shows is more than noise and so
/// much that no wrong sensor of it would leave as little between both. While the current of some
/// joined rack, or the measured one, is not known, nothing changes but that nothing agrees. Pure:
/// time is what it is told.
class current_witness_model {
 public:
  /// The rated capacity of each rack; 0: not known.
  explicit current_witness_model(const std::vector<double>& capacities_ah);

  /// `racks`: as many as there are capacities.
  void step(const std::optional<heard_current>& measured, std::span<const shown_current> racks,
            std::int64_t now_us);
  [[nodiscard]] messages::current_agreement of(std::size_t position) const {
    return racks_[position].word;
  }
  /// What all racks that are not open show together; nothing: that is not known.
  [[nodiscard]] std::optional<double> sum_a() const { return sum_a_; }
  /// Some rack's word is another one than before the last step.
  [[nodiscard]] bool turned() const { return turned_; }

 private:
  struct rack {
    double capacity_ah = 0;
    messages::current_agreement word = messages::current_agreement::unclaimed;
    lasting_time meant;
    double begun_a = 0; ///< what was missing when it was meant first
    lasting_time agreed;
    zero_jump_model jump;
  };
  /// What all joined racks say, where all say something.
  struct comparison {
    heard_current measured;
    double missing_a = 0;
    double band_a = 0;
    bool flows = false;       ///< a current by which something can be told
    std::int64_t seen_us = 0; ///< when the oldest of all came
  };
  [[nodiscard]] std::optional<comparison> compare(const std::optional<heard_current>& measured,
                                                  std::span<const shown_current> racks);
  void judge(rack& of, double shown_a, const comparison& by, std::int64_t now_us);
  void say(rack& of, messages::current_agreement word);

  std::vector<rack> racks_;
  std::optional<double> sum_a_;
  bool turned_ = false;
};

} // namespace voltaic::actors::inverter_link
