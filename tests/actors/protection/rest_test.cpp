#include <catch2/catch.hpp>

#include <utility>

#include "actors/protection/full_rack.hpp"

// When it is known that a rack carries nothing: what lets go of latches where nothing tells that
// contactors are open.
namespace voltaic::actors::protection::rest_test {

using testing::bench_rack;
using testing::full_options;
using testing::full_rack;
using testing::options_for;

TEST_CASE("a rack rests once no more than 2 A flowed for 5 s, in either direction") {
  for (const double sign : {1.0, -1.0}) {
    full_rack rack;
    rack.set(measured::current, sign * 2.01);
    rack.run(20'000);
    CHECK_FALSE(rack.model.is_at_rest());
    rack.set(measured::current, sign * 2);
    rack.run(100 + 4'950);
    CHECK_FALSE(rack.model.is_at_rest());
    rack.run(50);
    CHECK(rack.model.is_at_rest());
    rack.set(measured::current, sign * 2.01);
    rack.run(100);
    CHECK_FALSE(rack.model.is_at_rest());
  }
}

TEST_CASE("a rack whose current is late, or that has none, is not known to rest") {
  for (const auto& [period_ms, late_ms] : {std::pair{100, 300}, {1'000, 1'500}}) {
    CAPTURE(period_ms);
    auto options = full_options();
    options.points[position_of(measured::current)].period_ms =
        static_cast<std::uint32_t>(period_ms);
    full_rack rack(options);
    rack.run(20'000);
    REQUIRE(rack.model.is_at_rest());
    rack.silence(measured::current);
    rack.run(late_ms - full_rack::tick_us / messages::us_per_ms);
    CHECK(rack.model.is_at_rest());
    rack.run(full_rack::tick_us / messages::us_per_ms);
    CHECK_FALSE(rack.model.is_at_rest());
  }
  bench_rack cells_alone(options_for("lfp"));
  cells_alone.settle();
  cells_alone.run(20'000);
  CHECK_FALSE(cells_alone.model.is_at_rest());
}

} // namespace voltaic::actors::protection::rest_test
