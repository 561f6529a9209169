#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "messages/codec/codec.hpp"

/// The seam to the message bus between nodes.
namespace voltaic::bus::message {

using messages::frame_ptr;

/// Planes of the bus; the first byte of each wire message. `local` frames
/// (permits, orders, ticks) never leave their node.
enum class plane : char { telemetry = 't', events = 'e', health = 'h', commands = 'c', local = 'l' };

enum class publish_result : std::uint8_t { queued, full, stopped };

/// Called on the endpoint's thread; must not block.
class listener {
 public:
  virtual ~listener() = default;
  virtual void on_frame(plane from, const frame_ptr& frame) = 0;
};

struct endpoint_statistics {
  std::uint64_t published = 0;
  std::uint64_t dropped = 0;  ///< refused because the outbox was full
  std::uint64_t received = 0;
  std::uint64_t refused = 0;  ///< received bytes that are no valid message
};

/// One node's door to the relay. Any thread may publish or send; one thread
/// owns every socket. The constructor of an implementation returns once its
/// sockets are there; the destructor flushes for a bounded time and joins.
class endpoint {
 public:
  virtual ~endpoint() = default;
  /// To everybody who subscribed to the plane.
  virtual publish_result publish(plane to, frame_ptr frame) = 0;
  /// To the relay, which routes a command by `target`, a result by `reply_to`,
  /// answers a snapshot request, and learns from health who lives where.
  virtual publish_result send(frame_ptr frame) = 0;
  [[nodiscard]] virtual endpoint_statistics statistics() const = 0;
};

/// Bounds of the bus.
inline constexpr std::size_t outbox_frames_max = 200'000;
inline constexpr std::size_t bundle_bytes_max = 64 * 1024;

struct endpoint_options {
  std::string identity;           ///< node name, or a unique client name; routes commands here
  std::string relay;              ///< address prefix: "ipc:///run/.../relay" or "inproc://site/relay"
  std::vector<plane> subscriptions; ///< of telemetry, events, health
};

} // namespace voltaic::bus::message
