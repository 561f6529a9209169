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
/// (permits, orders, ticks) never leave their node. Commands, results and
/// requests arrive on `commands`, addressed to this endpoint alone; `snapshot`
/// carries the full state to one endpoint that asked for it.
///
/// A source numbers what it publishes on telemetry, events and health with one
/// gapless sequence from 1. Frames of the other planes carry sequence 0.
enum class plane : char {
  telemetry = 't',
  events = 'e',
  health = 'h',
  commands = 'c',
  local = 'l',
  snapshot = 's'
};

/// What became of a frame: queued, refused because the outbox is full, or too late.
enum class publish_result : std::uint8_t { queued, full, stopped };

/// Called on the endpoint's thread; must not block.
class listener {
 public:
  virtual ~listener() = default;
  virtual void on_frame(plane from, const frame_ptr& frame) = 0;
  /// After the last frame of one wake: what was collected can go on in one piece.
  virtual void on_batch_end() {}
  /// The relay hears us from now on, or does not any more. What was published
  /// before is gone: a node says its catalogues and state again at each `true`.
  virtual void on_link(bool up) { static_cast<void>(up); }
};

/// What an endpoint did since it began, in frames.
struct endpoint_statistics {
  std::uint64_t published = 0;
  std::uint64_t dropped = 0; ///< refused because the outbox was full
  std::uint64_t received = 0;
  std::uint64_t unlinked = 0; ///< given up because the relay was not there
  std::uint64_t refused = 0;  ///< received bytes that are no valid message
  bool linked = false;        ///< the relay hears us
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

/// Frames that wait to be sent; one more is refused as `full`.
inline constexpr std::size_t outbox_frames_max = 200'000;
/// The same of their bytes.
inline constexpr std::size_t outbox_bytes_max = 64 * 1024 * 1024;
/// Frames that wait are sent together in bundles of about this size.
inline constexpr std::size_t bundle_bytes_max = 64 * 1024;

/// Who an endpoint is, and what it wants to hear.
struct endpoint_options {
  std::string identity; ///< node name, or a unique client name; routes commands here
  std::string relay;    ///< address prefix: "ipc:///run/.../relay" or "inproc://site/relay"
  /// Of telemetry, events, health, snapshot. With `snapshot` the full state
  /// precedes the live frames of the other planes at each (re)connection: the
  /// frames between a snapshot `request` marker and its `end` marker.
  std::vector<plane> subscriptions;
  /// No rack's chain speaks here: its telemetry is what a chain may want to hear, and stands under
  /// a topic of its own below the plane's.
  bool is_beside_chains = false;
  /// Of telemetry it wants only that of such endpoints: all racks' cells would cost every chain
  /// more than its own.
  bool only_beside_chains = false;
  /// What is said again and again, telemetry and health, may wait this long for company
  /// after the last sending: a wake of this thread, the library's and the relay's costs
  /// more than the frame. Events, commands and results never wait, and take along what
  /// does. 0: only at high rates.
  std::int64_t gather_us = 0;
};

} // namespace voltaic::bus::message
