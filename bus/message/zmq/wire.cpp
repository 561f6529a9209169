#include "bus/message/zmq/wire.hpp"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>

namespace voltaic::bus::message {

zmq::message_t make_message(topic to, std::span<const frame_ptr> frames) {
  std::size_t bytes = topic_bytes;
  for (const auto& frame : frames) bytes += bundled_bytes(*frame);
  zmq::message_t message(bytes);
  write_bundle(to, frames, {static_cast<std::byte*>(message.data()), message.size()});
  return message;
}

receive_result receive_bundle(zmq::socket_t& from, zmq::message_t& into) {
  if (!from.recv(into, zmq::recv_flags::dontwait)) return receive_result::nothing;
  bool single = true;
  while (into.more()) {
    single = false;
    if (!from.recv(into, zmq::recv_flags::dontwait)) break;
  }
  return single && is_bundle(bytes_of(into)) ? receive_result::message : receive_result::malformed;
}

bool send_now(zmq::socket_t& to, zmq::message_t& message) {
  return to.send(message, zmq::send_flags::dontwait).has_value();
}

wake_signal::wake_signal() : file_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (file_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

wake_signal::~wake_signal() {
  close(file_);
}

void wake_signal::raise() {
  const std::uint64_t one = 1;
  const auto written = write(file_, &one, sizeof one);
  // Full means that the thread is awake already.
  assert(written == sizeof one || errno == EAGAIN);
  static_cast<void>(written);
}

void wake_signal::clear() {
  std::uint64_t count = 0;
  const auto taken = read(file_, &count, sizeof count);
  assert(taken == sizeof count || errno == EAGAIN);
  static_cast<void>(taken);
}

void refuse_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

std::int64_t monotonic_now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

} // namespace voltaic::bus::message
