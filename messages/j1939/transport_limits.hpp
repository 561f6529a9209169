#pragma once

#include <cstddef>
#include <cstdint>

/// Sizes and times of the transport protocol (J1939-21 5.10, table of 5.10.2.4).
namespace voltaic::messages::j1939 {

inline constexpr std::size_t transfer_bytes_min = 9; ///< what is shorter fits in a frame
inline constexpr std::size_t transfer_bytes_max = 1'785;
inline constexpr std::size_t transfer_packet_bytes = 7;
inline constexpr std::uint8_t transfer_packets_max = 255;
/// In a request to send: as many packets a turn as the receiver likes.
inline constexpr std::uint8_t packets_unlimited = 0xFF;

inline constexpr std::int64_t hold_repeat_us = 500'000;         ///< Th
inline constexpr std::int64_t next_packet_us = 750'000;         ///< T1, receiver between packets
inline constexpr std::int64_t first_packet_us = 1'250'000;      ///< T2, receiver after its CTS
inline constexpr std::int64_t answer_us = 1'250'000;            ///< T3, sender
inline constexpr std::int64_t answer_after_hold_us = 1'050'000; ///< T4, sender
inline constexpr std::int64_t response_us = 200'000;            ///< Tr, between a sender's packets
inline constexpr std::int64_t broadcast_gap_min_us = 50'000;    ///< between packets of a BAM
inline constexpr std::int64_t broadcast_gap_max_us = 200'000;

/// The same packets are sent again at most so often.
inline constexpr int retransmissions_max = 2;
/// A receiver that holds a transfer for longer is given up.
inline constexpr std::int64_t hold_us_max = 60'000'000;

/// Transfers at once, of a device each way, and of a bus that is listened to; each keeps at most
/// `transfer_bytes_max`.
inline constexpr std::size_t device_transfers_max = 32;
inline constexpr std::size_t bus_transfers_max = 256;

} // namespace voltaic::messages::j1939
