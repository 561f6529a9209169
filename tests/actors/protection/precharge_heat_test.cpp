#include <catch2/catch.hpp>

#include "actors/contactor/contactor_points.hpp"
#include "actors/protection/bench_chain.hpp"

/// How hot a precharge resistor still is after a restart.
namespace voltaic::actors::protection::precharge_heat_test {

using testing::stage;

namespace {

constexpr std::int64_t year_us = 365LL * 24 * 3'600 * messages::us_per_s;

/// A rack that was closed as often as its resistor takes.
struct hot_rack : stage {
  explicit hot_rack(std::string boot) {
    machine_boot = std::move(boot);
    start();
    run(1'000);
    for (int each = 0; each < 6; ++each) {
      REQUIRE(closes());
      command("rack_0/contactor", "open");
      run(9'000);
    }
    REQUIRE_FALSE(closes());
  }
  bool closes() {
    command("rack_0/contactor", "close");
    run(2'500);
    return order.lease;
  }
  /// The chain starts anew; the journal says what it wrote was written so much earlier.
  void restart(const std::string& boot, std::int64_t older_us = 0) {
    for (auto& each : journal.records)
      if (each.stream == bus::storage::counters_stream) each.utc_us -= older_us;
    machine_boot = boot;
    start();
    run(1'000);
  }
};

} // namespace

TEST_CASE("F-112 a step of the clock cools no precharge resistor") {
  const auto older_us = GENERATE(year_us, -year_us, 0);
  const auto* boot = GENERATE("one", "");
  CAPTURE(older_us, boot);
  hot_rack rack(boot);
  rack.restart(boot, older_us);
  CHECK_FALSE(rack.closes());
}

TEST_CASE("F-112 a precharge resistor cools over a restart as long as the machine's time passed") {
  hot_rack rack("one");
  rack.now_us += contactor::cooling_us;
  rack.restart("one");
  CHECK(rack.closes());
}

TEST_CASE("F-112 over a start of the machine a resistor cools as long as that surely lasts") {
  hot_rack rack("one");
  rack.now_us = messages::us_per_s; // it counts from that start
  rack.restart("another");
  CHECK_FALSE(rack.closes());
  rack.now_us += contactor::cooling_us;
  rack.restart("a third");
  CHECK(rack.closes());
}

TEST_CASE("F-112 heat that was kept by nobody's clock cools by none") {
  const contactor::kept_wear kept{{}, 0.75, {"one", 42}};
  const auto read = contactor::decode_wear(contactor::encode_wear(kept));
  CHECK(read.heat_share == 0.75);
  CHECK(read.stored.boot == "one");
  CHECK(read.stored.monotonic_us == 42);
  for (const auto* body : {R"({"heat_share": 0.75})", R"({"heat_share": 0.75, "boot": 3})",
                           R"({"heat_share": 0.75, "boot": "one", "monotonic_us": "42"})"}) {
    CAPTURE(body);
    CHECK(contactor::decode_wear(body).heat_share == 0.75);
    CHECK(contactor::decode_wear(body).stored.boot.empty());
  }
}

} // namespace voltaic::actors::protection::precharge_heat_test
