#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <zmq.hpp>

#include "bus/message/bundle.hpp"

/// Bundles over sockets. For bus/message only.
namespace voltaic::bus::message {

/// Frames behind a topic, as one message of the library.
[[nodiscard]] zmq::message_t make_message(topic to, std::span<const frame_ptr> frames);

/// What a socket had.
enum class receive_result : std::uint8_t { nothing, message, malformed };

/// One message of exactly one part that is a bundle. Anything else is taken off
/// the socket and reported as malformed.
receive_result receive_bundle(zmq::socket_t& from, zmq::message_t& into);

/// False when the socket cannot take it now (high water, or nobody there).
[[nodiscard]] bool send_now(zmq::socket_t& to, zmq::message_t& message);

/// A message as bytes; they live as long as it does.
[[nodiscard]] inline std::span<const std::byte> bytes_of(const zmq::message_t& message) {
  return {static_cast<const std::byte*>(message.data()), message.size()};
}

/// Wakes a thread that polls `descriptor()`.
class wake_signal {
 public:
  wake_signal();
  ~wake_signal();
  wake_signal(const wake_signal&) = delete;
  wake_signal& operator=(const wake_signal&) = delete;
  [[nodiscard]] int descriptor() const { return file_; }
  void raise();
  void clear();

 private:
  int file_ = -1;
};

/// Signals are handled by the main thread: the calling thread takes none.
void refuse_signals();

/// Now, in microseconds of CLOCK_MONOTONIC.
[[nodiscard]] std::int64_t monotonic_now_us();

} // namespace voltaic::bus::message
