#pragma once

#include <cstdint>
#include <vector>

#include "messages/expected.hpp"

/// Modbus requests about a device itself, its files and queues: what nobody polls in a site.
namespace voltaic::messages::modbus {

/// Their function codes (Modbus application protocol 1.1b3, 6.7 to 6.21).
enum class service : std::uint8_t {
  exception_status = 0x07,
  diagnostics = 0x08,
  event_counter = 0x0B,
  event_log = 0x0C,
  server_id = 0x11,
  read_file = 0x14,
  write_file = 0x15,
  read_fifo = 0x18,
  identification = 0x2B ///< with MEI type 0x0E
};

/// Records of one file, one after the other (6.14, 6.15).
struct file_records {
  std::uint16_t file = 1;           ///< from 1
  std::uint16_t record = 0;         ///< the first one, up to 9999
  std::uint16_t count = 0;          ///< registers that are read; 0 in a request that writes
  std::vector<std::uint16_t> words; ///< that are written
  friend bool operator==(const file_records&, const file_records&) = default;
};

/// One of them; what a service does not have is left alone.
struct service_request {
  service asked = service::exception_status;
  std::uint16_t address = 0;         ///< of a queue's pointer; of diagnostics the sub-function
  std::vector<std::uint16_t> words;  ///< of diagnostics
  std::vector<file_records> records; ///< of files
  std::uint8_t level = 1;            ///< of identification: 1 basic, 2 regular, 3 all, 4 one
  std::uint8_t object = 0;           ///< of identification: the first one
  friend bool operator==(const service_request&, const service_request&) = default;
};

/// Fails for more than a PDU holds (253 bytes) and for records beyond 9999.
[[nodiscard]] expected<std::vector<std::uint8_t>> encode(const service_request& asked);

} // namespace voltaic::messages::modbus
