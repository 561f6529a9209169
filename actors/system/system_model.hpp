#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/system/link_model.hpp"
#include "actors/system/site_limit_model.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/points/watched_points.hpp"

/// What all racks of a site are together, as one battery.
namespace voltaic::actors::system {

/// Sums and averages are said this often.
inline constexpr std::int64_t period_us = 500 * messages::us_per_ms;
/// A rack's value counts for the larger of this and 1.5 periods of its point.
inline constexpr std::int64_t value_age_us_min = messages::us_per_s;
/// Energy is counted between two good powers of a rack at most this far apart.
inline constexpr std::int64_t energy_gap_us_max = 5 * messages::us_per_s;

struct rack_options {
  std::string name;       ///< "rack_0"
  double capacity_ah = 0; ///< rated; its weight in the state of charge; 0: not stated
};

struct model_options {
  std::string name = "system";
  std::vector<rack_options> racks;
  std::vector<link_options> links; ///< one of both may be empty
  limit_rules limits;

  /// Everything that is wrong, at once; empty when nothing is.
  [[nodiscard]] std::vector<std::string> validate() const;
};

/// Counters that outlive a restart, in Wh.
struct energy_counters {
  double charged_wh = 0;
  double discharged_wh = 0;
  friend bool operator==(const energy_counters&, const energy_counters&) = default;
};

/// Pure. Never says a partial sum: where a rack's part is missing, a sum has no
/// value and names the rack; averages and extremes go over the racks that are
/// there and name the others.
class model {
 public:
  explicit model(model_options options);

  [[nodiscard]] const messages::catalogue& catalogue() const { return catalogue_; }

  /// Of anybody: where the points of the racks stand.
  void learn(const messages::catalogue& described);
  /// Of anybody: takes what racks say, and counts their energy.
  void take(const messages::telemetry& said);
  /// Of any node, said at `said_us` on the nodes' clock.
  void take(const messages::health& said, std::int64_t said_us) { links_.take(said, said_us); }
  /// False: it tells of links alone.
  [[nodiscard]] bool has_racks() const { return !racks_.empty(); }
  /// What all of it is at `now_us` (monotonic); only where there are racks.
  [[nodiscard]] messages::telemetry step(std::int64_t now_us);
  /// Racks that are lost and let no current flow, by the last step.
  [[nodiscard]] const std::vector<std::string>& stopping() const { return stopping_; }
  /// How the site's buses and lines fare at `clock_us`, on the nodes' clock.
  [[nodiscard]] messages::telemetry links(std::int64_t clock_us) const;

  /// What was counted in former lives; before anything is taken.
  void load(energy_counters kept) { energy_ = kept; }
  [[nodiscard]] const energy_counters& energy() const { return energy_; }

 private:
  struct rack {
    std::string name;
    double capacity_ah = 0;
    std::size_t voltage, current, power, soc, contactor, charge_limit, discharge_limit, level;
    std::size_t charge_voltage_limit, discharge_voltage_limit;
    std::size_t charge_power_limit, discharge_power_limit;
    std::size_t soh;
    std::size_t joined;
    std::optional<std::pair<std::int64_t, double>> last_power; ///< time and W, while good
  };
  /// One rack's part of something.
  struct part {
    const rack* of = nullptr;
    double value = 0;
    messages::quality quality = messages::quality::never;
    std::int64_t source_time_us = 0;
  };
  /// A value of the system with the racks that it lacks.
  struct whole {
    double value = 0;
    bool usable = false;
    messages::quality worst = messages::quality::good;
    std::int64_t source_time_us = 0;
    std::vector<std::string> missing;
  };
  using field = std::size_t rack::*;

  void count_energy(rack& of, const messages::points::watched_value& power);
  [[nodiscard]] part part_of(const rack& of, field which, std::int64_t now_us) const;
  [[nodiscard]] std::vector<part> parts(field which, std::int64_t now_us) const;
  /// What tells how a rack stands, or of it what does not.
  [[nodiscard]] part teller(const rack& of, std::int64_t now_us) const;
  /// Nothing: its contactor is not heard, or does not know.
  [[nodiscard]] std::optional<messages::joining> standing(const rack& of,
                                                          std::int64_t now_us) const;
  [[nodiscard]] bool counts_as_active(const rack& of, std::int64_t now_us) const;
  [[nodiscard]] whole sum(field which, std::int64_t now_us) const;
  [[nodiscard]] whole voltage(std::int64_t now_us) const;
  [[nodiscard]] whole limit(field which, site_limit_model& of, std::int64_t now_us);
  [[nodiscard]] whole active_racks(std::int64_t now_us) const;
  /// The racks whose highest level of protection is one of these.
  [[nodiscard]] whole racks_at(std::initializer_list<std::string_view> levels,
                               std::int64_t now_us) const;
  [[nodiscard]] whole heard_racks(std::int64_t now_us) const;
  [[nodiscard]] whole counted(double energy_wh, std::int64_t now_us) const;
  [[nodiscard]] static whole lacking(const std::vector<part>& of);
  [[nodiscard]] static whole average(const std::vector<part>& of, bool by_capacity);
  [[nodiscard]] static whole extreme(const std::vector<part>& of, bool largest);

  model_options options_;
  std::vector<rack> racks_;
  messages::points::watched_points points_;
  link_model links_;
  messages::catalogue catalogue_;
  energy_counters energy_;
  std::vector<std::string> stopping_;
  site_limit_model charge_current_;
  site_limit_model discharge_current_;
  site_limit_model charge_power_;
  site_limit_model discharge_power_;
  site_limit_model charge_voltage_;
  site_limit_model discharge_voltage_;
};

} // namespace voltaic::actors::system
