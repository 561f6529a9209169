#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "messages/codec/payloads.hpp"
#include "messages/points/last_news.hpp"
#include "messages/points/watched_points.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::command {

/// What an inverter's link said of the two counts this long; it speaks twice a second.
inline constexpr std::int64_t compatibility_age_us_max = 3 * messages::us_per_s;

/// A closing waits so long at most for an inverter, or a battery, to say what it is: one that is
/// there and can be asked has said it by then (ten seconds, and its heartbeat before), and one that
/// needs the battery's voltage to start never would. Who is not known then warns and bars nothing.
inline constexpr std::int64_t identity_wait_us_max = 15 * messages::us_per_s;

/// Refuses to close a rack behind an inverter that does not work with its battery, and where that
/// could be so and nobody says it any more. Pure.
class inverter_gate_model {
 public:
  /// rack -> its inverter; `doubtful`: inverters of which the table of pairs could say that they do
  /// not work with their battery. What others said last holds until it is said otherwise.
  explicit inverter_gate_model(const std::map<std::string, std::string>& inverters,
                               std::set<std::string> doubtful = {});

  /// The actors whose words it needs.
  [[nodiscard]] std::vector<std::string> sources() const;
  void learn(const messages::catalogue& described) { points_.learn(described); }
  void take(const messages::telemetry& said, std::int64_t heard_us);
  /// Why the rack that this command closes must stay open; empty: it closes none, or may.
  [[nodiscard]] std::vector<std::string> refuse(const messages::command& asked,
                                                std::int64_t now_us) const;

 private:
  [[nodiscard]] bool is_heard(std::size_t place, std::int64_t now_us) const;
  /// How long a closing still waits for who it is; 0: not any more.
  [[nodiscard]] std::int64_t wait_us(std::size_t place, std::int64_t now_us) const;

  std::map<std::string, std::string> inverters_;
  std::map<std::string, std::size_t> places_; ///< by inverter
  std::set<std::string> doubtful_;
  std::map<std::size_t, messages::points::last_news> news_; ///< by place
  std::map<std::size_t, std::int64_t> awaited_us_; ///< the same: since when nobody knows who it is
  messages::points::watched_points points_;
};

} // namespace voltaic::actors::command
