#include "actors/protection/frozen_model.hpp"

#include <catch2/catch.hpp>

#include "messages/time.hpp"

// Ages of frozen cells, and when all of them are: each bound, just before it and on it.
namespace voltaic::actors::protection::frozen_model_test {

namespace {

constexpr std::uint32_t period_ms = 200;
constexpr std::int64_t answer_ms = frozen_all_periods * period_ms;

/// Three cells of 100 Ah: at 100 A a charge that moves every cell takes 180 s.
struct played {
  frozen_model model{3, period_ms, 100, 0.001};
  element_values cells{3};
  std::int64_t now_us = 1'000 * messages::us_per_s;

  played() {
    for (std::size_t cell = 0; cell < 3; ++cell) {
      cells.value[cell] = 3'300'000;
      cells.valid[cell] = -1;
    }
  }
  void step(std::int64_t after_ms, const frozen_model::surroundings& now) {
    now_us += after_ms * messages::us_per_ms;
    cells.summarise();
    model.step(cells, now, now_us);
  }
  /// The first cell stands.
  void move_others() {
    cells.value[1] += 1'000;
    cells.value[2] += 1'000;
  }
  [[nodiscard]] std::int32_t age_ms(std::size_t cell) const { return model.ages_ms().value[cell]; }
  [[nodiscard]] bool all_frozen() const { return model.all().value[0] == 1; }
};

constexpr frozen_model::surroundings flowing{100.0, std::nullopt};

} // namespace

TEST_CASE("F-140 of a cell that is behind and stands the larger age is told") {
  played of;
  of.step(0, flowing);
  of.step(180'000, flowing);
  CHECK(of.age_ms(0) == 180'000); // like the others it stands
  of.move_others();
  of.step(300'000, flowing);
  CHECK(of.age_ms(0) == 480'000); // it stands for longer than it is behind
  CHECK(of.age_ms(1) == 0);
  of.cells.valid[0] = 0; // for a moment: nobody knows whether it stands
  of.step(20'000, flowing);
  of.cells.valid[0] = -1;
  of.step(300'000, flowing);
  of.step(100'000, flowing);
  CHECK(of.age_ms(0) == 720'000); // it is behind for longer than it is known to stand
}

TEST_CASE("F-140 with its first value no cell moves, and none is behind") {
  played of;
  of.cells.valid[0] = 0;
  of.step(0, flowing);
  of.cells.valid[0] = -1;
  of.step(10'000, flowing);
  CHECK(of.age_ms(0) == 0);
}

TEST_CASE("F-140 who is asked to answer, by what of current and voltage is known") {
  using surroundings = frozen_model::surroundings;
  constexpr auto nothing = std::nullopt;
  struct {
    surroundings before, now;
    bool asked;
  } const rows[] = {
      {{0.0, nothing}, {100.0, nothing}, true},
      {{0.0, nothing}, {nothing, nothing}, false},
      {{100.0, nothing}, {nothing, nothing}, false},
      {{100.0, 1000.0}, {nothing, 900.0}, false},
      // The voltage is looked at where it is known before and now.
      {{0.0, nothing}, {100.0, 1000.0}, true},
      {{0.0, 1000.0}, {100.0, nothing}, true},
      {{0.0, nothing}, {5.0, 1000.0}, false},
      {{0.0, 1000.0}, {5.0, nothing}, false},
      {{100.0, nothing}, {100.0, 1000.0}, false},
      {{100.0, 1000.0}, {100.0, nothing}, false},
      {{0.0, 1000.0}, {100.0, 1001.0}, false},
      {{0.0, 1000.0}, {100.0, 1001.1}, true},
      {{100.0, 1000.0}, {100.0, 1005.0}, false},
      {{100.0, 1000.0}, {100.0, 1005.1}, true},
      {{5.0, 1000.0}, {5.0, 1100.0}, false},
  };
  for (const auto& [before, now, asked] : rows) {
    CAPTURE(before.current_a.value_or(-1), before.rack_v.value_or(-1), now.current_a.value_or(-1),
            now.rack_v.value_or(-1));
    played of;
    of.step(0, before);
    of.step(1'000, now);
    of.step(answer_ms - 1, now);
    CHECK_FALSE(of.all_frozen());
    of.step(1, now);
    CHECK(of.all_frozen() == asked);
    of.move_others();
    of.step(1, now);
    CHECK_FALSE(of.all_frozen());
  }
}

} // namespace voltaic::actors::protection::frozen_model_test
