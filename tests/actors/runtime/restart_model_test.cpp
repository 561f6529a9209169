#include "actors/runtime/restart_model.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

namespace restart_model_test {

using namespace voltaic::actors::runtime;

namespace {

using indices = std::vector<std::size_t>;
constexpr std::int64_t second_us = 1'000'000;

restart_model chain(strategy how, restart_policy policy = {}) {
  return restart_model(policy, {{strategy::one_for_one, 1}, {how, 4}, {strategy::one_for_one, 1}});
}

} // namespace

TEST_CASE("a strategy decides who is stopped and started, in order") {
  struct row {
    strategy how;
    std::size_t child;
    indices stop;
    indices start;
  };
  const std::vector<row> rows = {
      {strategy::one_for_one, 2, {}, {2}},
      {strategy::rest_for_one, 1, {4, 3, 2}, {1, 2, 3, 4}},
      {strategy::rest_for_one, 3, {4}, {3, 4}},
      {strategy::rest_for_one, 4, {}, {4}},
      {strategy::one_for_all, 3, {4, 2, 1}, {1, 2, 3, 4}},
  };
  for (const auto& row : rows) {
    const auto decision = chain(row.how).on_exit(row.child, 0);
    CHECK_FALSE(decision.escalate);
    CHECK(decision.stop == row.stop);
    CHECK(decision.start == row.start);
  }
}

TEST_CASE("F-013 more ends than the budget within its window escalate, fewer never do") {
  auto model = chain(strategy::rest_for_one);
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(model.on_exit(1, i * second_us).escalate);
  }
  CHECK(model.on_exit(1, 59 * second_us).escalate);

  auto slow = chain(strategy::rest_for_one);
  for (int i = 0; i < 100; ++i) {
    CHECK_FALSE(slow.on_exit(1, i * 20 * second_us).escalate);
  }
}

TEST_CASE("the delay before a restart doubles up to its bound and falls with the history") {
  restart_policy policy;
  policy.restarts_max = 20;
  auto model = chain(strategy::one_for_one, policy);
  std::int64_t last_us = 0;
  for (int i = 0; i < 20; ++i) {
    const auto delay_us = model.on_exit(0, i).delay_us;
    CHECK(delay_us == std::min(policy.backoff_min_us << std::min(i, 20), policy.backoff_max_us));
    CHECK(delay_us >= last_us);
    last_us = delay_us;
  }
  CHECK(model.on_exit(0, 100 * second_us).delay_us == policy.backoff_min_us);
}

TEST_CASE("F-014 flapping in several groups at once stays within the one budget of the node") {
  const auto seed = GENERATE(range(1U, 51U));
  std::mt19937 random(seed);
  restart_policy policy;
  auto model = chain(strategy::rest_for_one, policy);
  std::vector<std::int64_t> restarts;
  std::int64_t now_us = 0;
  for (int i = 0; i < 200; ++i) {
    now_us += static_cast<std::int64_t>(random() % 30) * second_us;
    const auto decision = model.on_exit(random() % 6, now_us);
    if (decision.escalate) {
      break;
    }
    restarts.push_back(now_us);
    const auto recent = std::count_if(restarts.begin(), restarts.end(), [&](std::int64_t time_us) {
      return time_us > now_us - policy.window_us;
    });
    REQUIRE(recent <= policy.restarts_max);
    REQUIRE(std::is_sorted(decision.start.begin(), decision.start.end()));
    REQUIRE(std::is_sorted(decision.stop.rbegin(), decision.stop.rend()));
  }
}

} // namespace restart_model_test
