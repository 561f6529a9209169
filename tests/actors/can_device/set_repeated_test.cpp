#include "actors/can_device/set_bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

// Commands whose frames the device wants again and again.
namespace voltaic::actors::can_device::set_repeated_test {
namespace {

using messages::outcome;
using namespace testing;

/// Its limit is wanted each second, 300 ms after the full one, and never twice in 500 ms.
struct repeated : set_bench {
  repeated()
      : set_bench(
            tests::small_device(R"(, "period_ms": 1000, "phase_ms": 300, "minimum_gap_ms": 500)")) {
  }
};

TEST_CASE_METHOD(repeated, "what is in force is sent again in each period, by its phase") {
  run(3'000);
  REQUIRE(sent == values{140, 140, 140}); // the default
  for (const auto each : sent_us) CHECK(each % (1'000 * ms) == 300 * ms);
  order("a", 90, 5'000);
  run(1'000);
  CHECK(only_answer().outcome == outcome::done);
  sent.clear();
  run(2'000);
  CHECK(sent == values{90, 90});
  run(3'000);
  CHECK(sent.back() == 140);
  // Where the bus does not take it, it goes out as soon as it does.
  bus_full = true;
  run(2'500);
  sent.clear();
  bus_full = false;
  run(100);
  CHECK(sent == values{140});
}

TEST_CASE_METHOD(repeated, "F-137 a value on its way is not sent back by the one before it") {
  device_obeys = false;
  order("slow", 90);
  run(4'000);
  REQUIRE(std::ranges::count(sent, 90) >= 3);
  CHECK(std::ranges::is_sorted(sent, std::ranges::greater()));
}

TEST_CASE_METHOD(repeated,
                 "frames of one command keep their gap, and the newest set waits for it") {
  for (int i = 0; i < 40; ++i) {
    order(fmt::format("k{}", i), 50 + i);
    run(i % 3 == 0 ? 100 : 200);
  }
  run(2'000);
  REQUIRE(sent.size() > 10);
  for (std::size_t i = 1; i < sent_us.size(); ++i) CHECK(sent_us[i] - sent_us[i - 1] >= 500 * ms);
  CHECK(sent.back() == 89);
  // Each was answered, once.
  std::map<std::string, int> answers;
  for (const auto& frame : node.outside.sent)
    if (const auto opened = messages::decode(*frame))
      if (const auto* each = std::get_if<messages::result>(&opened->payload)) ++answers[each->key];
  CHECK(answers.size() == 40);
  for (const auto& [key, count] : answers) CHECK(count == 1);
}

TEST_CASE_METHOD(repeated, "what the device tightened by itself is repeated, not loosened") {
  held = 300;
  device_obeys = false;
  sent.clear();
  run(4'000);
  CHECK(sent == values{30, 30, 30, 30});
  device_obeys = true;
  order("a", 90);
  run(3'000);
  CHECK(sent.back() == 90);
  // Where it tells nothing, nothing is sent either.
  speaks = false;
  run(2'000);
  sent.clear();
  run(3'000);
  CHECK(sent.empty());
}

TEST_CASE_METHOD(repeated, "F-130 what a restart left unfinished is not repeated") {
  die_in("a", 10, 60'000);
  run(7'000);
  CHECK(std::ranges::count(sent, 10) == 0);
  CHECK(sent.back() == 140);
}

} // namespace
} // namespace voltaic::actors::can_device::set_repeated_test
