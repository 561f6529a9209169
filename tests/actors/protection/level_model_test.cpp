#include "actors/protection/level_model.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <tuple>

namespace voltaic::actors::protection::level_model_test {

using messages::protection::direction;

namespace {

/// Element, level, whether it sets, value.
using told = std::tuple<std::uint32_t, int, bool, std::int32_t>;

std::vector<told> plain(const std::vector<transition>& changes) {
  std::vector<told> all;
  for (const auto& each : changes)
    all.emplace_back(each.element, each.level, each.edge == edge::set, each.value);
  return all;
}

/// The levels once more, as their description has them: an element and a level at a time.
class described_levels {
 public:
  described_levels(direction side, std::vector<level_setting> levels, std::size_t count)
      : sign_(side == direction::high ? 1 : -1),
        levels_(std::move(levels)),
        counts_(levels_.size(), true),
        elements_(levels_.size(), std::vector<element>(count)) {}

  void count_level(std::size_t level, bool counts) { counts_[level] = counts; }
  [[nodiscard]] std::uint32_t active_count(std::size_t level) const {
    return static_cast<std::uint32_t>(std::ranges::count(elements_[level], true, &element::active));
  }

  std::vector<told> step(const element_values& input, std::int32_t charge_us) {
    std::vector<told> changes;
    for (std::size_t level = 0; level < levels_.size(); ++level) {
      const auto before = changes.size();
      for (std::size_t at = 0; at < input.count; ++at)
        step_one(level, at, input, charge_us, changes);
      // Of one level, what begins is told before what ends.
      std::stable_partition(changes.begin() + static_cast<std::ptrdiff_t>(before), changes.end(),
                            [](const told& each) { return std::get<2>(each); });
    }
    return changes;
  }

 private:
  struct element {
    std::int64_t integral_us = 0;
    std::int64_t behind_us = 0;
    bool active = false;
  };

  void step_one(std::size_t level, std::size_t at, const element_values& input,
                std::int32_t charge_us, std::vector<told>& changes) {
    if (input.valid[at] == 0) {
      elements_[level][at].behind_us = 0;
      return;
    }
    const auto& rule = levels_[level];
    auto& of = elements_[level][at];
    const auto value = input.value[at];
    const bool bad = counts_[level] && sign_ * value >= sign_ * rule.set;
    of.integral_us =
        std::clamp<std::int64_t>(of.integral_us + (bad ? charge_us : -charge_us), 0, rule.set_us);
    if (!of.active && bad && of.integral_us == rule.set_us) {
      of = {of.integral_us, 0, true};
      changes.emplace_back(at, level, true, value);
    }
    if (!of.active) return;
    const bool behind = sign_ * value <= sign_ * rule.clear;
    of.behind_us = behind ? of.behind_us + charge_us : 0;
    if (!behind || of.behind_us < rule.clear_us) return;
    of = {};
    changes.emplace_back(at, level, false, value);
  }

  std::int32_t sign_;
  std::vector<level_setting> levels_;
  std::vector<bool> counts_;
  std::vector<std::vector<element>> elements_;
};

element_values cells(const std::vector<std::int32_t>& values) {
  element_values made(values.size());
  std::ranges::copy(values, made.value.begin());
  std::fill_n(made.valid.begin(), values.size(), -1);
  made.summarise();
  return made;
}

} // namespace

TEST_CASE("smallest, largest and sum are those of the valid elements, whatever their number") {
  std::mt19937 random(11);
  std::uniform_int_distribution<std::int32_t> value(-1'000, 1'000);
  for (const std::size_t count : {1u, 15u, 16u, 17u, 33u}) {
    element_values all(count);
    for (int round = 0; round < 200; ++round) {
      const int valid_of_10 = round % 11;
      std::vector<std::int32_t> usable;
      std::int64_t sum = 0;
      const auto offset = value(random) * 3; // all above, all below or around zero
      for (std::size_t at = 0; at < count; ++at) {
        all.value[at] = value(random) + offset;
        all.valid[at] = static_cast<int>(random() % 10) < valid_of_10 ? -1 : 0;
        if (all.valid[at] != 0) usable.push_back(all.value[at]);
        sum += all.value[at];
      }
      all.summarise();
      REQUIRE(all.any_valid == !usable.empty());
      REQUIRE(all.sum_if_all_valid() ==
              (usable.size() == count ? std::optional(sum) : std::nullopt));
      if (usable.empty()) continue;
      REQUIRE(all.minimum == *std::ranges::min_element(usable));
      REQUIRE(all.maximum == *std::ranges::max_element(usable));
    }
  }
}

TEST_CASE("levels do what their description says, on any walk of values") {
  std::mt19937 random(3);
  const auto any_of = [&](std::initializer_list<std::int32_t> choices) {
    return *(choices.begin() + random() % choices.size());
  };
  for (int round = 0; round < 300; ++round) {
    const auto side = round % 2 == 0 ? direction::high : direction::low;
    const std::int32_t sign = side == direction::high ? 1 : -1;
    std::vector<level_setting> rules;
    for (std::int32_t level = 0; level < 3; ++level) {
      const auto set = sign * (10 + 5 * level);
      rules.push_back(
          {set, set - sign * any_of({1, 3}), any_of({0, 100, 300, 1'000}), any_of({0, 100, 500})});
    }
    const std::size_t count = 1 + random() % 20;
    level_model model(side, rules, count);
    described_levels described(side, rules, count);
    auto input = cells(std::vector<std::int32_t>(count, sign * 10));
    for (int step = 0; step < 60; ++step) {
      for (std::size_t at = 0; at < count; ++at) {
        if (random() % 3 != 0) continue;
        input.value[at] = sign * any_of({6, 7, 9, 10, 11, 14, 15, 16, 19, 20, 25});
        input.valid[at] = random() % 6 == 0 ? 0 : -1;
      }
      input.summarise();
      const auto level = random() % rules.size();
      const bool counts = random() % 4 != 0;
      model.count_level(level, counts);
      described.count_level(level, counts);
      const auto charge_us = any_of({0, 1, 99, 100, 101, 300, 2'000});
      std::vector<transition> changes;
      model.step(input, charge_us, changes);
      CAPTURE(round, step, charge_us);
      REQUIRE(plain(changes) == described.step(input, charge_us));
      for (std::size_t each = 0; each < rules.size(); ++each)
        REQUIRE(model.active_count(each) == described.active_count(each));
    }
  }
}

TEST_CASE("a level sets with the microsecond that fills it, and clears with the one that ends it") {
  for (const auto side : {direction::high, direction::low}) {
    const std::int32_t sign = side == direction::high ? 1 : -1;
    level_model model(side, {{sign * 100, sign * 90, 1'000, 500}}, 1);
    std::vector<transition> changes;
    model.step(cells({sign * 100}), 999, changes);
    CHECK(changes.empty());
    model.step(cells({sign * 100}), 1, changes);
    CHECK(plain(changes) == std::vector<told>{{0, 0, true, sign * 100}});
    changes.clear();
    model.step(cells({sign * 90}), 499, changes);
    CHECK(changes.empty());
    model.step(cells({sign * 90}), 1, changes);
    CHECK(plain(changes) == std::vector<told>{{0, 0, false, sign * 90}});
  }
}

TEST_CASE("a value that has not left its clear value by one part does not clear") {
  level_model model(direction::high, {{100, 90, 0, 0}}, 1);
  std::vector<transition> changes;
  model.step(cells({100}), 0, changes);
  model.step(cells({91}), 1'000'000, changes);
  CHECK(model.active_count(0) == 1);
  model.step(cells({90}), 0, changes);
  CHECK(model.active_count(0) == 0);
}

TEST_CASE("a level that cleared takes its whole time to set again, and to clear again") {
  level_model model(direction::high, {{100, 90, 1'000, 100}}, 1);
  std::vector<transition> changes;
  for (int turn = 0; turn < 3; ++turn) {
    changes.clear();
    model.step(cells({100}), 999, changes);
    REQUIRE(changes.empty());
    model.step(cells({100}), 1, changes);
    REQUIRE(changes.size() == 1);
    model.step(cells({90}), 99, changes);
    REQUIRE(changes.size() == 1);
    model.step(cells({90}), 1, changes);
    REQUIRE(changes.size() == 2);
  }
}

TEST_CASE("charges as large as a step may make them leave the timers sound") {
  level_model model(direction::high, {{100, 90, charge_us_max, charge_us_max}}, 1);
  std::vector<transition> changes;
  for (int step = 0; step < 20; ++step) model.step(cells({100}), charge_us_max, changes);
  CHECK(changes.size() == 1);
  model.step(cells({90}), charge_us_max - 1, changes);
  CHECK(changes.size() == 1);
  model.step(cells({90}), charge_us_max, changes);
  CHECK(changes.size() == 2);
}

TEST_CASE("in a cascade a level waits for the one below it, each element by itself") {
  const std::vector<level_setting> settings{
      {10, 5, 300, 100}, {20, 15, 200, 100}, {30, 25, 100, 100}};
  for (const bool cascade : {false, true}) {
    CAPTURE(cascade);
    level_model model(direction::high, settings, 2, cascade);
    element_values input(2);
    input.value[0] = 40;
    input.value[1] = 15; // stays on the first level
    input.valid[0] = input.valid[1] = -1;
    input.summarise();
    std::vector<std::pair<int, told>> all;
    std::vector<transition> changes;
    changes.reserve(12);
    for (int now = 50; now <= 700; now += 50) {
      changes.clear();
      model.step(input, 50, changes);
      for (const auto& each : plain(changes)) all.emplace_back(now, each);
    }
    using row = std::vector<std::pair<int, told>>;
    if (cascade) {
      CHECK(all == row{{300, {0, 0, true, 40}},
                       {300, {1, 0, true, 15}},
                       {500, {0, 1, true, 40}},
                       {600, {0, 2, true, 40}}});
    } else {
      CHECK(all == row{{100, {0, 2, true, 40}},
                       {200, {0, 1, true, 40}},
                       {300, {0, 0, true, 40}},
                       {300, {1, 0, true, 15}}});
    }
  }
}

TEST_CASE("a level that another one implied clears like any, also where nothing was beyond it") {
  level_model model(direction::high, {{100, 90, 1'000, 2'000}}, 1);
  element_values input(1);
  input.put(50);
  std::vector<transition> changes;
  model.step(input, 1'000, changes);
  REQUIRE(model.quiet());
  CHECK(model.imply(0, 0));
  CHECK_FALSE(model.imply(0, 0));
  CHECK_FALSE(model.quiet());
  model.step(input, 1'999, changes);
  CHECK(changes.empty());
  model.step(input, 1, changes);
  CHECK(plain(changes) == std::vector{told{0, 0, false, 50}});
  CHECK(model.active_count(0) == 0);
}

} // namespace voltaic::actors::protection::level_model_test
