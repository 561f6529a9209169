#include "actors/modbus_device/line_orders.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "messages/profiles/answer_plan.hpp"
#include "messages/support/profiles.hpp"

// Orders to the contactors of a battery on plain RS-485, which takes them as its profile says.
namespace voltaic::actors::modbus_device::line_orders_test {
namespace {

using bus::modbus::outcome;
using messages::contactor_order;

constexpr std::int64_t ms = 1'000;
constexpr std::int64_t start_us = 3'600'000'000;
constexpr std::int64_t renewal_us = 500 * ms; // its lease is 2 s
constexpr std::uint8_t address = 2;

struct bench {
  bool order(contactor_order contactor) {
    return obey({"pack_0", 7, ++counter, contactor, contactor != contactor_order::open});
  }
  bool obey(const messages::order& said) {
    const bool was_used = orders.obey({said, now_us}, now_us, token);
    if (was_used) ++token;
    return was_used;
  }
  /// Of the newest that was written.
  void answer(outcome what) {
    bus::modbus::write_answer said;
    said.token = written.back().token;
    said.outcome = what;
    said.sent = what != outcome::disconnected && what != outcome::expired;
    said.time_us = now_us;
    CHECK(orders.take(said));
  }
  /// The contactor's byte of each order that was written.
  [[nodiscard]] std::vector<int> contactors() const {
    std::vector<int> result;
    for (const auto& each : written) result.push_back(each.registers.at(4));
    return result;
  }
  /// How many orders go out while the contactor says the same each 10 ms, and nobody answers.
  std::size_t said_for(std::int64_t duration_us, contactor_order contactor, outcome each) {
    const auto before = written.size();
    for (const auto end_us = now_us + duration_us; now_us < end_us; now_us += 10 * ms)
      if (order(contactor)) answer(each);
    return written.size() - before;
  }

  messages::profiles::device_profile profile = tests::load_file("rs485_battery.json");
  messages::profiles::answer_plan plan = *messages::profiles::answer_plan::compile(profile);
  std::vector<bus::modbus::write_request> written;
  bool line_has_room = true;
  line_orders orders{plan, profile.lease, address, [this](bus::modbus::write_request request) {
                       if (line_has_room) written.push_back(std::move(request));
                       return line_has_room;
                     }};
  std::int64_t now_us = start_us;
  std::uint64_t token = 100;
  std::uint64_t counter = 0x0203;
};

} // namespace

TEST_CASE("an order on plain RS-485 carries epoch, counter, contactor and lease as profiled") {
  bench line;
  CHECK(line.obey({"pack_0", 0x1234, 0x0304, contactor_order::close, true}));
  REQUIRE(line.written.size() == 1);
  CHECK(line.written[0].unit == address);
  CHECK(line.written[0].token == 100);
  CHECK(line.written[0].address == 0); // the first command
  CHECK(line.written[0].registers == std::vector<std::uint16_t>{0x34, 0x12, 0x04, 0x03, 2, 1});
}

TEST_CASE("an unchanged order on a line is said four times in a lease, a changed one at once") {
  bench line;
  CHECK(line.said_for(2'000 * ms, contactor_order::close, outcome::done) == 4);
  CHECK(line.said_for(10 * ms, contactor_order::open, outcome::done) == 1);
  CHECK(line.contactors().back() == 0);
}

TEST_CASE("an unchanged order waits for its answer, for no longer than a lease") {
  bench line;
  CHECK(line.order(contactor_order::close));
  line.now_us += 4 * renewal_us - 10 * ms;
  CHECK_FALSE(line.order(contactor_order::close));
  line.now_us += 10 * ms + renewal_us; // the lost one is held for one renewal
  CHECK_FALSE(line.order(contactor_order::close));
  line.now_us += renewal_us;
  CHECK(line.order(contactor_order::close));
}

TEST_CASE("an order to open passes one that waits for its answer") {
  bench line;
  CHECK(line.order(contactor_order::close));
  const auto first = line.written.back().token;
  CHECK(line.order(contactor_order::open));
  CHECK_FALSE(line.order(contactor_order::open)); // that one waits now
  CHECK(line.contactors() == std::vector{2, 0});
  bus::modbus::write_answer late;
  late.token = first;
  late.outcome = outcome::done;
  CHECK_FALSE(line.orders.take(late)); // nobody waits for it any more
  line.answer(outcome::done);
}

TEST_CASE("what keeps closed is worthless to the line after 250 ms, what opens never is") {
  bench line;
  CHECK(line.order(contactor_order::close));
  CHECK(line.written.back().deadline_us == line.now_us + runtime::order_age_max_us);
  CHECK(line.order(contactor_order::open));
  CHECK(line.written.back().deadline_us == 0);
}

TEST_CASE("a lease that was ordered long before the present is not renewed on a line") {
  bench line;
  const messages::order keeps{"pack_0", 7, 1, contactor_order::close, true};
  const auto late_us = line.now_us + runtime::order_age_max_us + 1;
  CHECK_FALSE(line.orders.obey({keeps, line.now_us}, late_us, 1));
  const messages::order opens{"pack_0", 7, 1, contactor_order::open, false};
  CHECK(line.orders.obey({opens, line.now_us}, late_us, 1));
}

TEST_CASE("orders that are not taken come again with each renewal, after three each 5 s") {
  const auto fate = GENERATE(outcome::timeout, outcome::bad_answer, outcome::exception);
  bench line;
  CHECK(line.said_for(3 * renewal_us, contactor_order::close, fate) == 3);
  CHECK(line.said_for(20'000 * ms, contactor_order::close, fate) == 4);
  // A changed one is tried at once all the same, and with the first that is taken all is as before.
  CHECK(line.said_for(10 * ms, contactor_order::open, outcome::done) == 1);
  CHECK(line.said_for(2'000 * ms, contactor_order::close, outcome::done) == 4);
}

TEST_CASE("an order to open that is not taken comes again each second, after three") {
  bench line;
  CHECK(line.said_for(3 * renewal_us, contactor_order::open, outcome::timeout) == 3);
  CHECK(line.said_for(20'000 * ms, contactor_order::open, outcome::timeout) == 20);
}

TEST_CASE("an order that never went out is no loss of the device, and is due again") {
  bench line;
  CHECK(line.said_for(10 * renewal_us, contactor_order::close, outcome::disconnected) == 10);
  CHECK(line.said_for(100 * ms, contactor_order::close, outcome::expired) == 10);
  CHECK(line.said_for(2'000 * ms, contactor_order::close, outcome::done) == 4);
}

TEST_CASE("an order that finds no room on its line is tried again with the next step") {
  bench line;
  line.line_has_room = false;
  CHECK_FALSE(line.order(contactor_order::open));
  line.line_has_room = true;
  CHECK(line.order(contactor_order::open));
}

TEST_CASE("a device without orders gets none") {
  bench line;
  const auto pylontech = tests::load_file("pylontech_rs485.json");
  const auto plan = *messages::profiles::answer_plan::compile(pylontech);
  CHECK_FALSE(plan.encode_order({"pack_0", 1, 1, contactor_order::open, false}));
  line_orders none{plan, pylontech.lease, address, [](auto) { return true; }};
  CHECK_FALSE(none.obey({{"pack_0", 1, 1, contactor_order::open, false}, start_us}, start_us, 1));
}

} // namespace voltaic::actors::modbus_device::line_orders_test
