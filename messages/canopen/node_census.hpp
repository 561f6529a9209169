#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "messages/can/frame.hpp"
#include "messages/canopen/network_management.hpp"
#include "messages/canopen/object_dictionary.hpp"

namespace voltaic::messages::canopen {

/// A node that said something.
struct found_node {
  std::optional<nmt_state> state; ///< of its error control, if any was heard
  bool answers = false;           ///< to SDO, be it by an abort
  bool is_double = false;         ///< one question was answered twice: two nodes have the id
  /// 1000 and the subs of 1018 that it has.
  std::map<object_address, std::uint32_t> numbers;
};

/// Who is on a bus: asks every node id for its device type, and who answers for its identity. It
/// changes nothing at any node.
class node_census {
 public:
  /// Bounds of the asking.
  struct options {
    std::int64_t answer_us = 200'000; ///< for all answers to one question
    unsigned attempts = 2;            ///< of each question
    bool asks = true;                 ///< false: only listens
    std::int64_t listen_us = 0;       ///< where it does not ask
    /// Not asked: whoever asks them takes a second answer for one of a second node.
    std::set<std::uint8_t> others;
  };
  node_census(options how, std::int64_t now_us);

  /// The next question, where one is due.
  [[nodiscard]] std::optional<can::frame> next_frame(std::int64_t now_us);
  void receive(const can::frame& said);
  [[nodiscard]] bool is_over(std::int64_t now_us) const;
  /// By node id.
  [[nodiscard]] const std::map<std::uint8_t, found_node>& nodes() const { return nodes_; }

 private:
  struct answers {
    unsigned asked = 0;
    unsigned answered = 0;
  };
  void advance();
  void queue_silent();
  void take_answer(std::uint8_t node, const can::frame& said);

  const options options_;
  std::int64_t last_us_;
  std::size_t round_ = 0; ///< which object is asked for
  unsigned attempt_ = 0;
  std::deque<std::uint8_t> queue_;
  std::map<std::uint8_t, answers> tallies_; ///< of this round
  std::map<std::uint8_t, found_node> nodes_;
};

} // namespace voltaic::messages::canopen
