#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "messages/codec/payloads.hpp"
#include "messages/points/watched_points.hpp"

namespace voltaic::actors::command {

/// Refuses to close a rack behind an inverter that said what it is, and that does not work
/// with its battery. What was said last holds until it is said otherwise. Pure.
class inverter_gate_model {
 public:
  /// rack -> its inverter
  explicit inverter_gate_model(const std::map<std::string, std::string>& inverters);

  /// The actors whose words it needs.
  [[nodiscard]] std::vector<std::string> sources() const;
  void learn(const messages::catalogue& described) { points_.learn(described); }
  void take(const messages::telemetry& said);
  /// Why the rack that this command closes must stay open; empty: it closes none, or may.
  [[nodiscard]] std::vector<std::string> refuse(const messages::command& asked) const;

 private:
  std::map<std::string, std::string> inverters_;
  std::map<std::string, std::size_t> places_; ///< by inverter
  messages::points::watched_points points_;
};

} // namespace voltaic::actors::command
