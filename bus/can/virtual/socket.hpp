#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bus/can/file_descriptor.hpp"
#include "bus/can/virtual/packet.hpp"

namespace voltaic::bus::can {

/// How a non-blocking socket operation ended.
enum class socket_outcome : std::uint8_t { done, would_block, closed };

/// Connects to a bus's socket; invalid when nobody serves it.
[[nodiscard]] file_descriptor connect_to_bus(const std::string& path);

/// Binds and listens; invalid with `errno` set when it cannot.
[[nodiscard]] file_descriptor listen_at(const std::string& path);

/// Sends one packet without waiting.
[[nodiscard]] socket_outcome send_packet(int socket, std::span<const std::byte> bytes);

/// Receives many packets in one system call; its buffers are kept.
class packet_receiver {
 public:
  packet_receiver();
  ~packet_receiver();
  packet_receiver(const packet_receiver&) = delete;
  packet_receiver& operator=(const packet_receiver&) = delete;
  /// Up to `packets_max` packets; `closed` when the peer is gone or sent an
  /// empty packet. Packets that came before the end are still in `packets()`.
  [[nodiscard]] socket_outcome receive(int socket);
  [[nodiscard]] const std::vector<std::span<const std::byte>>& packets() const { return packets_; }

  static constexpr std::size_t packets_max = 16;

 private:
  struct buffers;
  std::unique_ptr<buffers> buffers_;
  std::vector<std::span<const std::byte>> packets_;
};

} // namespace voltaic::bus::can
