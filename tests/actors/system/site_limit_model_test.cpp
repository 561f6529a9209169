#include "actors/system/site_limit_model.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

namespace site_limit_model_test {

using namespace voltaic::actors::system;
using voltaic::messages::quality;
using voltaic::messages::us_per_s;

namespace {

using kind = site_limit_model::kind;
using voltaic::messages::joining;
using parts = std::vector<limit_part>;

limit_part closed(double value) {
  return {value, quality::good, joining::joined, quality::good};
}
limit_part opened(double value) {
  return {value, quality::good, joining::apart, quality::good};
}
const limit_part silent{0, quality::stale, std::nullopt, quality::stale};
const limit_part invalid{0, quality::invalid, joining::joined, quality::good};

double value_after(limit_rules rules, const limit_part& lost, std::int64_t after_us) {
  site_limit_model model(kind::flow, rules, 3);
  REQUIRE(model.step(parts{closed(100), closed(60), closed(80)}, us_per_s).value > 0);
  return model.step(parts{closed(100), lost, closed(80)}, us_per_s + after_us).value;
}

limit_rules with(lost_answer silent_answer, lost_answer invalid_answer) {
  limit_rules rules;
  rules.lost.silent = silent_answer;
  rules.lost.invalid = invalid_answer;
  return rules;
}

} // namespace

TEST_CASE("the limit of a site is active racks times the smallest, or their sum where it says so") {
  site_limit_model smallest(kind::flow, {}, 3);
  CHECK(smallest.step(parts{closed(100), closed(60), opened(10)}, 0).value == 120);
  CHECK(smallest.step(parts{opened(100), opened(60), opened(10)}, 0).value == 0);
  site_limit_model sum(kind::flow, {limit_policy::sum, {}}, 3);
  CHECK(sum.step(parts{closed(100), closed(60), opened(10)}, 0).value == 160);
}

TEST_CASE("a rack on its way onto the bus binds the others and has no share") {
  site_limit_model model(kind::flow, {}, 3);
  const limit_part coming{40, quality::good, joining::coming, quality::good};
  CHECK(model.step(parts{closed(100), closed(60), coming}, 0).value == 80);
  site_limit_model sum(kind::flow, {limit_policy::sum, {}}, 3);
  CHECK(sum.step(parts{closed(100), closed(60), coming}, 0).value == 160);
}

TEST_CASE("nothing may flow while a rack that is to be open is joined all the same") {
  const limit_part departing{100, quality::good, joining::departing, quality::good};
  site_limit_model model(kind::flow, {}, 3);
  CHECK(model.step(parts{closed(100), closed(60), departing}, 0).value == 0);
  CHECK(model.step(parts{closed(100), closed(60), opened(100)}, us_per_s).value == 120);
  site_limit_model own(kind::flow, {limit_policy::sum, {}}, 3);
  CHECK(own.step(parts{closed(100), closed(60), departing}, 0).value == 160);
  site_limit_model ceiling(kind::ceiling, {}, 2);
  const limit_part low{1500, quality::good, joining::departing, quality::good};
  CHECK(ceiling.step(parts{closed(1650), low}, us_per_s).value == 1500);
}

TEST_CASE("F-159 a rack that is to be open and is lost before it was lets nothing flow either") {
  const limit_part departing{100, quality::good, joining::departing, quality::good};
  site_limit_model model(kind::flow, {}, 2);
  CHECK(model.step(parts{closed(100), departing}, us_per_s).value == 0);
  CHECK(model.step(parts{closed(100), silent}, 3 * us_per_s).value == 0);
  CHECK(model.step(parts{closed(100), opened(100)}, 4 * us_per_s).value == 100);
  CHECK(model.step(parts{closed(100), silent}, 5 * us_per_s).value == 100);
  site_limit_model excluding(kind::flow, with(lost_answer::exclude, lost_answer::hold), 2);
  CHECK(excluding.step(parts{closed(100), departing}, us_per_s).value == 0);
  CHECK(excluding.step(parts{closed(100), silent}, 3 * us_per_s).value == 100);
  site_limit_model ceiling(kind::ceiling, {}, 2);
  CHECK(ceiling.step(parts{closed(1650), departing}, us_per_s).value == 100);
  CHECK(ceiling.step(parts{closed(1650), silent}, 3 * us_per_s).value == 100);
}

TEST_CASE("what a lost rack does is said by cause") {
  using enum lost_answer;
  CHECK(value_after(with(hold, stop), silent, us_per_s) == 120);
  CHECK(value_after(with(hold, stop), invalid, us_per_s) == 0);
  CHECK(value_after(with(stop, hold), silent, us_per_s) == 0);
  CHECK(value_after(with(stop, hold), invalid, us_per_s) == 120);
  CHECK(value_after(with(exclude, stop), silent, us_per_s) == 160);
  CHECK(value_after(with(exclude, stop), silent, 1000 * us_per_s) == 160);
}

TEST_CASE("a lost rack holds for a minute at most, whatever is stated, and is not summed") {
  auto rules = with(lost_answer::hold, lost_answer::hold);
  rules.lost.hold_us = 3600 * us_per_s;
  CHECK(value_after(rules, silent, 60 * us_per_s) == 120);
  CHECK(value_after(rules, silent, 61 * us_per_s) == 0);
  rules.lost.hold_us = 5 * us_per_s;
  CHECK(value_after(rules, silent, 6 * us_per_s) == 0);
  rules = {limit_policy::sum, {}};
  CHECK(value_after(rules, silent, us_per_s) == 180);
  CHECK(value_after(rules, silent, 61 * us_per_s) == 0);
}

TEST_CASE("a hold that is over does not begin again before the rack is heard") {
  site_limit_model model(kind::flow, {}, 2);
  CHECK(model.step(parts{closed(100), closed(60)}, us_per_s).value == 120);
  CHECK(model.step(parts{closed(100), silent}, 70 * us_per_s).value == 0);
  CHECK(model.step(parts{closed(100), silent}, 71 * us_per_s).value == 0);
  CHECK(model.step(parts{closed(100), closed(60)}, 72 * us_per_s).value == 120);
}

TEST_CASE("lost racks are named with the worst that is known of them") {
  site_limit_model model(kind::flow, {}, 3);
  const auto found = model.step(parts{closed(100), silent, invalid}, us_per_s);
  CHECK(found.missing == std::vector<std::size_t>{1, 2});
  CHECK(found.worst == quality::invalid);
  CHECK(found.value == 0);
}

TEST_CASE("the lowest ceiling and the highest floor of closed racks count, also of a lost one") {
  site_limit_model ceiling(kind::ceiling, {}, 3);
  CHECK(ceiling.step(parts{closed(1650), closed(1600), opened(1500)}, us_per_s).value == 1600);
  CHECK(ceiling.step(parts{closed(1650), silent, opened(1500)}, 2 * us_per_s).value == 1600);
  CHECK(ceiling.step(parts{closed(1650), silent, opened(1500)}, 70 * us_per_s).value == 1650);
  site_limit_model floor(kind::floor, {}, 2);
  CHECK(floor.step(parts{closed(1200), closed(1300)}, us_per_s).value == 1300);
}

TEST_CASE("while no rack is closed a voltage is that of those that are heard") {
  site_limit_model ceiling(kind::ceiling, {}, 2);
  CHECK(ceiling.step(parts{opened(1650), opened(1600)}, us_per_s).value == 1600);
  CHECK_FALSE(ceiling.step(parts{silent, silent}, 2 * us_per_s).usable);
}

TEST_CASE("lost racks that stop a site are named, those that are held or left out are not") {
  using named = std::vector<std::size_t>;
  const auto stopping = [](lost_answer answer, std::int64_t after_us) {
    site_limit_model model(kind::flow, with(answer, lost_answer::stop), 3);
    static_cast<void>(model.step(parts{closed(100), closed(60), closed(80)}, us_per_s));
    return model.step(parts{closed(100), silent, invalid}, us_per_s + after_us).stopping;
  };
  CHECK(stopping(lost_answer::stop, us_per_s) == named{1, 2});
  CHECK(stopping(lost_answer::exclude, us_per_s) == named{2});
  CHECK(stopping(lost_answer::hold, 60 * us_per_s) == named{2});
  CHECK(stopping(lost_answer::hold, 60 * us_per_s + 1) == named{1, 2});
}

} // namespace site_limit_model_test
