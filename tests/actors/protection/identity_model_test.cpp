#include "actors/protection/identity_model.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace identity_model_test {

using namespace voltaic;
using namespace voltaic::actors::protection;
using edge = identity_model::edge;
using messages::us_per_s;
namespace configuration = messages::configuration;

namespace {

const configuration::approver ada{"ada", "service", "commissioned", 1};

configuration::kept_identity accepted(configuration::identity known, configuration::identity said) {
  return {std::move(known), ada, std::move(said), false};
}

/// Steps of 100 ms until then; everything that was wanted, together.
struct told {
  int kept = 0;
  std::vector<edge> changed;
  std::vector<edge> unaccepted;
};
told pass(identity_model& model, std::int64_t from_us, std::int64_t until_us) {
  told all;
  for (auto now_us = from_us; now_us <= until_us; now_us += 100'000) {
    const auto news = model.step(now_us);
    all.kept += news.is_to_keep ? 1 : 0;
    if (news.changed != edge::none) all.changed.push_back(news.changed);
    if (news.unaccepted != edge::none) all.unaccepted.push_back(news.unaccepted);
  }
  return all;
}

} // namespace

TEST_CASE("F-171 a device that nobody accepted is known from its first words, and warned of") {
  identity_model model(std::nullopt);
  CHECK_FALSE(model.is_known());
  CHECK(pass(model, 0, us_per_s).kept == 0);
  model.hear("serial", "4711");
  model.hear("version", "3");
  const auto said = pass(model, us_per_s, 3 * us_per_s);
  CHECK(said.kept == 1);
  CHECK(said.changed.empty());
  CHECK(said.unaccepted == std::vector{edge::set});
  CHECK_FALSE(model.bars_closing());
  CHECK_FALSE(model.is_accepted());
  // It is held to them all the same.
  model.hear("serial", "4712");
  CHECK(model.bars_closing());
}

TEST_CASE("F-171 the accepted device that says the same, or less, is nothing to tell") {
  const configuration::identity known{{"serial", "4711"}, {"version", "3"}};
  identity_model model(accepted(known, known));
  model.hear("serial", "4711");
  const auto said = pass(model, 0, 60 * us_per_s);
  CHECK(said.kept == 0);
  CHECK(said.changed.empty());
  CHECK(said.unaccepted.empty());
  CHECK(model.is_accepted());
  CHECK_FALSE(model.bars_closing());
}

TEST_CASE("F-171 another device bars closing at its first word and is told with all of them") {
  const configuration::identity known{{"serial", "4711"}, {"version", "3"}};
  identity_model model(accepted(known, known));
  model.hear("serial", "4712");
  CHECK(model.bars_closing());
  CHECK(pass(model, 0, 500'000).changed.empty());
  model.hear("version", "4");
  const auto said = pass(model, 600'000, 2 * us_per_s);
  CHECK(said.changed == std::vector{edge::set});
  CHECK(said.kept == 1);
  CHECK(model.differences() == std::vector<std::string>{"serial: 4711 -> 4712", "version: 3 -> 4"});
  CHECK(pass(model, 2 * us_per_s, 3'600 * us_per_s).changed.empty());
  CHECK(model.bars_closing());
}

TEST_CASE("F-171 a change is told and kept a second later, whatever was heard before it") {
  identity_model model(accepted({{"serial", "4711"}}, {{"serial", "4711"}}));
  for (std::int64_t at_us = 0; at_us < 5 * us_per_s; at_us += us_per_s) {
    model.hear("serial", "4711");
    CHECK(pass(model, at_us, at_us + 900'000).kept == 0);
  }
  model.hear("serial", "4712");
  CHECK(pass(model, 5 * us_per_s, 5'900'000).kept == 0);
  CHECK(pass(model, 6 * us_per_s, 6 * us_per_s).kept == 1);
  CHECK(pass(model, 6'100'000, 59'900'000).kept == 0);
  // Long after that the next one waits no longer.
  model.hear("serial", "4711");
  CHECK(pass(model, 60 * us_per_s, 60'900'000).kept == 0);
  CHECK(pass(model, 61 * us_per_s, 61 * us_per_s).kept == 1);
}

TEST_CASE("F-171 a device that says something else each time is told every ten seconds") {
  identity_model model(accepted({{"serial", "0"}}, {{"serial", "0"}}));
  std::size_t sets = 0;
  for (int each = 0; each < 600; ++each) {
    model.hear("serial", std::to_string(each + 1));
    sets += pass(model, each * 100'000, each * 100'000).changed.size();
  }
  CHECK(sets == 6);
}

TEST_CASE("F-171 the accepted device that is back ends it after ten seconds without another word") {
  identity_model model(accepted({{"serial", "4711"}}, {{"serial", "4711"}}));
  model.hear("serial", "4712");
  CHECK(pass(model, 0, 5 * us_per_s).changed == std::vector{edge::set});
  model.hear("serial", "4711");
  CHECK(pass(model, 5 * us_per_s, 14 * us_per_s).changed.empty());
  CHECK(model.bars_closing());
  model.hear("serial", "4712");
  CHECK(pass(model, 14 * us_per_s, 16'900'000).changed.empty()); // the alarm still stands
  model.hear("serial", "4711");
  CHECK(pass(model, 17 * us_per_s, 26'900'000).changed.empty());
  CHECK(model.bars_closing());
  CHECK(pass(model, 27 * us_per_s, 27 * us_per_s).changed == std::vector{edge::clear});
  CHECK_FALSE(model.bars_closing());
  CHECK(pass(model, 27'100'000, 60 * us_per_s).changed.empty());
}

TEST_CASE(
    "F-171 what was another device in a former life is one in the next, though it is silent") {
  identity_model model(accepted({{"serial", "4711"}}, {{"serial", "4712"}}));
  CHECK(model.bars_closing());
  const auto said = pass(model, 0, 60 * us_per_s);
  CHECK(said.changed == std::vector{edge::set});
  CHECK(said.kept == 0);
  CHECK(model.bars_closing());
}

TEST_CASE("F-171 the person who accepts a device ends the alarm at once, and is kept with it") {
  identity_model model(accepted({{"serial", "4711"}, {"version", "3"}}, {{"serial", "4712"}}));
  CHECK(pass(model, 0, 2 * us_per_s).changed == std::vector{edge::set});
  const auto next = model.accepted({"eve", "service", "module replaced", 7});
  CHECK(next.known == configuration::identity{{"serial", "4712"}, {"version", "3"}});
  CHECK(model.bars_closing()); // until it is in the journal
  model.take(next);
  CHECK_FALSE(model.bars_closing());
  const auto said = pass(model, 2 * us_per_s, 2 * us_per_s);
  CHECK(said.changed == std::vector{edge::clear});
  CHECK(said.kept == 0); // the journal has it
  CHECK(model.kept().accepted_by->user == "eve");
  CHECK(model.is_accepted());
}

TEST_CASE("F-171 a third device that comes while the second one is being accepted is not it") {
  identity_model model(accepted({{"serial", "4711"}}, {{"serial", "4712"}}));
  const auto next = model.accepted(ada);
  model.hear("serial", "4713");
  model.take(next);
  CHECK(model.bars_closing());
  CHECK(model.differences() == std::vector<std::string>{"serial: 4712 -> 4713"});
}

TEST_CASE("F-171 the accepted device that tells more of itself has to be accepted with it") {
  identity_model model(accepted({{"serial", "4711"}}, {{"serial", "4711"}}));
  model.hear("version", "3");
  CHECK_FALSE(model.bars_closing());
  CHECK(pass(model, 0, 2 * us_per_s).unaccepted == std::vector{edge::set});
  model.take(model.accepted(ada));
  CHECK(pass(model, 2 * us_per_s, 2 * us_per_s).unaccepted == std::vector{edge::clear});
}

TEST_CASE(
    "F-171 where nobody can read what was accepted the rack is not closed before it is again") {
  identity_model model(configuration::kept_identity{.was_lost = true});
  CHECK(model.bars_closing());
  model.hear("serial", "4711");
  CHECK(pass(model, 0, 60 * us_per_s).changed == std::vector{edge::set});
  // And so in the next life, by the record that this one left.
  identity_model later(model.kept());
  CHECK(later.bars_closing());
  later.take(later.accepted(ada));
  CHECK_FALSE(later.bars_closing());
  CHECK(later.kept().known == configuration::identity{{"serial", "4711"}});
}

TEST_CASE(
    "F-171 an accepted device is awaited until all that was accepted was heard, once lost again") {
  const configuration::identity known{{"serial", "4711"}, {"version", "3"}};
  identity_model model(accepted(known, known));
  CHECK(model.is_awaited());
  model.expect({"serial", "version", "model"});
  model.hear("serial", "4711");
  CHECK(model.is_awaited());
  CHECK(model.first_awaited() == "version");
  model.hear("version", "3");
  CHECK_FALSE(model.is_awaited());
  model.lose("serial");
  CHECK(model.first_awaited() == "serial");
  CHECK_FALSE(model.bars_closing()); // it does not claim to be another one
  model.hear("serial", "4711");
  CHECK_FALSE(model.is_awaited());
  model.expect({"serial"}); // what it can not say any more is not awaited, what it can is
  CHECK(model.first_awaited() == "serial");
  model.hear("serial", "4712");
  CHECK_FALSE(model.is_awaited());
  CHECK(model.bars_closing());
}

TEST_CASE("F-171 a device that nobody accepted is not awaited") {
  CHECK_FALSE(identity_model(std::nullopt).is_awaited());
  const configuration::identity known{{"serial", "4711"}};
  identity_model heard_first(configuration::kept_identity{known, std::nullopt, known, false});
  CHECK_FALSE(heard_first.is_awaited());
  CHECK(heard_first.first_awaited() == "serial");
  heard_first.hear("serial", "4711");
  heard_first.take(heard_first.accepted(ada));
  CHECK_FALSE(heard_first.is_awaited()); // it was heard before
  identity_model new_to_all(std::nullopt);
  new_to_all.hear("serial", "4711");
  new_to_all.take(accepted({{"serial", "4711"}, {"version", "3"}}, known));
  CHECK(new_to_all.is_awaited()); // more was accepted than was heard
  CHECK(new_to_all.first_awaited() == "version");
}

TEST_CASE("F-171 a device that says more than is kept is not listened to without bound") {
  identity_model model(std::nullopt);
  for (std::size_t each = 0; each < 2 * configuration::identity_values_max; ++each)
    model.hear("serial[" + std::to_string(each) + "]", "1");
  CHECK(model.kept().said.size() == configuration::identity_values_max);
  CHECK(model.kept().known.size() == configuration::identity_values_max);
}

TEST_CASE(
    "F-171 what another device said and is silent on is awaited once that device is accepted") {
  identity_model model(accepted({{"serial", "4711"}}, {{"serial", "4711"}}));
  model.hear("serial", "4712");
  model.hear("board", "7");
  model.lose("board");
  CHECK_FALSE(model.is_awaited()); // of what was accepted all is heard
  model.take(model.accepted(ada));
  CHECK(model.first_awaited() == "board");
  CHECK(model.is_awaited());
}

} // namespace identity_model_test
