#include "actors/inverter_link/readback_model.hpp"

#include <catch2/catch.hpp>

// What the registers of an inverter read counts, where it is tighter than what they were given.
namespace inverter_link_readback_model_test {

using namespace voltaic;
using namespace voltaic::actors::inverter_link;
using messages::inverter::item_of;

namespace {

constexpr std::int64_t s = messages::us_per_s;

/// Two registers that hold what they are given, as long as nobody else writes them.
struct bench {
  readback_model model{{{item_of("charge_power_limit"), "power", {0, 100'000, 100, ""}},
                        {item_of("charge_voltage_limit"),
                         "voltage",
                         {1'000, 1'800, 0.1, ""},
                         messages::tighter::lower}}};
  std::int64_t now_us = 100 * s;
  double power_w = 50'000;
  double voltage_v = 1'700;
  std::optional<double> power_read_w = 50'000;
  std::optional<double> voltage_read_v = 1'700;

  void pass(std::int64_t for_us) {
    for (const auto end_us = now_us + for_us; now_us < end_us; now_us += s / 10)
      model.step(
          {{"power", power_w}, {"voltage", voltage_v}},
          [&](const std::string& point) {
            return point == "power" ? power_read_w : voltage_read_v;
          },
          now_us);
  }
};

} // namespace

TEST_CASE("a register that reads tighter than it was given for 5 s counts as that") {
  bench site;
  site.pass(20 * s);
  CHECK(site.model.tighter().empty());
  site.power_read_w = 0;
  site.pass(s / 10);
  REQUIRE(site.model.tighter().size() == 1);
  CHECK(words_of(site.model.tighter()[0]) == "its register power reads 0 W");
  site.voltage_read_v = 1'583.9;
  site.pass(s / 10);
  CHECK(site.model.tighter().size() == 2);
  REQUIRE(site.model.find(item_of("charge_voltage_limit")) != nullptr);
  CHECK(site.model.find(item_of("charge_voltage_limit"))->held == 1'583.9);
  CHECK(site.model.find(item_of("discharge_power_limit")) == nullptr);
  site.power_read_w = 50'000;
  site.voltage_read_v = 1'700;
  site.pass(s / 10);
  CHECK(site.model.tighter().empty());
}

TEST_CASE("a register counts from the instant on at which it was given as much for 5 s") {
  bench site;
  site.power_read_w = 0;
  site.pass(readback_patience_us);
  CHECK(site.model.tighter().empty());
  site.pass(s / 10);
  CHECK(site.model.tighter().size() == 1);
  site.power_read_w = 49'900; // by one step of its resolution
  site.pass(s / 10);
  CHECK(site.model.tighter().empty());
  site.power_read_w = 49'899;
  site.pass(s / 10);
  CHECK(site.model.tighter().size() == 1);
}

TEST_CASE("what a register was given before nobody gave it anything says nothing of it") {
  for (const double former_w : {50'000.0, 10'000.0}) {
    bench site;
    site.power_w = former_w;
    site.power_read_w = 20'000;
    site.pass(20 * s);
    site.model.step(
        {}, [](const std::string&) { return std::optional<double>(0); }, site.now_us);
    CHECK(site.model.tighter().empty());
    site.power_w = 50'000;
    site.pass(readback_patience_us);
    CHECK(site.model.tighter().empty());
    site.pass(s / 10);
    CHECK(site.model.tighter().size() == 1);
  }
}

TEST_CASE("what a register could not take yet, reads looser or reads not at all does not count") {
  bench site;
  site.power_read_w = 0; // as before the link began
  site.pass(readback_patience_us - s);
  CHECK(site.model.tighter().empty());
  site.power_read_w = 50'000;
  site.pass(20 * s);
  site.power_w = 90'000; // written, and read a moment later
  site.pass(readback_patience_us - s);
  CHECK(site.model.tighter().empty());
  site.pass(2 * readback_patience_us);
  CHECK(site.model.tighter().size() == 1);
  site.power_read_w.reset();
  site.pass(s);
  CHECK(site.model.tighter().empty());
  site.power_read_w = 95'000;
  site.pass(s);
  CHECK(site.model.tighter().empty());
  site.power_read_w = 89'900; // rounded by its step
  site.pass(s);
  CHECK(site.model.tighter().empty());
}

} // namespace inverter_link_readback_model_test
