#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "conformance/judge.hpp"
#include "messages/j1939/transport.hpp"

namespace voltaic::conformance {

/// A frame of a vector: `["18EEFF80", "87d6..."]` from its place `at` on.
[[nodiscard]] messages::j1939::packet packet_of_vector(const json& of, std::size_t at);

/// Whether both say the same; priorities count for nothing.
[[nodiscard]] bool same_but_priority(messages::j1939::packet one, messages::j1939::packet other);

/// Frames as the vectors have them, each with the priority that is expected at its place.
[[nodiscard]] json frames_json(const std::vector<messages::j1939::packet>& sent,
                               const json& expected);

/// All messages that frames of a bus make, of one frame or transported.
[[nodiscard]] std::vector<messages::j1939::message> messages_of(const json& frames);

/// A message in the keys of the vectors.
[[nodiscard]] json message_json(const messages::j1939::message& of);

/// Plays `exchange` of a vector with a device of ours: `rx` is heard by it, `tx` has to be what
/// it says next, and `wait` with a number lets milliseconds pass.
class j1939_exchange {
 public:
  explicit j1939_exchange(const json& input);
  /// What the device received, or how its sending went.
  [[nodiscard]] json play(const json& exchange);

 private:
  void hear(const messages::j1939::packet& heard);
  void expect(const messages::j1939::packet& said);
  void wait(std::int64_t us);
  void collect();
  [[nodiscard]] json outcome() const;

  messages::j1939::transport device_;
  messages::j1939::transport_output out_;
  std::deque<messages::j1939::packet> said_;
  std::int64_t now_us_ = 0;
};

} // namespace voltaic::conformance
