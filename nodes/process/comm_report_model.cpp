#include "nodes/process/comm_report_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace voltaic::nodes::process {
namespace {

/// A state of a CAN bus, or a trouble, as ports say it, and what a person reads of it.
struct meaning {
  std::string_view said;
  std::string_view word;
  std::string_view words;
};

constexpr meaning states[] = {
    {"error-active", "error-active", "the controller takes part without restrictions again"},
    {"error-warning", "bus-warn", "96 errors or more are counted: the wires want a look"},
    {"error-passive", "error-passive",
     "128 errors or more are counted: check both terminations (60 ohm between the wires), swapped "
     "wires, the bitrate"},
    {"bus-off", "bus-off",
     "the controller has left the bus after too many errors; voltaic canctl restarts it"},
    {"down", "down", "the interface is down or not there"},
    {"connected", "connected", "the bus is there again"},
};

constexpr meaning troubles[] = {
    {"no-ack", "No ACK",
     "nobody acknowledges what is sent: the cable is cut, the wires are swapped, or all other "
     "devices are off"},
    {"bitrate", "bitrate",
     "errors and not one readable frame: the others speak at another bitrate than this one"},
    {"noise", "noise",
     "errors between good frames, such as stuff errors and CRC Error: termination, shield, or a "
     "stub too long"},
    {"transceiver", "transceiver",
     "it reports a fault of the wires: a short, to the other one, to ground or to a supply, or a "
     "wire that is not there"},
};

template <class Table>
const meaning* find(const Table& table, std::string_view said) {
  const auto found = std::ranges::find(table, said, &meaning::said);
  return found == std::end(table) ? nullptr : &*found;
}

std::uint64_t grown(std::uint64_t before, std::uint64_t now) {
  // One that began anew counts from zero.
  return now > before ? now - before : 0;
}

} // namespace

std::vector<std::string> comm_report::step(const std::vector<messages::bus_health>& buses,
                                           const std::vector<messages::line_health>& lines,
                                           std::int64_t now_us) {
  told_.clear();
  for (const auto& each : buses) look_at(each, now_us);
  for (const auto& each : lines) look_at(each, now_us);
  return std::exchange(told_, {});
}

void comm_report::look_at(const messages::bus_health& now, std::int64_t now_us) {
  known_bus& known = buses_[now.name];
  if (known.is_new) known.heard_us = now_us;
  tell_growth(now.name, "overflow", grown(known.seen.rx_overflow, now.rx_overflow),
              "frames lost: they came faster than this node read them", now_us);
  tell_growth(now.name, "unsent", grown(known.seen.tx_dropped, now.tx_dropped),
              "frames not sent: the bus was off, down or full", now_us);
  if (told_links_.contains(now.name)) {
    look_at_state(now, known, now_us);
    look_at_silence(now, known, now_us);
  }
  known.seen = now;
  known.is_new = false;
}

void comm_report::look_at_state(const messages::bus_health& now, const known_bus& known,
                                std::int64_t now_us) {
  const bool is_good = now.state == "error-active" || now.state == "connected";
  if (now.state != known.seen.state && !(known.is_new && is_good)) {
    const meaning* state = find(states, now.state);
    const auto counters = now.transmit_errors + now.receive_errors == 0
                              ? std::string()
                              : fmt::format(" ({} transmit and {} receive errors counted)",
                                            now.transmit_errors, now.receive_errors);
    if (state != nullptr)
      tell(now.name, state->word, fmt::format("{}{}", state->words, counters), now_us);
  } else if (grown(known.seen.bus_off, now.bus_off) > 0 && now.state != "bus-off")
    tell(now.name, "bus-off", "the controller had left the bus after too many errors, and is back",
         now_us);
  if (now.trouble != known.seen.trouble) {
    const meaning* trouble = find(troubles, now.trouble);
    if (trouble != nullptr) {
      const auto more =
          now.trouble == "transceiver" ? now.last_error : fmt::format("{} bit/s", now.bitrate);
      tell(now.name, trouble->word, fmt::format("{} ({})", trouble->words, more), now_us);
    }
  }
  if (now.errors > known.seen.errors && !now.last_error.empty())
    tell(now.name, "error frame", now.last_error, now_us);
  if (!now.babbler.empty() && now.babbler != known.seen.babbler)
    tell(now.name, "babbling",
         fmt::format("{}, which no profile of the site has: {:.0f} frames/s", now.babbler,
                     now.babbler_rate),
         now_us);
  if (now.unknown_ids > std::max(0, known.seen.unknown_ids))
    tell(now.name, "unknown identifiers",
         fmt::format("{} are on the bus that no profile of the site has", now.unknown_ids), now_us);
}

void comm_report::look_at_silence(const messages::bus_health& now, known_bus& known,
                                  std::int64_t now_us) {
  if (now.rx != known.seen.rx) {
    if (std::exchange(known.silent, false))
      tell(now.name, "heard again",
           fmt::format("after {:.1f} s", static_cast<double>(now_us - known.heard_us) /
                                             static_cast<double>(messages::us_per_s)),
           now_us);
    known.heard_us = now_us;
    return;
  }
  const auto silence_us = told_links_.at(now.name);
  if (known.silent || silence_us == 0 || now_us - known.heard_us < silence_us) return;
  known.silent = true;
  tell(now.name, "Timeout", "nothing is received", now_us);
}

void comm_report::look_at(const messages::line_health& now, std::int64_t now_us) {
  messages::line_health& known = lines_[now.name];
  if (told_links_.contains(now.name)) {
    tell_growth(now.name, "Timeout", grown(known.timeouts, now.timeouts),
                "requests without an answer", now_us);
    tell_growth(now.name, "CRC Error", grown(known.crc_errors, now.crc_errors),
                "answers with a wrong checksum: wiring, termination, another baud rate", now_us);
    if (now.state != known.state && now.state == "down")
      tell(now.name, "down", "the host or the serial port cannot be reached", now_us);
  }
  known = now;
}

void comm_report::tell(const std::string& link, std::string_view what, std::string_view words,
                       std::int64_t now_us) {
  word& of = words_[fmt::format("{} {}", link, what)];
  if (now_us < of.quiet_until_us) {
    ++of.kept_back;
    return;
  }
  const auto more = of.kept_back == 0
                        ? std::string()
                        : fmt::format("; {} times more since it was last told", of.kept_back);
  told_.push_back(fmt::format("{} {}: {}{}", link, what, words, more));
  of = {now_us + quiet_us, 0};
}

void comm_report::tell_growth(const std::string& link, std::string_view what, std::uint64_t grown,
                              std::string_view words, std::int64_t now_us) {
  if (grown == 0) return;
  word& of = words_[fmt::format("{} {}", link, what)];
  if (now_us < of.quiet_until_us) {
    of.kept_back += grown;
    return;
  }
  told_.push_back(fmt::format("{} {}: {} {}", link, what, grown + of.kept_back, words));
  of = {now_us + quiet_us, 0};
}

} // namespace voltaic::nodes::process
