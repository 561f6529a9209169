#include <catch2/catch.hpp>

#include "actors/can_device/j1939_bench.hpp"
#include "messages/j1939/requests.hpp"

/// Our own address on a bus of J1939, and what is sent from it.
namespace j1939_own_address_test {

using namespace j1939_bench;

TEST_CASE("before our own claim has waited 250 ms nothing but it is sent") {
  bench with;
  with.run(240 * ms);
  for (const auto& one : with.sent) {
    const auto said = j1939::packet_of(one);
    REQUIRE(said);
    // Who has no address asks from that of nobody.
    CHECK((said->id.pgn == groups::address_claimed || said->id.source == j1939::null_address));
  }
  CHECK_FALSE(with.sent_of(groups::address_claimed).empty());
  CHECK_FALSE(with.device().frames_for(order_frame(), with.now_us));
  with.run(100 * ms);
  const auto frames = with.device().frames_for(order_frame(), with.now_us);
  REQUIRE(frames);
  REQUIRE(frames->size() == 1);
  CHECK(frames->front().id == j1939::join({3, 0x1B00, battery_address, own_address_on_bus}));
}

TEST_CASE("our own address is defended against higher NAMEs and lost to a lower one") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.run(200 * ms);
  const auto claims = with.sent_of(groups::address_claimed).size();
  with.hear_claim(own_address_on_bus, 0x8000'0000'0000'0000);
  with.run(20 * ms);
  CHECK(with.sent_of(groups::address_claimed).size() == claims + 1);
  CHECK(with.text("j1939_own_address") == "address 39");
  with.hear_claim(own_address_on_bus, 1);
  with.run(200 * ms);
  CHECK(with.count("ADDRESS_LOST/lost") == 1);
  CHECK(with.text("j1939_own_address").starts_with("lost"));
  with.sent.clear();
  with.run(30'000 * ms);
  CHECK(with.sent.empty());
  CHECK_FALSE(with.device().frames_for(order_frame(), with.now_us));
  // What the battery says by itself is heard on.
  CHECK(with.is_good("voltage"));
}

TEST_CASE(
    "our own address is lost to whoever claims it again and again, and nothing is sent from it") {
  for (const bool claims : {true, false}) {
    auto role = role_of();
    role.claims = claims;
    bench with(role);
    REQUIRE(with.await_state("operational"));
    for (int i = 0; i < 2 * own_defenses_max; ++i) {
      with.hear_claim(own_address_on_bus, 0x8000'0000'0000'0000);
      with.run(10 * ms);
    }
    CHECK(with.count("ADDRESS_LOST/lost") == 1);
    CHECK(with.reason_of("ADDRESS_LOST").starts_with("address 39 is claimed again and again"));
    CHECK(with.sent_of(groups::address_claimed).size() <= std::size_t{own_defenses_max} + 1);
    CHECK_FALSE(with.device().frames_for(order_frame(), with.now_us));
  }
}

TEST_CASE("requests without end use up no defense of our own address") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.sent.clear();
  for (int i = 0; i < 300; ++i) {
    with.hear(j1939::request_for(groups::address_claimed, 0x20, own_address_on_bus));
    with.run(10 * ms);
  }
  CHECK(with.sent_of(groups::address_claimed).size() == own_answers_max);
  with.hear_claim(own_address_on_bus, 0x8000'0000'0000'0000);
  with.run(20 * ms);
  CHECK(with.sent_of(groups::address_claimed).size() == own_answers_max + 1);
  CHECK(with.text("j1939_own_address") == "address 39");
}

TEST_CASE("a claim that the bus refused is said again, and nothing is sent before") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.device().unsent(with.now_us);
  CHECK_FALSE(with.device().frames_for(order_frame(), with.now_us));
  with.sent.clear();
  with.run(200 * ms);
  CHECK(with.sent_of(groups::address_claimed).empty()); // not at once: the bus is down
  REQUIRE(with.await([&] { return with.sent_of(groups::address_claimed).size() == 1; }, 200 * ms));
  CHECK_FALSE(with.device().frames_for(order_frame(), with.now_us));
  with.run(260 * ms);
  CHECK(with.device().frames_for(order_frame(), with.now_us));
}

TEST_CASE("what we are asked for and do not have is refused, what everybody is asked for is not") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.run(300 * ms);
  with.sent.clear();
  with.hear(j1939::request_for(0xFEDA, 0x20, own_address_on_bus));
  with.run(20 * ms);
  const auto refusals = with.sent_of(groups::acknowledgement);
  REQUIRE(refusals.size() == 1);
  CHECK(refusals[0].bytes == j1939::refusal_of(0xFEDA, own_address_on_bus, 0x20).bytes);
  with.hear(j1939::request_for(0xFEDA, 0x20, j1939::global_address));
  with.run(20 * ms);
  CHECK(with.sent_of(groups::acknowledgement).size() == 1);
}

TEST_CASE("a device that does not claim for the bus says no claim, and stops all the same") {
  auto role = role_of();
  role.claims = false;
  bench with(role);
  REQUIRE(with.await_state("operational"));
  CHECK(with.sent_of(groups::address_claimed).empty());
  with.hear_claim(own_address_on_bus, own_name); // by the one that claims
  with.run(300 * ms);
  CHECK(with.text("j1939_own_address") == "address 39");
  with.hear_claim(own_address_on_bus, 1);
  with.run(200 * ms);
  CHECK(with.text("j1939_own_address").starts_with("lost"));
  CHECK(with.sent_of(groups::address_claimed).empty());
}

} // namespace j1939_own_address_test
