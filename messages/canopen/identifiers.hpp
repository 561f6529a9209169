#pragma once

#include <cstdint>
#include <optional>

/// CANopen: what is said in frames, as CiA 301 (application layer), CiA 305 (LSS) and CiA 306
/// (EDS files) have it. Pure: bytes in, bytes out; time comes in as microseconds.
namespace voltaic::messages::canopen {

/// Nodes are 1 to 127 (CiA 301, 7.2.8); 0 addresses all.
inline constexpr std::uint8_t node_max = 127;

/// What a frame of the predefined connection set is (CiA 301, 7.3.3).
enum class service : std::uint8_t {
  nmt,
  sync,
  emergency,
  time,
  transmit_pdo,
  receive_pdo,
  sdo_response,  ///< server to client
  sdo_request,   ///< client to server
  error_control, ///< boot-up, heartbeat and guarding
  lss_response,  ///< slave to master (CiA 305)
  lss_request    ///< master to slave
};

/// A frame's place in the predefined connection set.
struct connection {
  service what = service::nmt;
  std::uint8_t node = 0;   ///< 0 where the service belongs to none
  std::uint8_t number = 0; ///< of a PDO: 1 to 4
  friend bool operator==(const connection&, const connection&) = default;
};

/// What an 11-bit identifier is used for, unless a device was configured otherwise.
[[nodiscard]] std::optional<connection> classify(std::uint32_t id);

/// The identifier of it.
[[nodiscard]] std::uint32_t cob_id(const connection& of);

/// Whether no PDO, SDO or other configurable object may use the identifier (CiA 301, 7.3.5).
[[nodiscard]] bool is_restricted(std::uint32_t id);

} // namespace voltaic::messages::canopen
