#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>

#include "messages/can/frame.hpp"

namespace voltaic::bus::can {

using messages::can::frame;

/// The order in which two frames that start together win the wire: the bits of
/// the arbitration field as sent, so the lower value wins (ISO 11898-1).
[[nodiscard]] std::uint32_t arbitration_key(const frame& item);

/// Who may speak on a virtual bus, and until when. Pure: time is an argument.
class arbiter {
 public:
  /// The bounds of the wire and of those who wait for it.
  struct options {
    std::uint32_t bitrate = 0;         ///< 0: frames take no time
    std::int64_t age_max_us = 250'000; ///< frames that waited longer are dropped
    std::size_t queue_max = 256;       ///< frames waiting per client
    std::uint32_t data_bitrate = 0;    ///< of CAN FD; 0: the same
  };
  /// A frame that reached its end on the wire.
  using deliver = std::function<void(int client, const frame& item)>;

  explicit arbiter(const options& values) : options_(values) {}

  /// `item.time_us` says when the client sent it.
  void push(int client, const frame& item, std::int64_t arrival_us);
  /// Asked before more is read from a client; what was read may go over the
  /// bound by one read.
  [[nodiscard]] bool has_room(int client) const;
  /// What a client had not yet started to send goes with it.
  void remove(int client) { queues_.erase(client); }
  /// Plays the wire up to `now_us`; frames come stamped with their end.
  void advance(std::int64_t now_us, const deliver& on_frame);
  /// When `advance` has something to do again, without new frames.
  [[nodiscard]] std::optional<std::int64_t> next_us() const;
  [[nodiscard]] std::uint64_t expired() const { return expired_; }

 private:
  struct waiting {
    frame item;
    std::int64_t arrival_ns = 0;
  };
  struct flight {
    frame item;
    int client = 0;
    std::int64_t end_ns = 0;
  };
  bool start(std::int64_t now_ns);
  void drop_expired(std::int64_t now_ns);

  options options_;
  std::map<int, std::deque<waiting>> queues_;
  std::optional<flight> flight_;
  std::int64_t free_ns_ = 0; ///< the wire is idle from here on
  std::uint64_t expired_ = 0;
};

} // namespace voltaic::bus::can
