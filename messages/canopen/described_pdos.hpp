#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/canopen/eds.hpp"

namespace voltaic::messages::canopen {

/// A PDO as the communication and mapping records of a device describe it (CiA 301, 7.5.2.33 to
/// 7.5.2.38).
struct described_pdo {
  pdo_number which;
  std::uint32_t cob_id = 0;                 ///< 11 bits
  std::optional<std::uint8_t> transmission; ///< type; 1 to 240: each n-th SYNC
  std::optional<std::uint16_t> event_ms;    ///< event timer; 0: the device has one that is off
  bool takes_event_timer = false;           ///< it can be written
  std::vector<mapped_object> mapping;
  /// "TPDO 1".
  [[nodiscard]] std::string name() const;
  /// Whether it comes with SYNC alone.
  [[nodiscard]] bool is_synchronous() const;
};

/// Those that are in use as the device is delivered, or as a DCF configures it, transmit PDOs
/// first. Each other one, and why it is none, is added to `left_out`: disabled, without a mapping,
/// of more than 64 bits, or with an identifier that no PDO may have or that an earlier one has.
[[nodiscard]] std::vector<described_pdo> described_pdos(const device_description& of,
                                                        std::uint8_t node,
                                                        std::vector<std::string>& left_out);

} // namespace voltaic::messages::canopen
