#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bus/message/endpoint.hpp"
#include "bus/message/gap_counter.hpp"
#include "messages/codec/codec.hpp"

namespace voltaic::bus::message {

/// What an observer learns, in order.
struct update {
  /// What happened.
  enum class kind : std::uint8_t {
    reset,   ///< forget everything: a full state follows
    state,   ///< one message of the full state
    ready,   ///< the full state is complete; `snapshot` says who is alive
    message, ///< a live message, newer than the state
    gap      ///< `missing` messages of `source` were not heard; a full state follows
  };
  update::kind kind = kind::message;
  messages::message message = {};
  messages::snapshot snapshot = {};
  std::string source = {};
  std::uint64_t missing = 0;
};

/// Turns what an endpoint hears (telemetry, events, health and snapshot, all
/// subscribed) into state and changes, nothing skipped or doubled. Pure.
class observer {
 public:
  /// Updates that follow from one frame, appended to `out`.
  void heard(plane from, const messages::frame& frame, std::vector<update>& out);
  /// The link came or went: until the next full state nothing counts.
  void link_lost();
  /// True once after each gap or broken snapshot: a request should be sent.
  [[nodiscard]] bool take_snapshot_wish();
  [[nodiscard]] bool ready() const { return stage_ == stage::live; }
  [[nodiscard]] const gap_counter& counter() const { return counter_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  enum class stage : std::uint8_t { waiting, collecting, live };
  void heard_snapshot(messages::message&& message, std::vector<update>& out);
  void heard_live(messages::message&& message, std::vector<update>& out);
  void tell_what_was_missed(const messages::snapshot& now, std::vector<update>& out) const;

  stage stage_ = stage::waiting;
  std::vector<messages::message> collected_;
  std::string snapshot_id_;
  gap_counter counter_;
  bool wish_ = false;
  std::uint64_t refused_ = 0;
};

/// A request for the full state, as `endpoint::send` takes it.
[[nodiscard]] frame_ptr snapshot_request(const std::string& source, const std::string& id);

/// A snapshot with more frames than this is refused.
inline constexpr std::size_t snapshot_frames_max = 100'000;

} // namespace voltaic::bus::message
