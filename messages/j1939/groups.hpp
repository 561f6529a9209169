#pragma once

#include <cstdint>

/// Numbers of the parameter groups that the protocol itself needs.
namespace voltaic::messages::j1939::groups {

inline constexpr std::uint32_t request = 0xEA00;           ///< J1939-21 5.4.2
inline constexpr std::uint32_t acknowledgement = 0xE800;   ///< J1939-21 5.4.4
inline constexpr std::uint32_t transfer_data = 0xEB00;     ///< TP.DT, J1939-21 5.10.4
inline constexpr std::uint32_t transfer_control = 0xEC00;  ///< TP.CM, J1939-21 5.10.3
inline constexpr std::uint32_t address_claimed = 0xEE00;   ///< J1939-81 4.2.2
inline constexpr std::uint32_t commanded_address = 0xFED8; ///< J1939-81 4.2.3
inline constexpr std::uint32_t active_faults = 0xFECA;     ///< DM1, J1939-73 5.7.1
inline constexpr std::uint32_t previous_faults = 0xFECB;   ///< DM2, J1939-73 5.7.2
inline constexpr std::uint32_t memory_request = 0xD900;    ///< DM14, J1939-73 5.7.14
inline constexpr std::uint32_t memory_status = 0xD800;     ///< DM15, J1939-73 5.7.15
inline constexpr std::uint32_t memory_data = 0xD700;       ///< DM16, J1939-73 5.7.16

} // namespace voltaic::messages::j1939::groups
