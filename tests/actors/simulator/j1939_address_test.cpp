#include <catch2/catch.hpp>
#include <set>

#include "j1939_bench.hpp"
#include "messages/j1939/name.hpp"

// Which address a simulated J1939 battery has, and what it hears of others.
namespace voltaic::actors::simulator::j1939_address_test {

using j1939_bench::battery_address;
using j1939_bench::bench;
using j1939_bench::number;
using j1939_bench::tool_address;
namespace j1939 = messages::j1939;
using claim_state = j1939::address_claim::state;

TEST_CASE("J1939 battery: it claims with its NAME, and says nothing for 250 ms") {
  bench on(2);
  on.live(250'000);
  REQUIRE(on.packets.size() == 1);
  const auto& claim = on.packets.front();
  CHECK(j1939::frame_of(claim).id == 0x18EEFFF5); // 245
  const auto name = j1939::split_name(number(claim.bytes, 0, 8));
  CHECK(name.arbitrary_address_capable);
  CHECK(name.industry_group == 0);
  CHECK(name.vehicle_system == 0);
  CHECK(name.function == 255);
  CHECK(name.function_instance == 0);
  CHECK(name.ecu_instance == 0);
  CHECK(name.manufacturer_code == 1'382);
  CHECK(name.identity_number == 1'002);
  on.live(20'000);
  CHECK_FALSE(on.all(0xF090).empty());
}

TEST_CASE("J1939 battery: before it has an address nobody gets an answer, whatever is addressed") {
  bench on;
  on.live(100'000);
  on.forget();
  j1939::transfer_control said;
  said.kind = j1939::control_kind::request_to_send;
  said.pgn = 0xEF00;
  said.size = 20;
  said.packets = 3;
  said.packets_a_turn = 3;
  for (const auto to : {battery_address, j1939::null_address}) {
    on.send(j1939::packet_of(said, tool_address, to));
    on.request(0xFEEC, to);
    on.request(0xFC5E, to);
  }
  on.live(100'000);
  CHECK(on.packets.empty());
}

TEST_CASE("J1939 battery: it answers who asks for its claim, alone or all") {
  bench on;
  on.claim_address();
  on.forget();
  on.request(0xEE00);
  on.live(20'000);
  CHECK(on.all(0xEE00).size() == 1);
  on.request(0xEE00, j1939::global_address);
  on.live(20'000);
  CHECK(on.all(0xEE00).size() == 2);
  CHECK(on.all(0xE800).empty());
}

TEST_CASE("J1939 battery: it keeps its address against a higher NAME") {
  bench on;
  on.claim_address();
  on.close();
  on.forget();
  on.claim(battery_address, UINT64_MAX);
  on.order_for(1, 300'000);
  CHECK(on.all(0xEE00).size() == 1);
  CHECK(on.battery.claim().address() == battery_address);
  CHECK(on.battery.controller().conducting());
}

TEST_CASE("J1939 battery: it loses against a lower NAME, moves, and takes orders only there") {
  bench on;
  on.claim_address();
  on.close();
  on.claim(244, 1); // is not free
  on.forget();
  on.claim(battery_address, 2);
  on.live(240'000);
  CHECK(on.battery.claim().current() == claim_state::claiming);
  CHECK(on.packets.size() == 1);
  on.live(100'000);
  CHECK(on.battery.claim().address() == 245);
  for (const auto& one : on.packets) CHECK(one.id.source == 245);
  CHECK_FALSE(on.all(0xF090).empty());
  on.order_for(1, 600'000); // to the old address
  CHECK(on.battery.controller().state() == contactor_state::open);
  const auto order = [&](std::uint8_t what, int times) {
    for (int i = 0; i < times; ++i) {
      on.send(bench::order(what, ++on.counter, 245));
      on.live(100'000);
    }
  };
  order(0, 2);
  order(2, 10);
  order(1, 3);
  CHECK(on.battery.controller().conducting());
}

TEST_CASE("J1939 battery: without any address it says nothing and opens") {
  bench on;
  on.claim_address();
  on.close();
  for (unsigned address = 128; address <= 247; ++address)
    if (address != battery_address) on.claim(static_cast<std::uint8_t>(address), address);
  on.claim(battery_address, 1);
  on.live(200'000);
  on.forget();
  on.order_for(1, 1'000'000);
  CHECK(on.battery.claim().current() == claim_state::cannot_claim);
  CHECK(on.packets.empty());
  CHECK(on.battery.controller().state() == contactor_state::open);
  // Commanded to one outside of what it chooses from, it speaks again.
  auto command = j1939::bytes_of_name(j1939_battery_name(0));
  std::vector<std::uint8_t> payload(command.begin(), command.end());
  payload.push_back(250);
  on.transport({j1939::groups::commanded_address, 6, tool_address, j1939::global_address, payload});
  on.live_s(1);
  CHECK(on.battery.claim().address() == 250);
  CHECK_FALSE(on.all(0xF090).empty());
}

TEST_CASE("J1939 battery: a commanded address of another NAME is none of its business") {
  bench on;
  on.claim_address();
  const auto command = j1939::bytes_of_name(j1939_battery_name(1));
  std::vector<std::uint8_t> payload(command.begin(), command.end());
  payload.push_back(130);
  on.transport({j1939::groups::commanded_address, 6, tool_address, j1939::global_address, payload});
  on.live_s(1);
  CHECK(on.battery.claim().address() == battery_address);
}

TEST_CASE("J1939 battery: a claim battle on demand is as long as was said") {
  bench on;
  on.claim_address();
  on.forget();
  CHECK(on.set("claim_battle", 5));
  on.live_s(4);
  const auto own_name = j1939_battery_name(0);
  std::size_t strikes = 0;
  std::set<unsigned> addresses;
  for (const auto& one : on.all(0xEE00)) {
    const auto name = number(one.bytes, 0, 8);
    if (name == own_name) {
      addresses.insert(one.id.source);
    } else {
      CHECK(name < own_name);
      ++strikes;
    }
  }
  CHECK(strikes == 5);
  CHECK(addresses.size() == 5); // each time another one
  CHECK(on.battery.claim().current() == claim_state::normal);
  CHECK(on.set("claim_battle", 255));
  on.live_s(1);
  CHECK(on.release("claim_battle"));
  on.live_s(1);
  on.forget();
  on.live_s(2);
  CHECK(on.all(0xEE00).empty());
}

TEST_CASE("F-065 J1939 battery: a second one with its NAME says the same from another address") {
  bench on(1);
  on.claim_address();
  on.forget();
  CHECK(on.set("second_battery", 1));
  on.live_s(1);
  REQUIRE(on.all(0xEE00).size() == 1);
  CHECK(on.all(0xEE00).front().id.source == 201);
  CHECK(number(on.all(0xEE00).front().bytes, 0, 8) == j1939_battery_name(1));
  const auto from = [&](unsigned address) {
    const auto all = on.all(0xF090);
    return std::ranges::count_if(all, [=](const auto& one) { return one.id.source == address; });
  };
  CHECK(from(244) == from(201));
  on.request(0xEE00, j1939::global_address);
  on.live(20'000);
  CHECK(on.all(0xEE00).size() == 3); // both
  CHECK(on.release("second_battery"));
  on.forget();
  on.live_s(1);
  CHECK(from(201) == 0);
}

TEST_CASE("J1939 battery: two on one bus have two addresses, also when one loses its own") {
  j1939_battery_model first(0);
  j1939_battery_model second(1);
  std::vector<messages::can::frame> said_first;
  std::vector<messages::can::frame> said_second;
  const auto live = [&](std::int64_t from_us, std::int64_t to_us) {
    for (auto now_us = from_us; now_us < to_us; now_us += j1939_bench::step_us) {
      const auto heard = std::exchange(said_second, {});
      said_second = second.step(now_us, std::exchange(said_first, {}));
      said_first = first.step(now_us, heard);
    }
  };
  live(1'000'000, 2'000'000);
  CHECK(first.claim().address() == 243);
  CHECK(second.claim().address() == 244);
  CHECK(first.set("claim_battle", {}, equipment_effect::value, 1));
  live(2'000'000, 3'000'000);
  CHECK(first.claim().address() == 245);
  CHECK(second.claim().address() == 244);
}

} // namespace voltaic::actors::simulator::j1939_address_test
