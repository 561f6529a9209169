#include <catch2/catch.hpp>

#include <vector>

#include "nodes/process/wedge_model.hpp"

namespace wedge_model_test {

using namespace voltaic::nodes::process;
using counters = std::vector<std::uint64_t>;

TEST_CASE("F-011 an actor that stands still for the limit is wedged, and is named") {
  wedge_model model(300'000);
  std::int64_t now = 0;
  CHECK_FALSE(model.look(now, counters{5, 7}, false));
  std::optional<std::size_t> wedged;
  std::uint64_t moving = 5;
  while (!wedged && now < 10'000'000)
    wedged = model.look(now += 25'000, counters{++moving, 7}, false);
  CHECK(wedged == std::size_t{1});
  CHECK(now == 300'000);
}

TEST_CASE("progress within the limit is never a wedge") {
  wedge_model model(300'000);
  std::uint64_t counter = 0;
  for (std::int64_t now = 0; now < 60'000'000; now += 25'000) {
    if (now % 275'000 == 0) ++counter;
    CHECK_FALSE(model.look(now, counters{counter}, false));
  }
}

TEST_CASE("a late look counts as one look: what was not watched did not stand still") {
  wedge_model model(300'000);
  std::int64_t now = 0;
  CHECK_FALSE(model.look(now, counters{1}, false));
  for (int look = 0; look < 11; ++look)
    CHECK_FALSE(model.look(now += 5'000'000, counters{1}, false));
  CHECK(model.look(now += 25'000, counters{1}, false));
}

TEST_CASE("a starved process is excused, but not for ever") {
  wedge_model model(300'000);
  std::int64_t now = 0;
  CHECK_FALSE(model.look(now, counters{1}, true));
  for (int look = 0; look < 100; ++look) CHECK_FALSE(model.look(now += 25'000, counters{1}, true));
  std::optional<std::size_t> wedged;
  while (!wedged && now < 10'000'000) wedged = model.look(now += 25'000, counters{1}, true);
  CHECK(wedged);
  CHECK(now == 3'300'000);
}

TEST_CASE("another number of actors or a reset starts the watch anew") {
  wedge_model model(300'000);
  for (std::int64_t now = 0; now < 300'000; now += 25'000)
    CHECK_FALSE(model.look(now, counters{1}, false));
  CHECK(model.suspicious());
  CHECK_FALSE(model.look(300'000, counters{1, 1}, false));
  CHECK_FALSE(model.suspicious());
  model.reset();
  CHECK_FALSE(model.look(900'000, counters{1, 1}, false));
}

} // namespace wedge_model_test
