#include <catch2/catch.hpp>
#include <random>

#include "actors/simulator/asked_pack_model.hpp"
#include "actors/simulator/canopen_battery_model.hpp"
#include "actors/simulator/simulated_rack_model.hpp"
#include "j1939_bench.hpp"

// What no frames make a simulated J1939 battery do.
namespace voltaic::actors::simulator::j1939_property_test {

using j1939_bench::bench;
namespace j1939 = messages::j1939;

namespace {

constexpr std::array<std::uint32_t, 12> groups = {0xEA00, 0xEB00, 0xEC00, 0xEE00, 0xFED8, 0x1B00,
                                                  0xFF20, 0xE800, 0xF090, 0xFECA, 0xFED3, 0xDA00};

class chance {
 public:
  explicit chance(unsigned seed) : engine_(seed) {}
  unsigned below(unsigned limit) {
    return std::uniform_int_distribution<unsigned>(0, limit - 1)(engine_);
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(below(256)); }

  /// Any frame, or one that looks as if it meant something.
  messages::can::frame frame(std::uint8_t address) {
    if (below(4) == 0) {
      messages::can::frame any;
      any.id = below(0x2000'0000);
      any.extended = below(4) != 0;
      any.remote = below(8) == 0;
      any.error = below(8) == 0;
      any.fd = below(8) == 0;
      any.length = static_cast<std::uint8_t>(below(any.fd ? 65 : 9));
      for (auto& each : any.data) each = byte();
      return any;
    }
    j1939::packet made;
    made.id.pgn = groups[below(groups.size())];
    made.id.priority = static_cast<std::uint8_t>(below(8));
    made.id.source = byte();
    made.id.destination = below(3) == 0 ? j1939::global_address : address;
    made.length = static_cast<std::uint8_t>(below(8) == 0 ? below(9) : 8);
    for (auto& each : made.bytes) each = below(3) == 0 ? 0xFF : byte();
    constexpr std::array<std::uint8_t, 5> kinds = {0x10, 0x11, 0x13, 0x20, 0xFF};
    if (made.id.pgn == 0xEC00) made.bytes[0] = kinds[below(kinds.size())];
    if (made.id.pgn == 0xEB00) made.bytes[0] = static_cast<std::uint8_t>(below(8));
    if (made.id.pgn == 0x1B00 && below(2) == 0) {
      // An order of all that one needs, other than its checksum.
      made = bench::order(static_cast<std::uint8_t>(below(3)), below(16), address);
      made.bytes[7] ^= static_cast<std::uint8_t>(1 + below(255));
    }
    return j1939::frame_of(made);
  }

 private:
  std::mt19937 engine_;
};

} // namespace

TEST_CASE("J1939 battery: no random frames close it, and what it keeps and says is bounded") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    chance any(seed);
    j1939_battery_model battery(seed % (j1939_battery_offset_max + 1));
    std::int64_t now_us = 1'000'000;
    for (int step = 0; step < 2'000; ++step, now_us += 10'000) {
      std::vector<messages::can::frame> received(any.below(8));
      for (auto& each : received) each = any.frame(battery.claim().address());
      const auto said = battery.step(now_us, received);
      // A frame is answered by a claim, a transfer's turn or an acknowledgement; a step says its
      // groups besides.
      REQUIRE(said.size() <= 400);
      REQUIRE(battery.controller().state() == contactor_state::open);
      REQUIRE_FALSE(battery.controller().conducting());
      REQUIRE(battery.open_transfers() <=
              2 * j1939::device_transfers_max + j1939::bus_transfers_max);
      for (const auto& each : said) {
        REQUIRE(each.extended);
        REQUIRE(each.length == 8);
      }
    }
  }
}

TEST_CASE("J1939 battery: random frames do not keep it closed") {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    bench on;
    on.claim_address();
    on.close();
    chance any(seed);
    for (int step = 0; step < 100; ++step) {
      on.to_battery.push_back(any.frame(on.battery.claim().address()));
      on.live(10'000);
    }
    CHECK(on.battery.controller().state() == contactor_state::open);
  }
}

TEST_CASE("J1939 battery: the same frames give the same frames") {
  const auto played = [](unsigned seed) {
    chance any(seed);
    j1939_battery_model battery(0);
    std::vector<messages::can::frame> all;
    for (int step = 0; step < 500; ++step) {
      const std::vector<messages::can::frame> received = {any.frame(243)};
      const auto said = battery.step(1'000'000 + step * 10'000, received);
      all.insert(all.end(), said.begin(), said.end());
    }
    return all;
  };
  CHECK(played(7) == played(7));
}

TEST_CASE(
    "J1939 battery, CANopen battery and rack live on one bus and answer for themselves only") {
  j1939_battery_model battery(0);
  canopen_battery_model node(1);
  simulated_rack_model rack({});
  std::vector<messages::can::frame> last;
  std::size_t short_identifiers = 0;
  std::size_t long_identifiers = 0;
  for (std::int64_t now_us = 1'000'000; now_us < 4'000'000; now_us += 10'000) {
    std::vector<messages::can::frame> said;
    for (auto frames : {battery.step(now_us, last), node.step(now_us, last)})
      said.insert(said.end(), frames.begin(), frames.end());
    const auto frames = rack.step(now_us, last);
    said.insert(said.end(), frames.begin(), frames.end());
    for (const auto& one : said) ++(one.extended ? long_identifiers : short_identifiers);
    last = said;
  }
  CHECK(battery.claim().address() == 243);
  CHECK(battery.refused() == 0);
  CHECK(node.state() == messages::canopen::nmt_state::pre_operational);
  CHECK(node.controller().refused() == 0);
  CHECK(long_identifiers > 250);
  CHECK(short_identifiers > 250);
}

} // namespace voltaic::actors::simulator::j1939_property_test
