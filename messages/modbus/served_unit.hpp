#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "messages/modbus/pdu.hpp"

/// The other side of a Modbus line: a unit that is asked.
namespace voltaic::messages::modbus {

enum class table : std::uint8_t { coil, discrete, holding, input };

/// What a unit holds. Addresses and counts are within the protocol's bounds; a
/// bit is 0 or 1.
class served_unit {
 public:
  virtual ~served_unit() = default;
  /// Fills `values`, or says why not.
  [[nodiscard]] virtual std::optional<exception> read(modbus::table from, std::uint16_t address,
                                                      std::span<std::uint16_t> values) = 0;
  /// Takes all of them or none.
  [[nodiscard]] virtual std::optional<exception> write(modbus::table to, std::uint16_t address,
                                                       std::span<const std::uint16_t> values) = 0;
};

/// The answer to a request, whatever its bytes: a request that is refused, by
/// the protocol or by the unit, wrote nothing.
[[nodiscard]] std::vector<std::uint8_t> serve(served_unit& unit, std::span<const std::uint8_t> pdu);

} // namespace voltaic::messages::modbus
