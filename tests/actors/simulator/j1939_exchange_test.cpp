#include <catch2/catch.hpp>

#include "j1939_bench.hpp"

// What a tool on the bus asks a simulated J1939 battery, and what is told to everybody.
namespace voltaic::actors::simulator::j1939_exchange_test {

using j1939_bench::battery_address;
using j1939_bench::bench;
using j1939_bench::number;
using j1939_bench::tool_address;
namespace j1939 = messages::j1939;

namespace {

/// Acknowledgements as {control, address, group}.
struct acknowledgement {
  unsigned control = 0;
  unsigned address = 0;
  std::uint64_t pgn = 0;
  friend bool operator==(const acknowledgement&, const acknowledgement&) = default;
};
std::vector<acknowledgement> acknowledgements(const bench& on) {
  std::vector<acknowledgement> all;
  for (const auto& one : on.all(0xE800)) {
    CHECK(one.id.destination == j1939::global_address);
    CHECK(number(one.bytes, 1, 3) == 0xFF'FFFF);
    all.push_back({one.bytes[0], one.bytes[4], number(one.bytes, 5, 3)});
  }
  return all;
}

/// Control bytes of TP.CM frames of the battery.
std::vector<unsigned> controls(const bench& on) {
  std::vector<unsigned> all;
  for (const auto& one : on.all(0xEC00)) all.push_back(one.bytes[0]);
  return all;
}

} // namespace

TEST_CASE("J1939 battery: who asks alone for FC5E gets it by RTS and CTS") {
  bench on;
  on.claim_address();
  on.live(700'000); // the broadcasts of this second are over
  on.forget();
  on.request(0xFC5E);
  on.live(90'000);
  REQUIRE(on.received(0xFC5E).size() == 1);
  const auto got = on.received(0xFC5E).front();
  CHECK(got.source == battery_address);
  CHECK(got.destination == tool_address);
  REQUIRE(got.payload.size() == 37);
  CHECK(got.payload[0] == 245); // 98 %
  CHECK(std::all_of(got.payload.begin() + 1, got.payload.end(), [](auto b) { return b == 0xFF; }));
  CHECK(controls(on) == std::vector<unsigned>{0x10}); // a request to send, and no announcement
  CHECK(on.battery.open_transfers() == 0);            // the tool acknowledged it
}

TEST_CASE("J1939 battery: everybody who asks for FC5E gets it by one BAM") {
  bench on;
  on.claim_address();
  on.live(700'000);
  on.forget();
  for (int i = 0; i < 10; ++i) on.request(0xFC5E, j1939::global_address);
  on.live_s(2);
  REQUIRE_FALSE(on.received(0xFC5E).empty());
  CHECK(on.received(0xFC5E).size() == 1);
  CHECK(on.received(0xFC5E).front().destination == j1939::global_address);
  CHECK(on.received(0xFC5E).front().payload.size() == 37);
  CHECK(std::ranges::count(controls(on), 0x10u) == 0);
  CHECK(on.received(0xFF10).size() == 2); // nothing else waited for ever
  CHECK(on.received(0xFF11).size() == 2);
}

TEST_CASE("J1939 battery: a second request during a transfer to the same device is told busy") {
  bench on;
  on.claim_address();
  on.request(0xFC5E);
  on.request(0xFF10);
  on.live(50'000);
  CHECK(acknowledgements(on) == std::vector<acknowledgement>{{3, tool_address, 0xFF10}});
  CHECK(on.received(0xFC5E).size() == 1);
}

TEST_CASE("J1939 battery: a receiver that goes away, or aborts, ends the transfer") {
  bench on;
  on.claim_address();
  on.live(700'000);
  on.send(j1939::request_for(0xFC5E, 0x77, battery_address)); // nobody answers for 0x77
  on.live(100'000);
  CHECK(on.battery.open_transfers() == 1);
  on.forget();
  on.live(1'500'000);
  CHECK(std::ranges::count(controls(on), 0xFFu) == 1); // given up
  on.send(j1939::request_for(0xFC5E, 0x77, battery_address));
  on.live(20'000);
  j1939::transfer_control said;
  said.kind = j1939::control_kind::abort;
  said.pgn = 0xFC5E;
  on.send(j1939::packet_of(said, 0x77, battery_address));
  on.live(20'000);
  CHECK(on.battery.open_transfers() <= 1); // its own broadcast at most
  on.live_s(2);
  CHECK(std::ranges::count(controls(on), 0xFFu) == 1);
}

TEST_CASE("J1939 battery: each of its groups is said when asked, alone or by all") {
  for (const std::uint32_t pgn : {0xF090u, 0xF091u, 0xF092u, 0xF094u, 0xF096u, 0xFECAu, 0xFECBu}) {
    for (const auto to : {battery_address, j1939::global_address}) {
      CAPTURE(pgn, to);
      bench asked;
      bench unasked;
      asked.claim_address();
      unasked.claim_address();
      asked.request(pgn, to);
      asked.live(1'000'000);
      unasked.live(1'000'000);
      CHECK(asked.all(pgn).size() == unasked.all(pgn).size() + 1);
    }
  }
  bench on;
  on.claim_address();
  for (const std::uint32_t pgn : {0xFF10u, 0xFF11u}) {
    on.live(500'000);
    on.forget();
    on.request(pgn);
    on.live(100'000);
    CHECK(on.received(pgn).size() == 1);
  }
}

TEST_CASE("J1939 battery: what it does not have is refused to who asks alone, and to nobody else") {
  bench on;
  on.claim_address();
  on.request(0xFEEC); // an identification
  on.request(0xFEEC, j1939::global_address);
  on.request(0x1B00);
  on.request(0xFEEC, 244);
  on.live(50'000);
  CHECK(acknowledgements(on) ==
        std::vector<acknowledgement>{{1, tool_address, 0xFEEC}, {1, tool_address, 0x1B00}});
}

TEST_CASE("J1939 battery: a trouble code is told when it comes and when it goes") {
  bench on;
  on.claim_address();
  on.live(500'000);
  on.forget();
  CHECK(on.set("trouble_code", 16, 5'919));
  on.live(20'000);
  REQUIRE(on.all(0xFECA).size() == 1);                                 // at once
  CHECK(number(on.last(0xFECA).bytes, 0, 8) == 0xFFFF'0110'171F'FF04); // amber, once
  on.forget();
  on.live(2'900'000);
  CHECK(on.all(0xFECA).size() == 2); // each second from then on
  CHECK(on.release("trouble_code", 5'919));
  on.request(0xFECB);
  on.live(50'000);
  CHECK(number(on.last(0xFECA).bytes, 0, 8) == 0xFFFF'0000'0000'FF00);
  CHECK(number(on.last(0xFECB).bytes, 0, 8) == 0xFFFF'0110'171F'FF00);
  CHECK(on.set("trouble_code", 16, 5'919));
  on.live(50'000);
  CHECK(number(on.last(0xFECA).bytes, 5, 1) == 2); // the second time
}

TEST_CASE("J1939 battery: several trouble codes come by BAM, and a severe one is a fault") {
  bench on;
  on.claim_address();
  CHECK(on.set("trouble_code", 16, 5'919));
  CHECK(on.set("trouble_code", 0, 0x7'0001)); // 19 bits
  on.live_s(2);
  REQUIRE_FALSE(on.received(0xFECA).empty());
  const auto said = on.received(0xFECA).back().payload;
  REQUIRE(said.size() == 10);
  CHECK(number(said, 0) == 0xFF10); // the red stop lamp
  CHECK(number(said, 6, 4) == 0x01E0'0001);
  CHECK(on.last(0xF096).bytes[5] >> 4 == 1);
  CHECK(on.release("trouble_code"));
  on.live_s(2);
  CHECK(on.last(0xF096).bytes[5] >> 4 == 0);
  on.forget();
  on.request(0xFECB);
  on.live(100'000);
  REQUIRE(on.received(0xFECB).size() == 1); // two codes: by RTS/CTS
  CHECK(on.received(0xFECB).front().destination == tool_address);
}

TEST_CASE("J1939 battery: trouble codes are bounded, and so is what was") {
  bench on;
  on.claim_address();
  for (std::uint32_t i = 1; i <= 8; ++i) CHECK(on.set("trouble_code", 3, i));
  CHECK_FALSE(on.set("trouble_code", 3, 9));
  for (std::uint32_t i = 1; i <= 20; ++i) {
    CHECK(on.release("trouble_code", i));
    CHECK(on.set("trouble_code", 3, i + 8));
  }
  CHECK(on.release("trouble_code"));
  on.request(0xFECB);
  on.live_s(1);
  REQUIRE(on.received(0xFECB).size() == 1);
  CHECK(on.received(0xFECB).front().payload.size() == 2 + 4 * 8);
}

TEST_CASE("J1939 battery: of what is broadcast nothing waits for ever") {
  bench on;
  on.claim_address();
  for (std::uint32_t i = 1; i <= 8; ++i) CHECK(on.set("trouble_code", 3, i));
  on.forget();
  for (int i = 0; i < 100; ++i) { // ten seconds of requests and changes
    on.request(0xFECA, j1939::global_address);
    on.request(0xFECB, j1939::global_address);
    on.request(0xFC5E, j1939::global_address);
    CHECK(on.release("trouble_code", 1 + i % 3));
    CHECK(on.set("trouble_code", 3, 1 + i % 3));
    on.live(100'000);
  }
  for (const std::uint32_t pgn : {0xFECAu, 0xFC5Eu, 0xFF10u, 0xFF11u}) {
    CAPTURE(pgn);
    CHECK(on.received(pgn).size() >= 5);
  }
}

TEST_CASE("J1939 battery: DM11 clears what is gone and DM3 what was, and both are acknowledged") {
  bench on;
  on.claim_address();
  CHECK(on.set("latched_code", 16, 100));
  CHECK(on.set("latched_code", 16, 200));
  CHECK(on.release("latched_code", 100)); // its fault is gone, and it stays
  on.live_s(2);
  CHECK(on.received(0xFECA).back().payload.size() == 10);
  on.request(0xFED3);
  on.live(50'000);
  CHECK(acknowledgements(on) == std::vector<acknowledgement>{{0, tool_address, 0xFED3}});
  CHECK(number(on.last(0xFECA).bytes, 2) == 200); // whose fault is there
  on.request(0xFED3);
  on.live_s(2);
  CHECK(number(on.last(0xFECA).bytes, 2) == 200);
  CHECK(on.release("latched_code", 200));
  on.request(0xFED3, j1939::global_address);
  on.live(50'000);
  CHECK(number(on.last(0xFECA).bytes, 2) == 0);
  CHECK(on.set("trouble_code", 16, 300));
  CHECK(on.release("trouble_code", 300));
  on.forget();
  on.request(0xFECC);
  on.request(0xFECB);
  on.live(50'000);
  CHECK(acknowledgements(on) == std::vector<acknowledgement>{{0, tool_address, 0xFECC}});
  CHECK(number(on.last(0xFECB).bytes, 2) == 0);
}

TEST_CASE("J1939 battery: a packet of its broadcasts is lost, doubled or swapped on demand") {
  bench on;
  on.claim_address();
  const auto sequences = [&] { // of the next whole broadcast of 16 cells
    on.live_s(1);
    on.forget();
    on.live_s(2);
    std::vector<unsigned> found;
    bool is_cells = false;
    for (const auto& one : on.packets) {
      if (one.id.pgn == 0xEC00) {
        if (is_cells) return found;
        is_cells = number(one.bytes, 5, 3) == 0xFF10;
      }
      if (one.id.pgn == 0xEB00 && is_cells) found.push_back(one.bytes[0]);
    }
    return found;
  };
  using list = std::vector<unsigned>;
  CHECK(sequences() == list{1, 2, 3, 4, 5});
  CHECK(on.set("lost_packet", 3));
  CHECK(sequences() == list{1, 2, 4, 5});
  CHECK(on.received(0xFF10).empty());
  CHECK(on.release("lost_packet"));
  CHECK(on.set("doubled_packet", 2));
  CHECK(sequences() == list{1, 2, 2, 3, 4, 5});
  CHECK(on.set("doubled_packet", 0));
  CHECK(on.set("swapped_packet", 4));
  CHECK(sequences() == list{1, 2, 3, 5, 4});
  CHECK(on.received(0xFF10).empty());
  CHECK(on.set("swapped_packet", 5)); // the last one has none behind it
  CHECK(sequences() == list{1, 2, 3, 4, 5});
  CHECK(on.release("swapped_packet"));
  CHECK(sequences() == list{1, 2, 3, 4, 5});
  CHECK_FALSE(on.received(0xFF10).empty());
}

} // namespace voltaic::actors::simulator::j1939_exchange_test
