#include <catch2/catch.hpp>

#include "actors/simulator/serial_battery_model.hpp"
#include "messages/profiles/answer_plan.hpp"
#include "messages/support/profiles.hpp"

// The contactors of a simulated battery on plain RS-485.
namespace voltaic::actors::simulator::serial_battery_test {
namespace {

using messages::contactor_order;

constexpr std::int64_t ms = 1'000;
constexpr std::uint8_t address = 2;

struct pack {
  explicit pack(
      messages::profiles::device_profile described = tests::load_file("rs485_battery.json"))
      : profile(std::make_shared<const messages::profiles::device_profile>(std::move(described))) {
    live(0);
  }

  /// Said with the next counter, unless another one is given.
  void order(contactor_order contactor, std::optional<std::uint64_t> counter = {}) {
    said = counter.value_or(said + 1);
    const bool lease = contactor != contactor_order::open;
    const auto made = plan.encode_order({"pack_0", epoch, said, contactor, lease});
    REQUIRE(made);
    const std::vector<std::uint8_t> bytes(made->registers.begin(), made->registers.end());
    const auto order = plan.dialect().settings.at(made->address).order;
    answered = battery.answer(messages::serial::fill(order, address, bytes)).bytes;
  }
  void live(std::int64_t milliseconds) {
    for (std::int64_t i = 0; i <= milliseconds; i += 10) battery.step(now_us += 10 * ms);
  }
  void close() {
    for (const auto each :
         {contactor_order::open, contactor_order::precharge, contactor_order::close}) {
      order(each);
      live(1'000);
    }
  }
  [[nodiscard]] bool is_closed() const { return battery.controller()->conducting(); }

  std::shared_ptr<const messages::profiles::device_profile> profile;
  messages::profiles::answer_plan plan = *messages::profiles::answer_plan::compile(*profile);
  serial_battery_model battery{profile, address};
  std::vector<std::uint8_t> answered;
  std::int64_t now_us = 0;
  std::uint64_t said = 0;
  std::uint16_t epoch = 7;
};

} // namespace

TEST_CASE("a simulated battery on RS-485 closes by orders, and opens when its lease ends") {
  pack it;
  it.close();
  CHECK(it.is_closed());
  CHECK_FALSE(it.answered.empty());
  it.battery.carry(10);
  it.live(900); // of 2 s, of which closing took one
  CHECK(it.is_closed());
  it.live(300);
  CHECK_FALSE(it.is_closed());
  CHECK(it.battery.controller()->opened_by_lease());
  it.order(contactor_order::close);
  it.live(100);
  CHECK_FALSE(it.is_closed()); // a lapsed one closes by all three steps alone
}

TEST_CASE("a simulated battery on RS-485 takes no order twice, and none of a former epoch") {
  pack it;
  it.close();
  it.order(contactor_order::open, it.said);
  it.live(100);
  CHECK(it.is_closed());
  it.epoch = 6;
  it.order(contactor_order::open);
  it.live(100);
  CHECK(it.is_closed());
  it.epoch = 7;
  it.order(contactor_order::open);
  it.live(100);
  CHECK_FALSE(it.is_closed());
}

TEST_CASE("a simulated battery on RS-485 without a lease stays as it was told") {
  auto described = tests::load_file("rs485_battery.json");
  described.lease = {};
  pack it(described);
  it.close();
  it.live(60'000);
  CHECK(it.is_closed());
  it.order(contactor_order::open);
  it.live(100);
  CHECK_FALSE(it.is_closed());
}

TEST_CASE("a simulated battery on RS-485 that is silent, or refuses, obeys nothing") {
  const auto effect = GENERATE(equipment_effect::silent, equipment_effect::exception);
  pack it;
  it.close();
  REQUIRE(it.battery.set("", {}, effect, 4));
  it.order(contactor_order::open);
  it.live(100);
  CHECK(it.is_closed());
  CHECK(it.answered.empty() == (effect == equipment_effect::silent));
  it.live(2'000);
  CHECK_FALSE(it.is_closed()); // by its lease
}

} // namespace voltaic::actors::simulator::serial_battery_test
