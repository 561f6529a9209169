#pragma once

#include <cstdint>
#include <optional>

#include "actors/inverter_link/link_options.hpp"

namespace voltaic::actors::inverter_link {

/// How the inverter lives, by its heartbeats.
enum class presence : std::uint8_t {
  awaited, ///< not heard yet, or not often enough to be trusted
  there,
  lost,   ///< for so long that nothing may flow
  standby ///< for so long that it is left alone
};

/// Pure. Counts from its first step; an inverter that was never heard is lost like one
/// that fell silent.
class heartbeat_model {
 public:
  /// Not expected: the profile's inverters send none, and one is there from the start.
  explicit heartbeat_model(bool is_expected) : is_expected_(is_expected) {}

  /// A heartbeat at `now_us`. With a counter only one that changes counts. Stamps may run back,
  /// as where UTC steps: the latest counts.
  void beat(std::int64_t now_us, std::optional<double> counter = std::nullopt);
  [[nodiscard]] presence step(std::int64_t now_us);
  /// Since the last that counted; nothing: there was none.
  [[nodiscard]] std::optional<std::int64_t> age_us(std::int64_t now_us) const;

 private:
  bool is_expected_;
  std::optional<std::int64_t> start_us_;
  std::optional<std::int64_t> last_us_;
  std::optional<double> counter_;
  int beats_ = 0; ///< in a row, as far as they matter
};

} // namespace voltaic::actors::inverter_link
