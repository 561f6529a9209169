#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/can/frame.hpp"

namespace voltaic::messages::canopen {

/// What a device says of its errors (CiA 301, 7.2.7).
struct emergency {
  std::uint16_t code = 0;
  std::uint8_t error_register = 0; ///< object 1001
  std::array<std::uint8_t, 5> manufacturer{};
  friend bool operator==(const emergency&, const emergency&) = default;
};

/// Whether all errors are over: code 00xx.
[[nodiscard]] constexpr bool is_reset(const emergency& said) {
  return (said.code & 0xFF00) == 0;
}

/// The class of an error code (CiA 301, 7.2.7.1), "device software"; empty where it has none.
[[nodiscard]] std::string_view emergency_class(std::uint16_t code);
/// What CiA 301 says of this code itself, "heartbeat or guarding failed"; empty for most.
[[nodiscard]] std::string_view emergency_detail(std::uint16_t code);
/// The bits of an error register in words (CiA 301, 7.5.2.2): "generic, voltage".
[[nodiscard]] std::string error_register_text(std::uint8_t bits);

/// Nothing unless there are 8 bytes.
[[nodiscard]] std::optional<emergency> read_emergency(std::span<const std::uint8_t> payload);
[[nodiscard]] can::frame make_emergency(std::uint8_t node, const emergency& said);

/// The errors of one node that stand. A source that babbles fills a bounded list: what is said
/// twice stands once, and what does not fit is counted.
class standing_errors {
 public:
  static constexpr std::size_t errors_max = 64;

  /// Takes what the node said.
  void take(const emergency& said);
  [[nodiscard]] const std::vector<emergency>& all() const { return all_; }
  /// Messages of the node, also those that ended errors.
  [[nodiscard]] std::uint64_t messages() const { return messages_; }
  /// Errors since the last reset for which there was no place.
  [[nodiscard]] std::uint64_t beyond() const { return beyond_; }

 private:
  std::vector<emergency> all_;
  std::uint64_t messages_ = 0;
  std::uint64_t beyond_ = 0;
};

} // namespace voltaic::messages::canopen
