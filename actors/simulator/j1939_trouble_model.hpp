#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace voltaic::actors::simulator {

/// Trouble codes of a simulated J1939 battery: those that are active (DM1), those that were (DM2),
/// and what clears them (J1939-73 5.7.1 to 5.7.3 and 5.7.11). Of each as many as fit in a transfer
/// of five packets; more are refused, and of the previous ones the oldest is forgotten.
class j1939_trouble_codes {
 public:
  static constexpr std::size_t codes_max = 8;
  static constexpr std::uint32_t spn_max = 0x7'FFFF;
  static constexpr std::uint8_t fmi_max = 31;

  /// A fault is there, or is again; a latched one stays active until it is cleared. False: beyond
  /// a number's bits, no code at all (zeros or ones), or one too many.
  bool begin(std::uint32_t spn, std::uint8_t fmi, bool is_latched);
  /// The faults of this parameter, or of all, are gone.
  void end(std::optional<std::uint32_t> spn);
  /// DM11: active codes whose fault is gone are forgotten.
  void clear_active();
  /// DM3.
  void clear_previous();

  /// DM1's payload: at least 8 bytes.
  [[nodiscard]] std::vector<std::uint8_t> active_payload() const;
  /// DM2's: lamps as they are now, and the previous codes.
  [[nodiscard]] std::vector<std::uint8_t> previous_payload() const;
  /// Whether an active code is one of the most severe (FMI 0 and 1).
  [[nodiscard]] bool is_severe() const;

 private:
  struct code {
    std::uint32_t spn = 0;
    std::uint8_t fmi = 0;
    std::uint8_t occurrences = 0;
    bool is_there = false; ///< the fault itself
    bool is_latched = false;
  };
  void keep(const code& gone);
  [[nodiscard]] std::vector<std::uint8_t> payload_of(const std::vector<code>& codes) const;

  std::vector<code> active_;
  std::vector<code> previous_; ///< the oldest first
};

} // namespace voltaic::actors::simulator
