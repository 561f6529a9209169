#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "messages/expected.hpp"

namespace voltaic::bus::can {

/// How a virtual bus is served.
struct virtual_bus_options {
  std::string name;
  std::string runtime_folder;        ///< exists, private to the user
  std::uint32_t bitrate = 500'000;   ///< for bit times and for the load
  std::uint32_t data_bitrate = 0;    ///< of CAN FD; 0: the bus has none
  bool bit_times = false;            ///< frames take as long as on a wire; else none
  std::int64_t packing_us = 0;       ///< how long delivery may wait for more frames
  std::int64_t age_max_us = 250'000; ///< frames that waited longer for the wire are dropped
  std::size_t send_queue_max = 256;  ///< frames of one client that wait for the wire
  /// Frames that wait for a slow client: two seconds of a full bus at 1 Mbit/s.
  std::size_t receive_queue_max = 16'384;
};

/// What a virtual bus carried since it began.
struct virtual_bus_statistics {
  std::uint64_t clients = 0;
  std::uint64_t frames = 0;  ///< carried to their end
  std::uint64_t bits = 0;    ///< that they occupied, stuff bits included
  std::uint64_t lost = 0;    ///< deliveries refused because a client was too slow
  std::uint64_t expired = 0; ///< frames that never got the wire in time
  std::uint64_t refused = 0; ///< malformed packets; each ends its client
  double load_percent = 0;   ///< of the last second
};

/// A wire for processes of one machine: what one client sends, every other
/// client gets, in the order in which arbitration lets frames pass. It lives in
/// a process of its own so that no client's death disturbs it. Destroying it
/// stops its thread and removes its socket.
class virtual_bus {
 public:
  /// Fails when the bus is already served or its socket cannot be made.
  [[nodiscard]] static messages::expected<std::unique_ptr<virtual_bus>> start(
      const virtual_bus_options& options);
  virtual ~virtual_bus() = default;
  [[nodiscard]] virtual virtual_bus_statistics read_statistics() const = 0;
};

} // namespace voltaic::bus::can
