#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace voltaic::messages::j1939 {

/// What a lamp does, by its two bits of DM1's first byte (J1939-73 5.7.1).
enum class lamp_state : std::uint8_t { off = 0, on = 1, reserved = 2, not_available = 3 };
/// How a lamp flashes, by its two bits of the second byte.
enum class lamp_flash : std::uint8_t { slow = 0, fast = 1, reserved = 2, steady = 3 };

/// A lamp of the dashboard.
struct lamp {
  lamp_state state = lamp_state::not_available;
  lamp_flash flash = lamp_flash::steady;
  friend bool operator==(const lamp&, const lamp&) = default;
};

/// A trouble code (J1939-73 5.7.1.7).
struct trouble_code {
  std::uint32_t spn = 0;        ///< suspect parameter, 19 bits
  std::uint8_t fmi = 0;         ///< how it fails, 5 bits
  std::uint8_t occurrences = 0; ///< 126: that often or more; 127: not available
  std::uint8_t conversion = 0;  ///< 0: the layout that is read here; 1: an older one, whose SPN
                                ///< cannot be told from the bits alone
  friend bool operator==(const trouble_code&, const trouble_code&) = default;
};

/// DM1, the active faults, or DM2, the previous ones (J1939-73 5.7.1 and 5.7.2).
struct fault_report {
  std::uint8_t lamps = 0xFF; ///< both bytes as they came
  std::uint8_t flash = 0xFF;
  lamp malfunction;
  lamp red_stop;
  lamp amber_warning;
  lamp protect;
  std::vector<trouble_code> codes; ///< none: no fault
};

/// Nothing of what is too short for the lamps. Codes of zeros (no fault) and of ones (padding)
/// are left out, as is a code that is cut off.
[[nodiscard]] std::optional<fault_report> read_faults(std::span<const std::uint8_t> payload);
/// A payload with these codes, at least 8 bytes. Without any: that there is no fault.
[[nodiscard]] std::vector<std::uint8_t> fault_payload(const fault_report& of);

/// What a failure mode identifier says (J1939-73 appendix A).
[[nodiscard]] std::string_view fmi_text(std::uint8_t fmi);
[[nodiscard]] std::string_view to_string(lamp_state of);
[[nodiscard]] std::string_view to_string(lamp_flash of);

} // namespace voltaic::messages::j1939
