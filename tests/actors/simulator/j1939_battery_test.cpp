#include <catch2/catch.hpp>
#include <limits>

#include "j1939_bench.hpp"

// What a simulated J1939 battery says of itself, and when it is closed.
namespace voltaic::actors::simulator::j1939_battery_test {

using j1939_bench::bench;
using j1939_bench::number;
using state = contactor_state;

TEST_CASE("J1939 battery: each group has its period, priority and identifier") {
  bench on;
  on.claim_address();
  on.forget();
  on.live_s(10);
  const auto check = [&](std::uint32_t pgn, std::size_t count, unsigned priority) {
    const auto said = on.all(pgn);
    CHECK(said.size() == count);
    for (const auto& one : said) {
      CHECK(one.id.priority == priority);
      CHECK(one.id.source == 243);
      CHECK(one.length == 8);
    }
  };
  check(0xF090, 500, 3);
  check(0xF091, 500, 3);
  check(0xF092, 100, 6);
  check(0xF094, 100, 6);
  check(0xF095, 100, 6);
  check(0xF096, 100, 6);
  check(0xFECA, 10, 6);
  CHECK(messages::j1939::frame_of(on.last(0xF090)).id == 0x0CF090F3);
  CHECK(on.received(0xFF10).size() == 10);
  CHECK(on.received(0xFF11).size() == 10);
  CHECK(on.all(0xFF10).empty()); // only by transfer
  CHECK(on.all(0xFC5E).empty());
}

TEST_CASE("J1939 battery: at rest it says 52.8 V, 0 A, 50 %, 3.3 V, 25 degC and 100 A each way") {
  bench on;
  on.claim_address();
  on.live_s(2);
  const auto power = on.last(0xF090);
  CHECK(number(power.bytes, 0) == 105); // 5.28 kW, never rounded up
  CHECK(number(power.bytes, 2) == 105);
  CHECK(number(power.bytes, 4) == 1'056);
  CHECK(number(power.bytes, 6) == 32'000);
  const auto charge = on.last(0xF091);
  CHECK(number(charge.bytes, 0) == 32'000);
  CHECK(number(charge.bytes, 2) == 3'300);
  CHECK(number(charge.bytes, 4) == 3'300);
  CHECK(number(charge.bytes, 6) == 0xFFFF);
  const auto warmth = on.last(0xF092);
  for (const std::size_t at : {0u, 2u, 4u}) CHECK(number(warmth.bytes, at) == 9'536);
  CHECK(number(warmth.bytes, 6) == 0xFFFF);
  const auto limits = on.last(0xF094);
  CHECK(number(limits.bytes, 0) == 30'000);
  CHECK(number(limits.bytes, 2) == 34'000);
  CHECK(limits.bytes[4] == 125);
  CHECK(limits.bytes[5] == 125);
  CHECK(number(limits.bytes, 6) == 0xFFFF);
  const auto status = on.last(0xF096);
  CHECK(number(status.bytes, 0, 8) == 0xFFFF'00FF'FFCF'FFFF);
  const auto cells = on.received(0xFF10).back().payload;
  REQUIRE(cells.size() == 32);
  for (std::size_t i = 0; i < 16; ++i) CHECK(number(cells, 2 * i) == 3'300);
  const auto temperatures = on.received(0xFF11).back().payload;
  REQUIRE(temperatures.size() == 16);
  for (std::size_t i = 0; i < 8; ++i) CHECK(number(temperatures, 2 * i) == 9'536);
  CHECK(number(on.last(0xFECA).bytes, 0, 8) == 0xFFFF'0000'0000'FF00); // no fault
}

TEST_CASE("J1939 battery: what is laid over a point is what it says") {
  bench on;
  on.claim_address();
  CHECK(on.set("cell_voltage", 3.456, 3));
  CHECK(on.set("cell_voltage", 3.1, 15));
  CHECK(on.set("cell_temperature", 41, 7));
  CHECK(on.set("cell_temperature", -10, 0));
  CHECK(on.set("soc", 80));
  CHECK(on.set("soh", 90));
  CHECK(on.set("voltage", 51.2));
  CHECK(on.set("charge_current_limit", 12.34));
  CHECK(on.set("discharge_current_limit", 50.07));
  CHECK(on.set("interlock", 1));
  on.request(0xFC5E);
  on.live_s(2);
  CHECK(number(on.last(0xF091).bytes, 0) == 51'200);
  CHECK(number(on.last(0xF091).bytes, 2) == 3'456);
  CHECK(number(on.last(0xF091).bytes, 4) == 3'100);
  CHECK(number(on.last(0xF092).bytes, 0) == (273 + 41) * 32);
  CHECK(number(on.last(0xF092).bytes, 2) == (273 - 10) * 32);
  CHECK(number(on.last(0xF092).bytes, 4) == 9'460); // 22.625 degC on average
  CHECK(number(on.last(0xF090).bytes, 4) == 1'024);
  CHECK(number(on.last(0xF094).bytes, 0) == 32'000 - 1'001); // 50.05 A: never rounded up
  CHECK(number(on.last(0xF094).bytes, 2) == 32'000 + 246);   // 12.30 A
  CHECK(number(on.received(0xFF10).back().payload, 6) == 3'456);
  CHECK(number(on.received(0xFF11).back().payload, 14) == (273 + 41) * 32);
  CHECK(on.last(0xF096).bytes[2] == 0xDF); // the interlock is open
  CHECK(on.last(0xF096).bytes[5] == 0x10); // and that is a fault
  REQUIRE(on.received(0xFC5E).size() == 1);
  CHECK(on.received(0xFC5E).back().payload[0] == 225);
}

TEST_CASE("J1939 battery: current is positive into it on the wire, and moves its charge") {
  bench on;
  on.claim_address();
  CHECK(on.set("current", 100)); // discharge
  on.live(1'000'000);
  CHECK(number(on.last(0xF090).bytes, 6) == 30'000);
  CHECK(number(on.last(0xF091).bytes, 2) < 3'300); // its resistance
  on.live_s(360);                                  // a tenth of an hour of 1 C
  CHECK(number(on.last(0xF091).bytes, 0) == Approx(40 * 640).margin(40));
  CHECK(on.set("current", -50));
  on.live(1'000'000);
  CHECK(number(on.last(0xF090).bytes, 6) == 33'000);
  CHECK(on.release("current"));
  on.live(1'000'000);
  CHECK(number(on.last(0xF090).bytes, 6) == 32'000);
}

TEST_CASE("J1939 battery: not available and error are other numbers than any value") {
  bench on;
  on.claim_address();
  const auto lose = [&](const char* point, std::optional<std::uint32_t> index = {}) {
    CHECK(on.battery.set(point, index, equipment_effect::invalid, 0));
  };
  lose("cell_voltage", 2);
  lose("cell_temperature");
  lose("current");
  lose("interlock");
  lose("charge_current_limit");
  CHECK(on.set("soc_error", 1));
  CHECK(on.set("soh_error", 1));
  CHECK(on.set("cell_voltage_error", 1, 5));
  on.request(0xFC5E);
  on.live_s(2);
  CHECK(number(on.received(0xFF10).back().payload, 4) == 0xFFFF);
  CHECK(number(on.received(0xFF10).back().payload, 10) == 0xFE00);
  CHECK(number(on.last(0xF091).bytes, 2) == 3'300); // of those that are measured
  CHECK(number(on.last(0xF092).bytes, 0) == 0xFFFF);
  CHECK(number(on.last(0xF092).bytes, 4) == 0xFFFF);
  CHECK(number(on.last(0xF090).bytes, 6) == 0xFFFF);
  CHECK(number(on.last(0xF090).bytes, 2) == 0xFFFF);
  CHECK(number(on.last(0xF094).bytes, 2) == 0xFFFF);
  CHECK(number(on.last(0xF094).bytes, 0) == 30'000);
  CHECK(on.last(0xF096).bytes[2] == 0xFF);
  CHECK(number(on.last(0xF091).bytes, 0) == 0xFE00);
  CHECK(on.last(0xF094).bytes[4] == 0xFE);
  CHECK(on.received(0xFC5E).back().payload[0] == 0xFE);
  CHECK(on.set("cell_temperature_error", 1));
  CHECK(on.set("cell_voltage_error", 0, 5));
  CHECK(on.release("cell_voltage", 2));
  CHECK(on.release("soc_error"));
  on.live_s(2);
  CHECK(number(on.last(0xF092).bytes, 2) == 0xFE00);
  CHECK(number(on.received(0xFF10).back().payload, 4) == 3'300);
  CHECK(number(on.received(0xFF10).back().payload, 10) == 3'300);
  CHECK(number(on.last(0xF091).bytes, 0) == 32'000);
}

TEST_CASE("J1939 battery: what its groups cannot carry, and what it does not know, is refused") {
  bench on;
  CHECK_FALSE(on.set("cell_voltage", 65));
  CHECK_FALSE(on.set("cell_voltage", -0.1));
  CHECK_FALSE(on.set("cell_voltage", std::numeric_limits<double>::quiet_NaN()));
  CHECK_FALSE(on.set("cell_voltage", 3.3, 16));
  CHECK_FALSE(on.set("cell_temperature", 25, 8));
  CHECK_FALSE(on.set("current", 1'601));
  CHECK_FALSE(on.set("soc", 101));
  CHECK_FALSE(on.set("soc", 50, 1));
  CHECK_FALSE(on.set("nothing", 1));
  CHECK_FALSE(on.set("reset", 2));
  CHECK_FALSE(on.set("second_battery", 0.5));
  CHECK_FALSE(on.set("lost_packet", 256));
  CHECK_FALSE(on.set("claim_battle", 256));
  CHECK_FALSE(on.set("trouble_code", 3)); // of which parameter
  CHECK_FALSE(on.set("trouble_code", 32, 100));
  CHECK_FALSE(on.set("trouble_code", 3, 0x8'0000));
  CHECK_FALSE(on.battery.set("soc", {}, equipment_effect::freeze, 0));
  CHECK_FALSE(on.battery.set("", {}, equipment_effect::value, 1));
}

TEST_CASE("J1939 battery: it closes by open, precharge and close, and says each state") {
  bench on;
  on.claim_address();
  const auto said = [&] {
    on.live(100'000);
    return on.last(0xF096).bytes[5] & 0x0F;
  };
  CHECK(said() == 0);
  on.order_for(1, 300'000); // close alone
  CHECK(said() == 0);
  on.order_for(0, 100'000);
  on.order_for(2, 200'000);
  CHECK(said() == 1);
  on.order_for(2, 500'000);
  on.order_for(1, 300'000);
  CHECK(said() == 2);
  on.order_for(0, 100'000);
  CHECK(said() == 0);
}

TEST_CASE(
    "J1939 battery: a precharge that is never followed by closing is an error, until it is "
    "opened") {
  bench on;
  on.claim_address();
  on.order_for(0, 200'000);
  on.order_for(2, 10'500'000);
  CHECK(on.last(0xF096).bytes[5] == 0x1E); // and a fault
  on.order_for(1, 500'000);
  CHECK(on.last(0xF096).bytes[5] == 0x1E);
  on.order_for(0, 200'000);
  CHECK(on.last(0xF096).bytes[5] == 0x00);
}

TEST_CASE("J1939 battery: closed is a lease of 500 ms") {
  bench on;
  on.claim_address();
  on.close();
  on.order_for(1, 3'000'000);
  CHECK(on.battery.controller().state() == state::closed);
  on.live(390'000); // 490 ms after the last order
  CHECK(on.battery.controller().state() == state::closed);
  on.live(30'000);
  CHECK(on.battery.controller().state() == state::open);
  CHECK(on.battery.controller().opened_by_lease());
  on.order_for(1, 500'000);
  CHECK(on.battery.controller().state() == state::open);
}

TEST_CASE("J1939 battery: an order that is not whole or not new renews nothing") {
  bench on;
  on.claim_address();
  on.close();
  const auto refuses = [&](auto change) {
    auto said = bench::order(1, on.counter + 1);
    change(said);
    const auto before = on.battery.refused();
    on.send(said);
    on.live(10'000);
    return on.battery.refused() == before + 1;
  };
  const auto seal = [](auto& said) { said.bytes[7] = crc8(std::span(said.bytes).first(7)); };
  CHECK(refuses([](auto& said) { said.bytes[7] ^= 1; }));
  CHECK(refuses([](auto& said) { said.length = 7; }));
  CHECK(refuses([&](auto& said) {
    said.bytes[0] = 0xFF; // command "not available"
    seal(said);
  }));
  CHECK(refuses([&](auto& said) {
    said.bytes[0] = 0x01; // unused bits
    seal(said);
  }));
  CHECK(refuses([&](auto& said) {
    said.bytes[3] = 0;
    seal(said);
  }));
  CHECK(refuses([&](auto& said) { said = bench::order(1, on.counter); }));      // stands still
  CHECK(refuses([&](auto& said) { said = bench::order(1, on.counter + 15); })); // is older
  on.send(bench::order(1, on.counter + 1, 244));                                // to another one
  on.send(bench::order(1, on.counter + 2, messages::j1939::global_address));
  on.live(500'000);
  CHECK(on.battery.controller().state() == state::open);
}

TEST_CASE("J1939 battery: an open interlock opens it and lets nobody close") {
  bench on;
  on.claim_address();
  on.close();
  CHECK(on.set("interlock", 1));
  on.order_for(1, 200'000);
  CHECK_FALSE(on.battery.controller().conducting());
  on.order_for(0, 200'000);
  on.order_for(2, 1'000'000);
  CHECK(on.battery.controller().state() == state::open);
  CHECK(on.release("interlock"));
  on.close();
}

TEST_CASE("J1939 battery: a master's limits lower its own, and only for this battery") {
  bench on;
  on.claim_address();
  const auto limit = [&](std::uint16_t charge, std::uint16_t discharge, std::uint8_t whose) {
    messages::j1939::packet said;
    said.id = {6, 0xFF20, messages::j1939::global_address, j1939_bench::tool_address};
    said.bytes = {static_cast<std::uint8_t>(charge & 0xFF),
                  static_cast<std::uint8_t>(charge >> 8),
                  static_cast<std::uint8_t>(discharge & 0xFF),
                  static_cast<std::uint8_t>(discharge >> 8),
                  0xFF,
                  0xFF,
                  0xFF,
                  whose};
    on.send(said);
    on.live(200'000);
    const auto now = on.last(0xF094);
    return std::pair(number(now.bytes, 2), number(now.bytes, 0));
  };
  CHECK(limit(200, 300, 243) == std::pair<std::uint64_t, std::uint64_t>(32'400, 31'400));
  CHECK(number(on.last(0xF090).bytes, 2) == 21); // 20 A * 52.8 V = 1.056 kW
  CHECK(limit(0, 0, 244) == std::pair<std::uint64_t, std::uint64_t>(32'400, 31'400));
  CHECK(limit(0xFFFF, 100, 243) == std::pair<std::uint64_t, std::uint64_t>(32'400, 31'800));
  CHECK(limit(0xFE00, 0xFB00, 243) == std::pair<std::uint64_t, std::uint64_t>(32'400, 31'800));
  CHECK(limit(5'000, 5'000, 243) == std::pair<std::uint64_t, std::uint64_t>(34'000, 30'000));
}

TEST_CASE("J1939 battery: silence says nothing and hears nothing, and opens") {
  bench on;
  on.claim_address();
  on.close();
  CHECK(on.battery.set("", {}, equipment_effect::silent, 0));
  on.forget();
  on.order_for(1, 1'000'000);
  CHECK(on.packets.empty());
  CHECK(on.battery.controller().state() == state::open);
  CHECK(on.battery.set("", {}, equipment_effect::release, 0));
  on.live(100'000);
  CHECK_FALSE(on.packets.empty());
  CHECK(on.battery.controller().state() == state::open);
}

TEST_CASE("J1939 battery: a reset opens, forgets limits and claims anew") {
  bench on;
  on.claim_address();
  on.close();
  CHECK(on.set("reset", 1));
  on.forget();
  on.live(240'000);
  CHECK(on.battery.controller().state() == state::open);
  REQUIRE(on.packets.size() == 1); // the claim alone, for 250 ms
  CHECK(on.packets.front().id.pgn == 0xEE00);
  on.live(100'000);
  CHECK(on.battery.claim().address() == 243);
  CHECK_FALSE(on.all(0xF090).empty());
  on.close();
}

} // namespace voltaic::actors::simulator::j1939_battery_test
