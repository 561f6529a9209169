#include <catch2/catch.hpp>
#include <set>
#include <vector>

#include "messages/can/duty_pace.hpp"
#include "messages/canopen/fast_scan.hpp"
#include "messages/canopen/identifiers.hpp"
#include "messages/canopen/node_census.hpp"
#include "messages/canopen/sdo_frame.hpp"
#include "support/lss_device.hpp"

namespace commissioning_test {

using namespace voltaic::messages;
using namespace voltaic::messages::canopen;
using voltaic::tests::lss_device;

namespace {

constexpr std::int64_t answer_us = 20'000;

/// One scan; each device answers at once.
lss::fast_scan scan(std::vector<lss_device>& devices, unsigned deaf_question = 0) {
  lss::fast_scan by(answer_us);
  unsigned questions = 0;
  for (std::int64_t now_us = 0; !by.is_over(); now_us += answer_us) {
    const auto asked = by.next_frame(now_us);
    if (!asked) continue;
    ++questions;
    for (auto& each : devices) {
      const auto answer = each.take(*asked);
      if (answer && questions != deaf_question) by.receive({answer->data.data(), answer->length});
    }
    REQUIRE(questions < 1'000);
  }
  return by;
}

can::frame answer_of(std::uint8_t node, const can::frame& asked, std::uint32_t number) {
  can::frame said;
  said.id = cob_id({service::sdo_response, node});
  said.length = 8;
  said.data = asked.data;
  said.data[0] = 0x43;
  for (std::size_t i = 0; i < 4; ++i)
    said.data[4 + i] = static_cast<std::uint8_t>(number >> (8 * i));
  return said;
}

} // namespace

TEST_CASE("LSS fast scan finds two devices without a node id, one after the other") {
  const lss::identity first{0x360, 7, 0x0001'0002, 0xFFFF'FFFF};
  const lss::identity second{0x360, 7, 0x0001'0002, 0x0000'0001};
  std::vector<lss_device> devices = {lss_device(first), lss_device(second)};
  std::set<std::uint32_t> serials;
  for (int i = 0; i < 2; ++i) {
    const auto by = scan(devices);
    REQUIRE(by.found());
    CHECK(by.found()->vendor == 0x360);
    CHECK(by.found()->revision == 0x0001'0002);
    serials.insert(by.found()->serial);
  }
  CHECK(serials == std::set<std::uint32_t>{1, 0xFFFF'FFFF});
  const auto none = scan(devices);
  CHECK_FALSE(none.found());
  CHECK_FALSE(none.has_failed());
}

TEST_CASE("LSS fast scan tells that an answer was lost, and finds no device that is not there") {
  std::vector<lss_device> devices = {lss_device({1, 2, 3, 4})};
  for (unsigned deaf = 2; deaf < 30; ++deaf) {
    devices = {lss_device({1, 2, 3, 4})};
    const auto by = scan(devices, deaf);
    CHECK(by.has_failed() != by.found().has_value());
    if (by.found()) CHECK(*by.found() == lss::identity{1, 2, 3, 4});
  }
}

TEST_CASE("F-065 a census tells who is there, and two nodes with one id") {
  node_census census({answer_us, 2, true, 0, {7}}, 0);
  std::int64_t now_us = 0;
  unsigned questions = 0;
  while (!census.is_over(now_us)) {
    if (const auto asked = census.next_frame(now_us)) {
      ++questions;
      const auto node = static_cast<std::uint8_t>(asked->id - 0x600);
      CHECK(node != 7); // whom somebody else asks
      const bool is_serial = asked->data[3] == 4 && asked->data[2] == 0x10;
      if (node == 5) census.receive(answer_of(5, *asked, is_serial ? 77 : 0x1A2));
      if (node == 9) census.receive(answer_of(9, *asked, 1));
      if (node == 9 && is_serial) census.receive(answer_of(9, *asked, 2));
      if (node == 10) census.receive(answer_of(10, *asked, 3)); // two that say the same
      if (node == 10) census.receive(answer_of(10, *asked, 3));
    }
    now_us += 1'000;
  }
  census.receive(make_error_control(30, {nmt_state::operational}));
  CHECK(questions == 126 + 123 + 4 * 3);
  REQUIRE(census.nodes().size() == 4);
  const auto& battery = census.nodes().at(5);
  CHECK_FALSE(battery.is_double);
  CHECK(battery.numbers.at({0x1000, 0}) == 0x1A2);
  CHECK(battery.numbers.at({0x1018, 4}) == 77);
  CHECK(census.nodes().at(9).is_double);
  CHECK(census.nodes().at(10).is_double);
  CHECK(census.nodes().at(30).state == nmt_state::operational);
  CHECK_FALSE(census.nodes().at(30).answers);
}

TEST_CASE("a census that only listens asks nobody") {
  node_census census({answer_us, 2, false, 1'000'000, {}}, 0);
  CHECK_FALSE(census.next_frame(500'000));
  census.receive(make_error_control(3, {nmt_state::pre_operational}));
  CHECK_FALSE(census.is_over(999'999));
  CHECK(census.is_over(1'000'000));
  CHECK(census.nodes().contains(3));
}

TEST_CASE("a pace keeps a sender to its share of the bus") {
  can::duty_pace pace(250'000, 0.3);
  can::frame item;
  item.id = 0x605;
  item.length = 8;
  item.data.fill(0x55);
  const auto bits = can::exact_bits(item);
  constexpr std::int64_t second_us = 1'000'000;
  std::uint64_t sent = 0;
  for (std::int64_t now_us = second_us; now_us < 11 * second_us; now_us += 1'000)
    while (pace.may_send(now_us)) {
      pace.sent(item, now_us);
      ++sent;
    }
  const double share = static_cast<double>(sent * bits) / (10 * 250'000.0);
  CHECK(share > 0.29);
  CHECK(share < 0.31);
}

} // namespace commissioning_test
