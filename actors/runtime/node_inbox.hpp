#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "bus/message/endpoint.hpp"

namespace voltaic::actors::runtime {

/// Frames that may wait for a node; more are dropped and counted.
inline constexpr std::size_t inbox_frames_max = 65'536;
/// The same of their bytes.
inline constexpr std::size_t inbox_bytes_max = 64 * 1024 * 1024;
/// What is said again and again (telemetry, snapshots, health) may fill so much of
/// both; the rest is left to commands, results and events.
inline constexpr std::size_t inbox_repeated_frames_max = inbox_frames_max / 4 * 3;
inline constexpr std::size_t inbox_repeated_bytes_max = inbox_bytes_max / 4 * 3;

/// What comes to a node from other threads. Many frames, one wake: the waker
/// runs only when the inbox was empty.
class node_inbox final : public bus::message::listener {
 public:
  /// A frame, and whether it comes from the node itself.
  struct item {
    bool own = false; ///< said by this node: an event that became durable
    bus::message::plane plane = bus::message::plane::telemetry;
    messages::frame_ptr frame;
  };

  void on_frame(bus::message::plane from, const messages::frame_ptr& frame) override {
    push({false, from, frame});
  }
  void on_link(bool up) override;
  void push(item content);
  /// True once after each time that the relay began to hear us.
  [[nodiscard]] bool take_link_up();
  /// Takes everything that waits.
  [[nodiscard]] std::vector<item> take();
  /// Called with the inbox's lock held, from the pushing thread; must not
  /// block. Runs at once if something waits already.
  void set_waker(std::function<void()> waker);
  [[nodiscard]] std::uint64_t dropped() const;
  /// Frames that were not taken yet.
  [[nodiscard]] std::size_t waiting() const;

 private:
  mutable std::mutex mutex_;
  std::vector<item> items_;
  std::size_t bytes_ = 0; ///< of items_
  std::function<void()> waker_;
  std::uint64_t dropped_ = 0;
  bool link_up_ = false;
};

} // namespace voltaic::actors::runtime
