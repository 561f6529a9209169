#include "messages/j1939/transport.hpp"

#include <catch2/catch.hpp>

#include "messages/j1939/groups.hpp"

namespace transport_test {

using namespace voltaic::messages::j1939;

namespace {

constexpr std::uint8_t ours = 0x80;
constexpr std::uint8_t theirs = 0x21;
constexpr std::uint32_t group = 0xFEEB;

std::vector<std::uint8_t> bytes(std::size_t size) {
  std::vector<std::uint8_t> all(size);
  for (std::size_t i = 0; i < size; ++i) all[i] = static_cast<std::uint8_t>(i * 7 + 1);
  return all;
}

message to_them(std::size_t size) {
  return {group, 7, ours, theirs, bytes(size)};
}

transfer_control request(std::uint16_t size, std::uint32_t pgn = group) {
  return {control_kind::request_to_send,
          pgn,
          size,
          packets_for(size),
          packets_unlimited,
          0,
          abort_reason::other};
}

transfer_control permit(std::uint8_t packets, std::uint8_t next) {
  return {control_kind::clear_to_send, group, 0, packets, 0, next, abort_reason::other};
}

packet data(std::uint8_t sequence, std::uint8_t destination = ours) {
  packet made;
  made.id = {7, groups::transfer_data, destination, theirs};
  made.bytes.fill(sequence);
  return made;
}

/// One device of ours; the other one is played by the test.
struct bench {
  bench() : bench(transport_settings{.own_address = ours}) {}
  explicit bench(const transport_settings& given) : device(given) {}
  void pass(std::int64_t us) { device.step(now_us += us, out); }
  void hear(const packet& one) { device.take(one, now_us, out); }
  void hear(const transfer_control& said, std::uint8_t to = ours) {
    hear(packet_of(said, theirs, to));
  }
  [[nodiscard]] bool send(const message& what) {
    return device.send(what, now_us, out).has_value();
  }
  /// What it said since, in short.
  [[nodiscard]] std::vector<packet> said() {
    auto all = std::move(out.packets);
    out.packets.clear();
    return all;
  }
  /// The last that it said, as a TP.CM.
  [[nodiscard]] transfer_control answer() {
    const auto all = said();
    REQUIRE_FALSE(all.empty());
    const auto read = read_control(all.back());
    REQUIRE(read);
    return *read;
  }
  /// It gave up for that reason, and said so.
  void check_gave_up(abort_reason reason) {
    const auto last = answer();
    CHECK(last.kind == control_kind::abort);
    CHECK(last.reason == reason);
    REQUIRE_FALSE(out.ends.empty());
    CHECK(out.ends.back().reason == reason);
    CHECK_FALSE(out.ends.back().by_peer);
    CHECK(device.open() == 0);
  }
  transport device;
  transport_output out;
  std::int64_t now_us = 0;
};

} // namespace

TEST_CASE("what fits in a frame needs no transport, 1786 bytes are refused") {
  bench by;
  CHECK(by.send(to_them(8)));
  CHECK(by.said().size() == 1);
  CHECK(by.device.open() == 0);
  CHECK_FALSE(by.send(to_them(1'786)));
  CHECK(by.said().empty());
}

TEST_CASE("a broadcast is announced, and leaves packet by packet 50 ms apart") {
  bench by;
  auto what = to_them(20);
  what.destination = global_address;
  REQUIRE(by.send(what));
  CHECK(by.answer().kind == control_kind::broadcast);
  CHECK_FALSE(by.send(what));
  for (std::uint8_t i = 1; i <= 3; ++i) {
    by.pass(broadcast_gap_min_us - 1);
    CHECK(by.said().empty());
    by.pass(1);
    const auto packets = by.said();
    REQUIRE(packets.size() == 1);
    CHECK(packets[0].bytes[0] == i);
  }
  CHECK(by.out.ends ==
        std::vector<transfer_end>{{group, ours, global_address, std::nullopt, false}});
  CHECK(by.device.open() == 0);
}

TEST_CASE("a turn has as many packets as the receiver permits, and our own limit") {
  bench by({.own_address = ours, .packets_a_turn_asked = 4});
  REQUIRE(by.send(to_them(100)));
  CHECK(by.answer().packets_a_turn == 4);
  by.hear(permit(2, 1));
  by.pass(0);
  CHECK(by.said().size() == 2);
  by.hear(permit(200, 3));
  by.pass(0);
  const auto second = by.said();
  CHECK(second.size() == 4);
  CHECK(second.back().bytes[0] == 6);
}

TEST_CASE("the last packet is padded with ones") {
  bench by;
  REQUIRE(by.send(to_them(9)));
  static_cast<void>(by.said());
  by.hear(permit(2, 1));
  by.pass(0);
  const auto packets = by.said();
  REQUIRE(packets.size() == 2);
  CHECK(packets[1].bytes[2] == bytes(9)[8]);
  CHECK(packets[1].bytes[3] == 0xFF);
}

TEST_CASE("T3 a sender gives up 1250 ms after its request, and after its last packet") {
  bench by;
  REQUIRE(by.send(to_them(9)));
  by.pass(answer_us - 1);
  CHECK(by.device.open() == 1);
  by.pass(1);
  by.check_gave_up(abort_reason::timeout);
  REQUIRE(by.send(to_them(9)));
  by.hear(permit(2, 1));
  by.pass(0);
  by.pass(answer_us - 1);
  CHECK(by.device.open() == 1);
  by.pass(1);
  by.check_gave_up(abort_reason::timeout);
}

TEST_CASE("an answer that comes after its time gives a transfer up") {
  bench by;
  REQUIRE(by.send(to_them(9)));
  by.now_us += answer_us;
  by.hear(permit(2, 1));
  by.check_gave_up(abort_reason::timeout);
}

TEST_CASE("T4 a sender waits 1050 ms for a receiver that holds it, and a minute in all") {
  bench by;
  REQUIRE(by.send(to_them(9)));
  by.hear(permit(0, 1));
  by.pass(answer_after_hold_us - 1);
  CHECK(by.device.open() == 1);
  by.pass(1);
  by.check_gave_up(abort_reason::timeout);
  REQUIRE(by.send(to_them(9)));
  int holds = 0;
  for (; by.device.open() > 0 && holds < 1'000; ++holds) {
    by.hear(permit(0, 1));
    by.pass(hold_repeat_us);
  }
  CHECK(holds == 121);
  by.check_gave_up(abort_reason::timeout);
}

TEST_CASE("a sender that was held goes on where it was") {
  bench by;
  REQUIRE(by.send(to_them(21)));
  by.hear(permit(1, 1));
  by.pass(0);
  by.hear(permit(0, 2));
  by.pass(hold_repeat_us);
  static_cast<void>(by.said());
  by.hear(permit(2, 2));
  by.pass(0);
  CHECK(by.said().size() == 2);
  by.hear({control_kind::acknowledged, group, 21, 3, 0, 0, abort_reason::other});
  CHECK(by.out.ends.back().reason == std::nullopt);
}

TEST_CASE("packets are sent again twice, and not a third time") {
  bench by;
  REQUIRE(by.send(to_them(21)));
  by.hear(permit(3, 1));
  by.pass(0);
  for (int i = 0; i < retransmissions_max; ++i) {
    static_cast<void>(by.said());
    by.hear(permit(1, 2));
    by.pass(0);
    REQUIRE(by.said().size() == 1);
  }
  by.hear(permit(1, 2));
  by.check_gave_up(abort_reason::retransmit_limit);
}

TEST_CASE("a clear to send between packets, and one for a packet that is not, give a transfer up") {
  bench by({.own_address = ours, .packet_gap_us = 10'000});
  REQUIRE(by.send(to_them(21)));
  by.hear(permit(3, 1));
  by.pass(0);
  by.hear(permit(3, 1));
  by.check_gave_up(abort_reason::cts_during_transfer);
  for (const auto next : std::initializer_list<std::uint8_t>{0, 2, 4, 255}) {
    REQUIRE(by.send(to_them(21)));
    by.hear(permit(1, next));
    by.check_gave_up(abort_reason::bad_sequence);
  }
}

TEST_CASE("an acknowledgement before all was sent gives a transfer up") {
  bench by;
  REQUIRE(by.send(to_them(21)));
  by.hear({control_kind::acknowledged, group, 21, 3, 0, 0, abort_reason::other});
  by.check_gave_up(abort_reason::other);
}

TEST_CASE("a receiver that aborts ends the sending with its reason, if it means this group") {
  bench by;
  REQUIRE(by.send(to_them(21)));
  by.hear({control_kind::abort, group + 1, 0, 0, 0, 0, abort_reason::busy});
  CHECK(by.device.open() == 1);
  by.hear({control_kind::abort, group, 0, 0, 0, 0, abort_reason::busy});
  CHECK(by.out.ends == std::vector<transfer_end>{{group, ours, theirs, abort_reason::busy, true}});
}

TEST_CASE("a receiver permits turns of its own size and of the sender's, and acknowledges") {
  bench by({.own_address = ours, .packets_a_turn = 2});
  by.hear(request(21));
  CHECK(by.answer() == permit(2, 1));
  by.hear(data(1));
  by.hear(data(2));
  CHECK(by.answer() == permit(1, 3));
  by.hear(data(3));
  CHECK(by.answer().kind == control_kind::acknowledged);
  REQUIRE(by.out.messages.size() == 1);
  CHECK(by.out.messages[0].payload.size() == 21);
  CHECK(by.out.messages[0].payload[20] == 3);
}

TEST_CASE("a receiver asks for what is missing at the end of a turn, twice") {
  bench by;
  by.hear(request(35));
  static_cast<void>(by.said());
  by.hear(data(1));
  by.hear(data(4));
  by.hear(data(5));
  CHECK(by.answer() == permit(2, 2));
  by.hear(data(3));
  CHECK(by.answer() == permit(1, 2));
  by.hear(data(2));
  CHECK(by.answer().kind == control_kind::acknowledged);
  CHECK(by.out.messages.size() == 1);
}

TEST_CASE("a receiver gives up when the same packet is missing for a third time") {
  bench by;
  by.hear(request(35));
  for (const auto sequence : std::initializer_list<std::uint8_t>{1, 5, 4, 3})
    by.hear(data(sequence));
  by.check_gave_up(abort_reason::retransmit_limit);
}

TEST_CASE("T2 and T1 a receiver waits 1250 ms for the first packet and 750 ms for the next") {
  bench by;
  by.hear(request(21));
  by.pass(first_packet_us - 1);
  CHECK(by.device.open() == 1);
  by.pass(1);
  by.check_gave_up(abort_reason::timeout);
  by.hear(request(21));
  by.hear(data(1));
  by.pass(next_packet_us - 1);
  CHECK(by.device.open() == 1);
  by.pass(1);
  by.check_gave_up(abort_reason::timeout);
}

TEST_CASE("Th a receiver that holds says so each 500 ms, and goes on when it may") {
  bench by;
  by.device.set_holding(true, 0, by.out);
  by.hear(request(21));
  CHECK(by.answer() == permit(0, 1));
  for (int i = 0; i < 5; ++i) {
    by.pass(hold_repeat_us);
    CHECK(by.answer() == permit(0, 1));
  }
  by.device.set_holding(false, by.now_us, by.out);
  CHECK(by.answer() == permit(3, 1));
}

TEST_CASE("a packet while a receiver holds is unexpected") {
  bench by;
  by.device.set_holding(true, 0, by.out);
  by.hear(request(21));
  by.hear(data(1));
  by.check_gave_up(abort_reason::unexpected_data);
}

TEST_CASE("a packet behind the turn, of no number, or with other bytes than before ends it") {
  const auto begun = [] {
    bench by({.own_address = ours, .packets_a_turn = 2});
    by.hear(request(35));
    by.hear(data(1));
    return by;
  };
  for (const auto sequence : std::initializer_list<std::uint8_t>{0, 3, 6, 255}) {
    auto by = begun();
    by.hear(data(sequence));
    by.check_gave_up(abort_reason::bad_sequence);
  }
  auto by = begun();
  auto other = data(1);
  other.bytes[3] = 99;
  by.hear(other);
  by.check_gave_up(abort_reason::duplicate_sequence);
}

TEST_CASE("a doubled packet changes nothing") {
  bench by;
  by.hear(request(21));
  for (const auto sequence : std::initializer_list<std::uint8_t>{1, 1, 2, 1, 2, 3, 3})
    by.hear(data(sequence));
  CHECK(by.out.messages.size() == 1);
  CHECK(by.out.ends.empty());
}

TEST_CASE("a second request of a device is refused as busy, one for the same group begins again") {
  bench by;
  by.hear(request(21));
  by.hear(data(1));
  by.hear(request(21, group + 1));
  CHECK(by.answer().reason == abort_reason::busy);
  CHECK(by.device.open() == 1);
  by.hear(request(14));
  CHECK(by.answer() == permit(2, 1));
  CHECK(by.device.open() == 1);
}

TEST_CASE("requests that cannot be are refused with a reason") {
  bench by;
  by.hear(request(1'786));
  CHECK(by.answer().reason == abort_reason::too_long);
  auto wrong = request(21);
  wrong.packets = 4;
  by.hear(wrong);
  CHECK(by.answer().reason == abort_reason::other);
  by.hear(request(8));
  CHECK(by.answer().reason == abort_reason::other);
  CHECK(by.device.open() == 0);
}

TEST_CASE("more senders at once than there is room for are refused") {
  bench by;
  for (std::uint8_t from = 0; from < device_transfers_max; ++from)
    by.hear(packet_of(request(1'785), from, ours));
  CHECK(by.answer().kind == control_kind::clear_to_send);
  by.hear(packet_of(request(1'785), 200, ours));
  CHECK(by.answer().reason == abort_reason::no_resources);
  CHECK(by.device.open() == device_transfers_max);
}

TEST_CASE("what is said to others is not ours") {
  bench by;
  by.hear(request(21), 0x33);
  by.hear(data(1, 0x33));
  CHECK(by.said().empty());
  CHECK(by.device.open() == 0);
}

TEST_CASE("a broadcast that misses a packet, or gets one 750 ms late, is lost and told") {
  const transfer_control announcement{control_kind::broadcast, group, 21, 3, 0, 0,
                                      abort_reason::other};
  bench by;
  by.hear(announcement, global_address);
  by.hear(data(1, global_address));
  by.hear(data(1, global_address));
  by.hear(data(3, global_address));
  REQUIRE(by.out.ends.size() == 1);
  CHECK(by.out.ends[0].reason == abort_reason::bad_sequence);
  by.hear(announcement, global_address);
  by.hear(data(1, global_address));
  by.pass(next_packet_us);
  REQUIRE(by.out.ends.size() == 2);
  CHECK(by.out.ends[1].reason == abort_reason::timeout);
  CHECK(by.said().empty());
  CHECK(by.out.messages.empty());
}

TEST_CASE("abort reasons have words, unknown ones too") {
  CHECK(to_string(abort_reason::busy) == "already in a session with this device");
  CHECK(to_string(static_cast<abort_reason>(77)) == "unknown reason");
}

} // namespace transport_test
