#pragma once

#include <cstdint>
#include <string_view>

namespace voltaic::messages::canopen {

/// Why an SDO transfer ended early (CiA 301, 7.2.4.3.17). Devices send others too.
enum class abort_code : std::uint32_t {
  toggle = 0x05030000,
  timeout = 0x05040000,
  specifier = 0x05040001,
  block_size = 0x05040002,
  sequence = 0x05040003,
  crc = 0x05040004,
  memory = 0x05040005,
  access = 0x06010000,
  write_only = 0x06010001,
  read_only = 0x06010002,
  no_object = 0x06020000,
  not_mappable = 0x06040041,
  pdo_length = 0x06040042,
  incompatible_parameter = 0x06040043,
  incompatible_inside = 0x06040047,
  hardware = 0x06060000,
  length = 0x06070010,
  too_long = 0x06070012,
  too_short = 0x06070013,
  no_subindex = 0x06090011,
  invalid_value = 0x06090030,
  too_high = 0x06090031,
  too_low = 0x06090032,
  maximum_below_minimum = 0x06090036,
  no_resource = 0x060A0023,
  general = 0x08000000,
  not_stored = 0x08000020,
  local_control = 0x08000021,
  device_state = 0x08000022,
  no_dictionary = 0x08000023,
  no_data = 0x08000024
};

/// In words; "unknown abort code" for one that CiA 301 does not have.
[[nodiscard]] std::string_view to_string(abort_code code);

} // namespace voltaic::messages::canopen
