#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "messages/canopen/abort_code.hpp"

namespace voltaic::messages::canopen {

/// One entry of an object dictionary (CiA 301, 7.4).
struct object_address {
  std::uint16_t index = 0;
  std::uint8_t subindex = 0;
  friend auto operator<=>(const object_address&, const object_address&) = default;
};

/// "1018:01".
[[nodiscard]] std::string to_string(const object_address& of);

using object_bytes = std::vector<std::uint8_t>;

/// What an SDO server serves.
class object_dictionary {
 public:
  virtual ~object_dictionary() = default;
  /// The value as it goes over the bus, or why there is none.
  [[nodiscard]] virtual std::variant<object_bytes, abort_code> read(
      const object_address& of) const = 0;
  /// Asked before a transfer, so that nothing is sent in vain; `size` where it was told.
  [[nodiscard]] virtual std::optional<abort_code> refusal_to_write(
      const object_address& to, std::optional<std::size_t> size) const = 0;
  /// Takes a complete value, or says why not.
  [[nodiscard]] virtual std::optional<abort_code> write(const object_address& to,
                                                        std::span<const std::uint8_t> value) = 0;
};

} // namespace voltaic::messages::canopen
