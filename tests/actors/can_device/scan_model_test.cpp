#include "actors/can_device/scan_model.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

namespace can_device_scan_model_test {

using voltaic::actors::can_device::scan_model;

namespace {

constexpr std::int64_t ms = 1'000;

/// A scan model, and when which parts were said: "230: 0 1 2".
class listener {
 public:
  explicit listener(std::vector<std::int64_t> periods_ms) {
    for (auto& one : periods_ms) {
      one *= ms;
    }
    scan_.emplace(periods_ms);
  }

  void hear(std::uint32_t part, std::int64_t at_ms) {
    if (scan_->ends_before(part, at_ms * ms)) {
      say(at_ms);
    }
    fresh_.insert(part);
    if (scan_->take(part, at_ms * ms)) {
      say(at_ms);
    }
  }
  /// A round in one go, a millisecond between its parts.
  void hear_round(std::int64_t at_ms, const std::vector<std::uint32_t>& parts) {
    for (const auto part : parts) {
      hear(part, at_ms++);
    }
  }

  std::vector<std::string> said;
  [[nodiscard]] bool overdue(std::int64_t at_ms) const { return scan_->overdue(at_ms * ms); }

 private:
  void say(std::int64_t at_ms) {
    auto text = std::to_string(at_ms) + ":";
    for (const auto part : fresh_) {
      text += " " + std::to_string(part);
    }
    said.push_back(text);
    fresh_.clear();
    scan_->begin_next();
  }

  std::optional<scan_model> scan_;
  std::set<std::uint32_t> fresh_; ///< came since the last one was said
};

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("a scan is complete with the last part that is awaited, in any order") {
  listener ear({200, 200, 200});
  ear.hear_round(0, {0, 1, 2});
  ear.hear_round(200, {2, 0, 1});
  CHECK(ear.said == lines{"2: 0 1 2", "202: 0 1 2"});
}

TEST_CASE("a silent part holds the others back for one round and no longer") {
  listener ear({200, 200, 200});
  ear.hear_round(0, {0, 1, 2});
  for (const std::int64_t at_ms : {200, 400, 600}) {
    ear.hear_round(at_ms, {0, 2});
  }
  CHECK(ear.said == lines{"2: 0 1 2", "400: 0 2", "401: 0 2", "601: 0 2"});
}

TEST_CASE("a part that comes again is awaited again") {
  const auto back = GENERATE(as<std::uint32_t>{}, 0, 1, 2);
  listener ear({200, 200, 200});
  std::vector<std::uint32_t> others;
  for (std::uint32_t part = 0; part < 3; ++part) {
    if (part != back) {
      others.push_back(part);
    }
  }
  ear.hear_round(0, others);
  ear.hear_round(200, others);
  ear.hear_round(400, others);
  for (const std::int64_t at_ms : {600, 800, 1'000}) {
    ear.hear_round(at_ms, {0, 1, 2});
  }
  REQUIRE(ear.said.size() >= 2);
  // At the latest the second whole round is one scan, ended by its last part.
  CHECK(ear.said[ear.said.size() - 1] == "1002: 0 1 2");
  CHECK(ear.said[ear.said.size() - 2].starts_with("802:"));
}

TEST_CASE("the sender's next round ends a scan that misses a part, before its first message") {
  listener ear({200, 200});
  ear.hear(0, 0);
  ear.hear(0, 200);
  ear.hear(0, 400);
  CHECK(ear.said == lines{"200: 0", "200: 0", "400: 0"});
}

TEST_CASE("a sender that is early by less than a quarter of its period begins a round") {
  const auto [at_ms, ends] =
      GENERATE(table<std::int64_t, bool>({{149, false}, {150, true}, {200, true}, {250, true}}));
  listener ear({200, 200});
  ear.hear(0, 0);
  ear.hear(0, at_ms);
  CHECK(!ear.said.empty() == ends);
}

TEST_CASE("a fast message beside a slow one does not cut the slow one's scan to shreds") {
  listener ear({100, 1'000});
  ear.hear(1, 0);
  for (std::int64_t at_ms = 0; at_ms <= 2'000; at_ms += 100) {
    ear.hear(0, at_ms + 5);
    if (at_ms % 1'000 == 0 && at_ms > 0) {
      ear.hear(1, at_ms + 8);
    }
  }
  CHECK(ear.said == lines{"5: 0 1", "1008: 0 1", "2008: 0 1"});
}

TEST_CASE("a fast message goes at its own pace once the slow one beside it is silent") {
  listener ear({100, 1'000});
  ear.hear(0, 0);
  ear.hear(1, 1);
  for (std::int64_t at_ms = 100; at_ms <= 1'600; at_ms += 100) {
    ear.hear(0, at_ms);
  }
  CHECK(ear.said == lines{"1: 0 1", "1400: 0", "1400: 0", "1500: 0", "1600: 0"});
}

TEST_CASE("listening that begins in the middle of a round says whole rounds from the next on") {
  listener ear({200, 200, 200, 200});
  ear.hear_round(2, {2, 3});
  for (const std::int64_t at_ms : {200, 400, 600}) {
    ear.hear_round(at_ms, {0, 1, 2, 3});
  }
  CHECK(ear.said == lines{"201: 0 1 2 3", "203: 2 3", "403: 0 1 2 3", "603: 0 1 2 3"});
}

TEST_CASE("a round with a stall in it is said when its rest has come, and the next ones whole") {
  listener ear({200, 200, 200, 200});
  ear.hear_round(0, {0, 1, 2, 3});
  ear.hear_round(200, {0, 1});
  ear.hear_round(380, {2, 3});
  for (const std::int64_t at_ms : {400, 600, 800}) {
    ear.hear_round(at_ms, {0, 1, 2, 3});
  }
  CHECK(ear.said[1] == "381: 0 1 2 3");
  CHECK(ear.said[ear.said.size() - 2].starts_with("603:"));
  CHECK(ear.said.back() == "803: 0 1 2 3");
}

TEST_CASE("a round whose sender stalled in its middle makes no part of the next one late") {
  const std::int64_t next_ms = GENERATE(as<std::int64_t>{}, 305, 310, 390, 405, 500);
  listener ear({200, 200, 200, 200});
  ear.hear_round(0, {0, 1, 2, 3});
  ear.hear_round(200, {0, 1});
  ear.hear_round(302, {2, 3});
  for (std::int64_t round = 0; round < 3; ++round) {
    ear.hear_round(next_ms + 200 * round, {0, 1, 2, 3});
    INFO("round " << round << " at " << next_ms + 200 * round);
    CHECK(ear.said.back().starts_with(std::to_string(next_ms + 200 * round + 3) + ":"));
  }
}

TEST_CASE("messages spread over their period make one scan a period") {
  const auto parts = GENERATE(as<std::uint32_t>{}, 3, 5, 10);
  listener ear(std::vector<std::int64_t>(parts, 300));
  for (std::uint32_t n = 0; n < 5 * parts; ++n) {
    ear.hear(n % parts, n * 300 / parts);
  }
  CHECK(ear.said.size() == 5);
}

TEST_CASE("a scan that nothing ends is overdue after one and a half periods") {
  listener ear({200, 200});
  CHECK(!ear.overdue(1'000));
  ear.hear(0, 1'000);
  CHECK(!ear.overdue(1'300));
  CHECK(ear.overdue(1'301));
}

} // namespace can_device_scan_model_test
