#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "messages/codec/payloads.hpp"

namespace voltaic::actors::system {

/// Makes events of what nodes say of CAN buses. Pure.
///
/// Several nodes look at one bus: whoever spoke of it first tells of its state, and the next one
/// where it falls silent. What a node lost itself is told of each.
class link_watch {
 public:
  /// Who says nothing of a link for so long has another speak for it.
  static constexpr std::int64_t speaker_us_max = messages::us_per_s;
  /// The same of one link is not told again within this time; losses are added up.
  static constexpr std::int64_t quiet_us = 10 * messages::us_per_s;
  /// A bus that is off for so long has been given up by whoever restarts it.
  static constexpr std::int64_t off_us_max = 20 * messages::us_per_s;

  /// What is new in it, for the journal.
  [[nodiscard]] std::vector<messages::event> take(const messages::health& said,
                                                  std::int64_t said_us);

 private:
  struct link {
    std::string speaker;
    std::int64_t spoken_us = 0;
    messages::bus_health seen;     ///< by the speaker
    std::int64_t off_since_us = 0; ///< 0: it is not off
    bool given_up = false;
    std::map<std::string, std::uint64_t> lost; ///< by node, as told
  };

  void look_at(link& of, const messages::bus_health& now, std::int64_t now_us);
  void look_at_state(link& of, const messages::bus_health& now, std::int64_t now_us);
  void look_at_babbler(const link& of, const messages::bus_health& now, std::int64_t now_us);
  void tell(const messages::bus_health& of, const char* code, const std::string& state,
            std::string reason, std::int64_t now_us);

  std::map<std::string, link> links_;
  std::map<std::string, std::int64_t> quiet_until_us_; ///< by link, code and state
  std::vector<messages::event> told_;
};

} // namespace voltaic::actors::system
