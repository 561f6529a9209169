#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bus/message/bundle.hpp"

namespace voltaic::bus::message {

/// One subscriber gets no more than one full state in this time, however often
/// it asks or subscribes; the last wish is granted when the time is over.
inline constexpr std::int64_t snapshot_spacing_us = 100'000;
/// More are refused.
inline constexpr std::size_t subscribers_max = 10'000;

/// Who has subscribed to full states, by the topic that each has for itself, and who waits for one.
class snapshot_wishes {
 public:
  /// Full states that are due, each with the id of the request that it answers.
  struct grant {
    topic which = 0;
    std::string id;
  };

  /// Somebody subscribes, and wishes for a full state by that. False: there are too many.
  [[nodiscard]] bool begin(topic which, std::int64_t now_us);
  /// Somebody leaves. False: he was not there.
  [[nodiscard]] bool end(topic which);
  /// Somebody asks again. Who has not subscribed yet will be served when the subscription comes.
  void ask(topic which, const std::string& id);
  [[nodiscard]] bool any() const { return waiting_ > 0; }
  /// Those whose time has come; they wait no longer.
  [[nodiscard]] std::vector<grant> take_due(std::int64_t now_us);

 private:
  struct subscriber {
    int subscriptions = 0; ///< a reconnection may overtake the end of the old connection
    std::int64_t served_us = -snapshot_spacing_us;
    bool waits = false;
    std::string id;
  };
  void wish(subscriber& one, const std::string& id);
  void forget_those_who_left(std::int64_t now_us);

  std::map<topic, subscriber> subscribers_;
  int waiting_ = 0;
};

} // namespace voltaic::bus::message
