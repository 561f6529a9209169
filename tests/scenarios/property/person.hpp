#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bus/message/memory/hub.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/time.hpp"
#include "scenarios/property/parts.hpp"
#include "scenarios/property/schedule.hpp"
#include "scenarios/property/world.hpp"

namespace voltaic::tests::property {

/// Somebody at the message bus who gives commands, late or more than once if so
/// told, and counts what comes back.
class person {
 public:
  person(bus::message::memory_hub& hub, hit_counters& hits);

  /// Gives the command of the deed, which happens now.
  void ask(const deed& what, messages::instant now);
  /// Sends what is due.
  void send_due(messages::instant now);

 private:
  struct letter {
    std::int64_t send_us = 0; ///< monotonic
    messages::command command;
  };
  void count(const messages::frame& heard);

  hit_counters& hits_;
  std::unique_ptr<watched_listener> ear_;
  std::unique_ptr<bus::message::endpoint> door_;
  std::map<std::string, std::uint64_t> newest_; ///< sequence by source
  std::vector<letter> letters_;
};

} // namespace voltaic::tests::property
