#include "actors/system/link_watch_model.hpp"

#include <fmt/format.h>

#include <utility>

#include "messages/event_codes.hpp"

namespace voltaic::actors::system {
namespace {

namespace codes = messages::event_codes;

bool is_off(const messages::bus_health& bus) {
  return bus.state == "bus-off";
}

/// What a controller counts is told where it does.
std::string counters_of(const messages::bus_health& bus) {
  return fmt::format("{} transmit and {} receive errors counted", bus.transmit_errors,
                     bus.receive_errors);
}

} // namespace

std::vector<messages::event> link_watch::take(const messages::health& said, std::int64_t said_us) {
  told_.clear();
  for (const auto& bus : said.buses) {
    link& of = links_[bus.name];
    const auto known = of.lost.find(said.node);
    // A node that began anew counts from zero.
    if (known == of.lost.end() || bus.rx_overflow < known->second) {
      of.lost[said.node] = bus.rx_overflow;
    } else if (bus.rx_overflow > known->second) {
      const auto more = bus.rx_overflow - known->second;
      const auto before = told_.size();
      tell(bus, codes::receive_loss, said.node,
           fmt::format("{} lost {} frames that came faster than they were read", said.node, more),
           said_us);
      if (told_.size() > before) known->second = bus.rx_overflow;
    }
    if (of.speaker.empty() || said_us - of.spoken_us > speaker_us_max) {
      of.speaker = said.node;
      of.seen = bus;
      of.seen.state = "error-active";
      of.seen.trouble.clear();
      of.seen.babbler.clear();
    }
    if (of.speaker != said.node) continue;
    of.spoken_us = said_us;
    look_at(of, bus, said_us);
  }
  return std::exchange(told_, {});
}

void link_watch::look_at(link& of, const messages::bus_health& now, std::int64_t now_us) {
  look_at_state(of, now, now_us);
  if (now.trouble != of.seen.trouble && now.trouble == "no-ack")
    tell(now, codes::no_acknowledgement, "", "nobody acknowledges what is sent", now_us);
  if (now.trouble != of.seen.trouble && now.trouble == "bitrate")
    tell(now, codes::bus_bitrate, "",
         fmt::format("errors and not one readable frame at {} bit/s", now.bitrate), now_us);
  look_at_babbler(of, now, now_us);
  of.seen = now;
}

// Told of each that begins, and once that none is left.
void link_watch::look_at_babbler(const link& of, const messages::bus_health& now,
                                 std::int64_t now_us) {
  if (now.babbler == of.seen.babbler) return;
  if (now.babbler.empty())
    return tell(now, codes::babble, "stranger-quiet", of.seen.babbler + " is quiet", now_us);
  tell(now, codes::babble, "stranger",
       fmt::format("{}, which no profile of the site has: {:.0f} frames/s, the bus is loaded to "
                   "{:.0f} %",
                   now.babbler, now.babbler_rate, now.load_percent),
       now_us);
}

void link_watch::look_at_state(link& of, const messages::bus_health& now, std::int64_t now_us) {
  // It may have been off and back between two looks.
  if (now.bus_off > of.seen.bus_off || (is_off(now) && !is_off(of.seen)))
    tell(now, codes::bus_off, "bus-off", counters_of(now), now_us);
  if (is_off(now)) {
    if (of.off_since_us == 0) of.off_since_us = now_us;
    if (!of.given_up && now_us - of.off_since_us >= off_us_max) {
      of.given_up = true;
      tell(now, codes::bus_off, "stays-off", "nobody restarts it any more", now_us);
    }
    return;
  }
  of.off_since_us = 0;
  of.given_up = false;
  if (now.state == of.seen.state) return;
  if (is_off(of.seen) && now.state == "error-active")
    tell(now, codes::bus_off, "back", "restarted", now_us);
  else if (now.state == "error-warning" || now.state == "error-passive" ||
           (now.state == "error-active" && of.seen.state != "down"))
    tell(now, codes::bus_error, now.state, counters_of(now), now_us);
}

void link_watch::tell(const messages::bus_health& of, const char* code, const std::string& state,
                      std::string reason, std::int64_t now_us) {
  auto& quiet_until_us = quiet_until_us_[fmt::format("{} {} {}", of.name, code, state)];
  if (now_us < quiet_until_us) return;
  quiet_until_us = now_us + quiet_us;
  messages::event event;
  event.kind = "system";
  event.code = code;
  event.subject = of.name;
  if (std::string_view(code) != codes::receive_loss) event.state = state;
  event.reason = std::move(reason);
  told_.push_back(std::move(event));
}

} // namespace voltaic::actors::system
