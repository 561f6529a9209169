#include <catch2/catch.hpp>

#include "actors/protection/full_rack.hpp"

// The clear time is strict: it starts again where data is missing.
namespace voltaic::actors::protection::stale_clear_test {

using testing::bench_rack;
using testing::full_rack;
using testing::has;
using testing::options_for;

TEST_CASE("the clear time starts anew where silence broke it") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 3.61);
  rack.run(4'000);
  rack.set(0, 3.45);
  rack.run(9'500); // of 10 s
  rack.silent = true;
  rack.run(4'500);
  rack.silent = false;
  rack.mark();
  rack.run(9'900);
  CHECK(rack.time_of("clear", "cell_overvoltage/alarm") == -1);
  rack.run(700);
  CHECK(rack.time_of("clear", "cell_overvoltage/alarm") >= 10'000);
}

TEST_CASE("the clear time goes on over what is missing for less than the stale time") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 3.61);
  rack.run(4'000);
  rack.set(0, 3.45);
  rack.mark();
  rack.run(5'000);
  rack.silent = true;
  rack.run(50);
  rack.silent = false;
  rack.run(5'700);
  CHECK(rack.time_of("clear", "cell_overvoltage/alarm") <= 10'500);
  CHECK(rack.time_of("clear", "cell_overvoltage/alarm") >= 10'000);
}

TEST_CASE("an element that is silent alone clears nothing, the others do") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 3.61);
  rack.set(20, 3.61);
  rack.run(4'000);
  rack.set(0, 3.45);
  rack.set(20, 3.45);
  rack.scan();
  std::vector<std::string> cleared;
  const auto play = [&](std::size_t first, int scans) {
    for (int each = 0; each < scans; ++each) {
      rack.now_us += 200'000;
      const std::vector<std::int32_t> part(rack.values.begin() + static_cast<std::ptrdiff_t>(first),
                                           rack.values.end());
      const element_block blocks[] = {
          {static_cast<std::uint32_t>(first), rack.now_us, part, quality::good, {}}};
      inputs news;
      news.blocks = blocks;
      for (const auto& told : rack.model.step(news, {rack.now_us, rack.now_us}).reports) {
        if (told.edge == report::kind::clear &&
            rack.model.rows()[told.row].reason == "cell_overvoltage/alarm")
          cleared.push_back(told.scope);
      }
    }
  };
  play(16, 70); // 14 s without the first sixteen
  CHECK(cleared == std::vector<std::string>{"module_1:cell_4"});
  play(0, 49);
  CHECK(cleared.size() == 1);
  play(0, 3);
  CHECK(cleared == std::vector<std::string>{"module_1:cell_4", "module_0:cell_0"});
}

TEST_CASE("what follows from several values clears while all of them speak") {
  full_rack rack;
  rack.settle();
  rack.set(measured::voltage, 3.56 * 32);
  rack.run(3'000);
  REQUIRE(has(rack, "set rack_overvoltage/alarm"));
  rack.set(measured::voltage, 3.3 * 32);
  rack.run(9'500);
  rack.silence(measured::voltage);
  rack.run(1'000);
  rack.silence(measured::voltage, false);
  rack.run(9'800);
  CHECK_FALSE(has(rack, "clear rack_overvoltage/alarm"));
  rack.run(600);
  CHECK(has(rack, "clear rack_overvoltage/alarm"));
}

TEST_CASE("a silence that ends in the step that sees it starts the clear time anew as well") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 3.56);
  rack.run(4'000);
  rack.set(0, 3.45);
  rack.scan();
  rack.run(3'000); // of 5 s
  rack.now_us += 400'000;
  rack.scan();
  rack.mark();
  rack.run(4'900);
  CHECK(rack.time_of("clear", "cell_overvoltage/warning") == -1);
  rack.run(400);
  CHECK(rack.time_of("clear", "cell_overvoltage/warning") >= 5'000);
}

TEST_CASE("what others are silent about starts no clear time anew") {
  full_rack rack;
  rack.settle();
  rack.set(measured::voltage, 3.32 * 32);
  rack.run(3'000);
  REQUIRE(has(rack, "set voltage_sum_mismatch/warning"));
  rack.set(measured::voltage, 3.3 * 32);
  rack.run(5'000); // of 10 s
  rack.silence(measured::soc);
  rack.run(6'500);
  CHECK(has(rack, "clear voltage_sum_mismatch/warning"));
}

} // namespace voltaic::actors::protection::stale_clear_test
