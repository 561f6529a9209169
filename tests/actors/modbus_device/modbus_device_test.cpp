#include <catch2/catch.hpp>

#include "actors/modbus_device/device_fixture.hpp"

// What a device says of the rounds of its line.
namespace voltaic::actors::modbus_device::modbus_device_test {
namespace {

TEST_CASE_METHOD(device_fixture,
                 "a Modbus device says its catalogue and the exact values of a round") {
  const auto catalogues = node.outside.all<messages::catalogue>();
  REQUIRE_FALSE(catalogues.empty());
  const auto& catalogue = std::get<messages::catalogue>(catalogues[0].payload);
  CHECK(catalogue.owner == "meter_0");
  CHECK(catalogue.points[voltage].name == "meter_0/voltage");
  CHECK(catalogue.points[voltage].channel == "meter_0/Voltage");
  CHECK(catalogue.points[limit].writable);
  CHECK_FALSE(catalogue.points[voltage].writable);
  deliver(good_round());
  CHECK(newest(voltage).values == decltype(messages::block::values){messages::block::words{1000}});
  CHECK(std::get<messages::block::integers>(newest(energy).values)[0] == 1002 * 65536 + 1003);
  CHECK(std::get<messages::block::integers>(newest(swapped).values)[0] == 1005 * 65536 + 1004);
  CHECK(newest(string_current).values ==
        decltype(messages::block::values){messages::block::words{1008, 1009, 1010, 1011}});
  CHECK(newest(limit).quality == quality::good);
  CHECK(newest(limit).source_time_us == node.clock.now().monotonic_us);
}

TEST_CASE_METHOD(device_fixture, "F-080 a value that the device refuses is invalid at once") {
  deliver(good_round());
  poll round = good_round();
  for (auto& answer : round.answers) {
    if (answer.request.address != 250) continue;
    answer.outcome = outcome::exception;
    answer.exception_code = 2;
    answer.registers.clear();
  }
  deliver(round);
  CHECK(newest(absent).quality == quality::invalid);
  CHECK(newest(energy).quality == quality::good);
  CHECK(newest_event() == "degraded MB_EXC");
  for (int count = 0; count < 3; ++count) deliver(good_round());
  CHECK(newest(absent).quality == quality::good);
  CHECK(states().back() == "running");
}

TEST_CASE_METHOD(device_fixture,
                 "F-081 silence makes values stale after 1.5 periods, never fresh again") {
  deliver(good_round());
  const auto time_us = newest(energy).source_time_us;
  node.advance(100 * ms);
  deliver(round_of(outcome::timeout));
  CHECK(newest(energy).quality == quality::good);
  CHECK(newest_event() == "backoff MB_TMO");
  node.advance(400 * ms);
  CHECK(newest(energy).quality == quality::stale);
  CHECK(newest(energy).source_time_us == time_us);
  const auto said = node.outside.all<messages::telemetry>().size();
  for (int count = 0; count < 5; ++count) {
    deliver(round_of(outcome::disconnected));
    node.advance(100 * ms);
  }
  CHECK(node.outside.all<messages::telemetry>().size() == said);
  for (int count = 0; count < 3; ++count) deliver(good_round());
  CHECK(newest(energy).quality == quality::good);
}

TEST_CASE_METHOD(device_fixture,
                 "a Modbus value once stale needs three good samples in a row to be good again") {
  const auto out_of_range = [&] {
    poll round = good_round();
    for (auto& answer : round.answers)
      if (answer.request.table == bus::modbus::table::input) answer.registers[0] = 20'000;
    return round;
  };
  deliver(good_round());
  CHECK(newest(voltage).quality == quality::good); // the first of a start
  node.advance(500 * ms);
  REQUIRE(newest(voltage).quality == quality::stale);
  const auto stale_us = newest(voltage).source_time_us;
  deliver(good_round());
  CHECK(newest(voltage).quality == quality::stale);
  CHECK(newest(voltage).source_time_us > stale_us); // it is new, and not yet trusted
  CHECK(newest(string_current).quality == quality::stale);
  CHECK(newest(string_current).element_quality.empty());
  deliver(good_round());
  CHECK(newest(voltage).quality == quality::stale);
  deliver(out_of_range()); // a bad one begins anew
  CHECK(newest(voltage).quality == quality::invalid);
  CHECK(newest(energy).quality == quality::good);
  for (const auto expected : {quality::stale, quality::stale, quality::good}) {
    deliver(good_round());
    CHECK(newest(voltage).quality == expected);
  }
  deliver(out_of_range()); // what was never stale is good with its next good sample
  deliver(good_round());
  CHECK(newest(voltage).quality == quality::good);
}

TEST_CASE_METHOD(device_fixture, "a Modbus value that is refused while it recovers begins anew") {
  deliver(good_round());
  node.advance(500 * ms);
  for (int count = 0; count < 2; ++count) deliver(good_round());
  deliver(round_of(outcome::exception, 2));
  CHECK(newest(energy).quality == quality::invalid);
  for (const auto expected : {quality::stale, quality::stale, quality::good}) {
    deliver(good_round());
    CHECK(newest(energy).quality == expected);
  }
}

TEST_CASE_METHOD(device_fixture,
                 "a device of which some answers are missing is told so, not as refusing") {
  deliver(good_round());
  poll round = good_round();
  round.answers.back().outcome = outcome::timeout;
  round.answers.back().reason = "no answer in time";
  round.answers.back().registers.clear();
  deliver(round);
  CHECK(newest_event() == "degraded MB_TMO");
  for (int count = 0; count < 3; ++count) deliver(good_round());
  CHECK(newest_event() == "running ");
  // One that refused a read of another period before it fell silent is silent.
  round = good_round();
  round.answers.front().outcome = outcome::exception;
  round.answers.front().exception_code = 2;
  round.answers.front().registers.clear();
  deliver(round);
  CHECK(newest_event() == "degraded MB_EXC");
  auto late = round_of(outcome::timeout);
  late.first_read = 1;
  late.answers.erase(late.answers.begin());
  deliver(late);
  CHECK(newest_event() == "backoff MB_TMO");
}

TEST_CASE_METHOD(device_fixture,
                 "a value out of its valid range is invalid, its neighbours are not") {
  poll round = good_round();
  for (auto& answer : round.answers)
    if (answer.request.table == bus::modbus::table::input) answer.registers[0] = 20'000;
  deliver(round);
  CHECK(newest(voltage).quality == quality::invalid);
  CHECK(newest(energy).quality == quality::good);
}

} // namespace
} // namespace voltaic::actors::modbus_device::modbus_device_test
