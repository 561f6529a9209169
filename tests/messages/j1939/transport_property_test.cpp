#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <random>

#include "messages/j1939/groups.hpp"
#include "messages/j1939/transport.hpp"

namespace transport_property_test {

using namespace voltaic::messages::j1939;

namespace {

constexpr std::size_t devices = 8;

/// How a bus spoils what travels, each in packets of 1000.
struct faults {
  unsigned lost = 0;
  unsigned doubled = 0;
  unsigned late = 0; ///< overtaken by those behind it
};

/// Devices with the addresses 0 to 7 on one bus, on virtual time.
class small_bus {
 public:
  small_bus(unsigned seed, const faults& with) : random_(seed), with_(with) {
    for (std::uint8_t i = 0; i < devices; ++i)
      all_.push_back(
          transport({.own_address = i,
                     .packets_a_turn = static_cast<std::uint8_t>(1 + random_() % 255),
                     .packets_a_turn_asked = static_cast<std::uint8_t>(1 + random_() % 255)}));
    outputs_.resize(devices);
  }

  void send(std::uint8_t from, std::uint8_t to, std::uint32_t pgn, std::size_t size) {
    message what{pgn, 7, from, to, std::vector<std::uint8_t>(size)};
    for (auto& byte : what.payload) byte = static_cast<std::uint8_t>(random_());
    sent_.push_back(what);
    REQUIRE(all_[from].send(what, now_us_, outputs_[from]));
  }

  /// Until nothing is under way any more.
  void run() {
    constexpr std::int64_t long_enough_us = 300'000'000;
    while (now_us_ < long_enough_us) {
      collect();
      if (!travelling_.empty()) {
        now_us_ += 540; // a frame at 250 kbit/s
        deliver();
        continue;
      }
      if (!step()) return;
    }
    FAIL("transfers without an end");
  }

  [[nodiscard]] std::vector<message> sent() const { return sent_; }
  [[nodiscard]] const transport_output& of(std::size_t device) const { return outputs_[device]; }
  /// What somebody who takes no part made of it.
  [[nodiscard]] const std::vector<message>& overheard() const { return overheard_.messages; }

 private:
  bool happens(unsigned in_thousand) { return random_() % 1'000 < in_thousand; }

  // Devices take turns, so that their transfers are interleaved.
  void collect() {
    std::vector<std::deque<packet>> waiting(devices);
    for (std::size_t i = 0; i < devices; ++i) {
      waiting[i].assign(outputs_[i].packets.begin(), outputs_[i].packets.end());
      outputs_[i].packets.clear();
    }
    for (bool any = true; any;) {
      any = false;
      for (auto& queue : waiting) {
        if (queue.empty()) continue;
        any = true;
        travelling_.push_back(queue.front());
        queue.pop_front();
      }
    }
  }

  void deliver() {
    auto at = travelling_.begin();
    if (travelling_.size() > 1 && happens(with_.late)) ++at;
    const auto one = *at;
    if (!happens(with_.doubled)) travelling_.erase(at);
    if (happens(with_.lost)) return;
    listener_.take(one, now_us_, overheard_);
    for (std::size_t i = 0; i < devices; ++i)
      if (i != one.id.source) all_[i].take(one, now_us_, outputs_[i]);
  }

  bool step() {
    std::optional<std::int64_t> next;
    for (const auto& one : all_)
      if (const auto due = one.next_us()) next = next ? std::min(*next, *due) : *due;
    if (!next) return false;
    now_us_ = std::max(now_us_, *next);
    for (std::size_t i = 0; i < devices; ++i) all_[i].step(now_us_, outputs_[i]);
    return true;
  }

  std::mt19937 random_;
  faults with_;
  std::vector<transport> all_;
  std::vector<transport_output> outputs_;
  std::deque<packet> travelling_;
  std::vector<message> sent_;
  transport_listener listener_;
  transport_output overheard_;
  std::int64_t now_us_ = 0;
};

std::size_t times_received(const small_bus& bus, std::size_t at, const message& what) {
  return static_cast<std::size_t>(std::ranges::count_if(
      bus.of(at).messages, [&](const message& one) { return one.payload == what.payload; }));
}

bool is_told(const small_bus& bus, std::size_t at, const message& what, bool broken) {
  return std::ranges::any_of(bus.of(at).ends, [&](const transfer_end& end) {
    return end.pgn == what.pgn && end.source == what.source &&
           end.destination == what.destination && end.reason.has_value() == broken;
  });
}

/// Everything that was received is what was sent there, once.
void check_nothing_is_mixed(const small_bus& bus) {
  const auto sent = bus.sent();
  for (std::size_t i = 0; i < devices; ++i) {
    for (const auto& got : bus.of(i).messages) {
      const auto source = std::ranges::find(sent, got.payload, &message::payload);
      REQUIRE(source != sent.end());
      REQUIRE(source->pgn == got.pgn);
      REQUIRE(source->source == got.source);
      REQUIRE((source->destination == i || source->destination == global_address));
      REQUIRE(times_received(bus, i, got) == 1);
    }
  }
}

/// Who listens gets no other messages than those who take part, and each once.
void check_what_was_overheard(const small_bus& bus, bool is_sound) {
  const auto sent = bus.sent();
  for (const auto& got : bus.overheard()) {
    REQUIRE(std::ranges::find(sent, got) != sent.end());
    REQUIRE(std::ranges::count(bus.overheard(), got) == 1);
  }
  if (is_sound) REQUIRE(bus.overheard().size() == sent.size());
}

/// Eight transfers at once: each device to the next, or every other one to all.
void play(unsigned seed, const faults& with, bool broadcasts) {
  INFO("seed " << seed);
  small_bus bus(seed, with);
  std::mt19937 random(seed + 1'000);
  for (std::uint8_t i = 0; i < devices; ++i) {
    const auto size = transfer_bytes_min + random() % (transfer_bytes_max - transfer_bytes_min + 1);
    const bool is_broadcast = broadcasts && i % 2 == 0;
    const auto to = is_broadcast ? global_address : static_cast<std::uint8_t>((i + 1) % devices);
    bus.send(i, to, 0xFF00u + i, size);
  }
  bus.run();
  check_nothing_is_mixed(bus);
  const bool is_sound = with.lost + with.doubled + with.late == 0;
  check_what_was_overheard(bus, is_sound);
  for (const auto& what : bus.sent()) {
    REQUIRE((is_told(bus, what.source, what, true) || is_told(bus, what.source, what, false)));
    for (std::size_t i = 0; i < devices; ++i) {
      const bool is_addressed_here = what.destination == i;
      if (!is_addressed_here && (what.destination != global_address || what.source == i)) continue;
      const auto times = times_received(bus, i, what);
      if (is_sound) REQUIRE(times == 1);
      // Who sends to one device knows whether it has arrived.
      if (is_addressed_here && is_told(bus, what.source, what, false)) REQUIRE(times == 1);
      if (is_addressed_here && times == 0) REQUIRE(is_told(bus, what.source, what, true));
    }
  }
}

} // namespace

TEST_CASE("eight interleaved transfers of any size arrive whole") {
  for (unsigned seed = 0; seed < 60; ++seed) play(seed, {}, seed % 2 == 0);
}

TEST_CASE("of eight transfers over a bus that loses packets none is lost untold and none mixed") {
  for (unsigned seed = 0; seed < 60; ++seed) play(seed, {.lost = 1 + seed}, seed % 2 == 0);
}

TEST_CASE("of eight transfers over a bus that doubles packets none is lost untold and none mixed") {
  for (unsigned seed = 0; seed < 60; ++seed) play(seed, {.doubled = 1 + 5 * seed}, seed % 2 == 0);
}

TEST_CASE(
    "of eight transfers over a bus that reorders packets none is lost untold and none mixed") {
  for (unsigned seed = 0; seed < 60; ++seed) play(seed, {.late = 1 + 5 * seed}, seed % 2 == 0);
}

TEST_CASE("of eight transfers over a bus with every fault none is lost untold and none mixed") {
  for (unsigned seed = 0; seed < 150; ++seed)
    play(seed, {.lost = seed % 20, .doubled = seed % 70, .late = seed % 50}, seed % 2 == 0);
}

TEST_CASE("every size from 9 to 1785 bytes arrives, to one device and to all") {
  for (std::size_t size = transfer_bytes_min; size <= transfer_bytes_max; size += 1) {
    small_bus bus(static_cast<unsigned>(size), {});
    bus.send(0, 1, 0xEF00, size);
    if (size % 50 == 0 || size == transfer_bytes_max) bus.send(1, global_address, 0xFEEB, size);
    bus.run();
    check_nothing_is_mixed(bus);
    REQUIRE(bus.of(1).messages.size() == 1);
  }
}

TEST_CASE("any frames of the transport protocol are harmless, and their sessions bounded") {
  std::mt19937 random(9);
  transport device({.own_address = 1});
  transport_listener listener;
  std::int64_t now_us = 0;
  const std::uint8_t kinds[] = {16, 17, 19, 32, 255, 0};
  for (int i = 0; i < 200'000; ++i) {
    packet one;
    one.id = {7, random() % 2 == 0 ? groups::transfer_control : groups::transfer_data,
              static_cast<std::uint8_t>(random() % 3 == 0 ? 255 : random() % 3),
              static_cast<std::uint8_t>(random() % 256)};
    one.length = static_cast<std::uint8_t>(random() % 4 == 0 ? random() % 9 : 8);
    for (auto& byte : one.bytes) byte = static_cast<std::uint8_t>(random() % 20);
    if (one.id.pgn == groups::transfer_control) one.bytes[0] = kinds[random() % 6];
    if (random() % 2 == 0) one.bytes[3] = static_cast<std::uint8_t>((one.bytes[1] + 6) / 7);
    if (random() % 2 == 0) one.bytes[2] = 0;
    transport_output out;
    device.take(one, now_us, out);
    listener.take(one, now_us, out);
    device.step(now_us += static_cast<std::int64_t>(random() % 20'000), out);
    REQUIRE(device.open() <= 2 * device_transfers_max + bus_transfers_max);
    REQUIRE(listener.open() <= bus_transfers_max);
    for (const auto& whole : out.messages) REQUIRE(whole.payload.size() <= transfer_bytes_max);
  }
}

} // namespace transport_property_test
