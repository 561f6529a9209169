#pragma once

#include <unistd.h>

#include <cstring>
#include <functional>
#include <string>
#include <zmq.hpp>

#include "bus/message/zmq/context.hpp"
#include "messages/codec/codec.hpp"

/// What the bus is measured with and against.
namespace voltaic::bench {

inline constexpr std::size_t small_frame_bytes = 256;

[[nodiscard]] inline messages::header small_header() {
  messages::header header;
  header.source = "bms_0";
  header.time = {1'000'000, 1'700'000'000'000'000};
  return header;
}

/// Telemetry that takes `small_frame_bytes` when encoded.
[[nodiscard]] inline messages::telemetry small_telemetry() {
  messages::telemetry content{"bms_0", 0x1234567812345678, {}};
  messages::block block;
  block.quality = messages::quality::good;
  messages::block::words words;
  do {
    words.push_back(static_cast<std::uint16_t>(3300 + words.size()));
    block.values = words;
    content.blocks.assign(1, block);
  } while (messages::encode(small_header(), content)->bytes().size() < small_frame_bytes);
  return content;
}

[[nodiscard]] inline zmq::socket_t raw_socket(zmq::context_t& context, zmq::socket_type type,
                                              int high_water) {
  zmq::socket_t socket(context, type);
  socket.set(zmq::sockopt::sndhwm, high_water);
  socket.set(zmq::sockopt::rcvhwm, high_water);
  socket.set(zmq::sockopt::linger, 0);
  return socket;
}

/// XSUB to XPUB, forever.
inline void raw_proxy(const std::string& in, const std::string& out, int high_water,
                      const std::function<void()>& ready) {
  zmq::context_t context;
  auto from = raw_socket(context, zmq::socket_type::xsub, high_water);
  auto to = raw_socket(context, zmq::socket_type::xpub, high_water);
  from.bind(in);
  to.bind(out);
  ready();
  zmq::proxy(from, to);
}

/// A message of the same size: topic letter, number and time in front.
[[nodiscard]] inline zmq::message_t raw_message(std::uint64_t sequence, std::int64_t time_us = 0) {
  zmq::message_t message(small_frame_bytes);
  auto* const at = static_cast<char*>(message.data());
  std::memset(at, 't', sizeof(std::uint64_t));
  std::memcpy(at + 8, &sequence, sizeof sequence);
  std::memcpy(at + 16, &time_us, sizeof time_us);
  return message;
}

[[nodiscard]] inline std::uint64_t raw_sequence(const zmq::message_t& message) {
  std::uint64_t sequence = 0;
  std::memcpy(&sequence, static_cast<const char*>(message.data()) + 8, sizeof sequence);
  return sequence;
}

[[nodiscard]] inline std::int64_t raw_time_us(const zmq::message_t& message) {
  std::int64_t time_us = 0;
  std::memcpy(&time_us, static_cast<const char*>(message.data()) + 16, sizeof time_us);
  return time_us;
}

} // namespace voltaic::bench
