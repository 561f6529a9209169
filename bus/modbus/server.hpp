#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bus/modbus/line.hpp"
#include "messages/expected.hpp"

/// The other end of a Modbus line: one thread that answers what units are asked.
namespace voltaic::bus::modbus {

/// Where a server listens.
struct server_options {
  std::string name;
  /// TCP: an IPv4 address in numbers and a port; 0 takes any that is free.
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  /// RTU frames in the TCP stream, as some gateways have them.
  bool rtu_frames = false;
  /// Not empty: RTU on a pseudo terminal in place of TCP, whose other side gets
  /// this path.
  std::string terminal;
  std::size_t connections_max = 32;
  std::size_t connections_per_peer_max = 4;
  std::uint32_t frame_timeout_ms = 1'000; ///< from a frame's first byte to its last
  std::uint32_t idle_timeout_ms = 60'000; ///< without a frame
};

/// What a server did since it began.
struct server_statistics {
  std::uint64_t answered = 0;
  std::uint64_t broken = 0;  ///< frames that were no frames
  std::uint64_t refused = 0; ///< connections beyond the bounds
  std::uint64_t expired = 0; ///< connections that were idle or too slow
  std::size_t connections = 0;
};

/// What a unit says to a request.
struct unit_reply {
  // Most answer at once.
  unit_reply(std::vector<std::uint8_t> content) : pdu(std::move(content)) {}
  unit_reply(std::vector<std::uint8_t> content, std::int64_t later_us)
      : pdu(std::move(content)), delay_us(later_us) {}

  std::vector<std::uint8_t> pdu; ///< empty: no answer
  std::int64_t delay_us = 0;     ///< until it is sent; other requests are answered meanwhile
};

/// Answers a request. Called on the server's thread.
using unit_handler =
    std::function<unit_reply(std::uint8_t unit, std::span<const std::uint8_t> pdu)>;

/// A server that runs. Destroying it stops the thread and closes every connection.
class server {
 public:
  virtual ~server() = default;
  /// The TCP port it listens on.
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual server_statistics read_statistics() const = 0;
};

/// Starts the thread. Fails when the address or path cannot be had.
[[nodiscard]] messages::expected<std::unique_ptr<server>> start_server(
    const server_options& options, unit_handler handler);

} // namespace voltaic::bus::modbus
