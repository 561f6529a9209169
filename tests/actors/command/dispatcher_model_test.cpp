#include <catch2/catch.hpp>

#include "actors/command/dispatcher_model.hpp"

#include "messages/reset_words.hpp"

namespace voltaic::actors::command::dispatcher_model_test {

namespace {

dispatcher_model site() {
  return dispatcher_model(
      {{"bms_0", "bms_1", "meter_0"}, {{"rack_0", "bms_0"}, {"rack_1", "bms_1"}}});
}

messages::command ask(const std::string& operation, const std::string& point,
                      const std::string& role = "operator") {
  messages::command asked;
  asked.id = "id-" + operation;
  asked.key = "key-" + operation;
  asked.operation = operation;
  asked.point = point;
  asked.role = role;
  asked.deadline_utc_us = 10'000'000;
  asked.reply_to = "cli";
  return asked;
}

std::vector<std::string> targets(dispatcher_model& model, const messages::command& asked) {
  std::vector<std::string> all;
  if (!model.refuse(asked, 0).empty()) return all;
  for (const auto& hop : model.forward(asked, "command")) all.push_back(hop.target);
  return all;
}

messages::result told(const messages::command& hop, messages::outcome outcome,
                      std::vector<std::string> reasons = {}) {
  messages::result result;
  result.id = hop.id;
  result.outcome = outcome;
  result.reasons = std::move(reasons);
  return result;
}

} // namespace

TEST_CASE("a command goes to the last hop that can carry it out") {
  auto model = site();
  using all = std::vector<std::string>;
  CHECK(targets(model, ask("close", "rack_1")) == all{"rack_1/contactor"});
  CHECK(targets(model, ask("open", "rack_0/contactor")) == all{"rack_0/contactor"});
  CHECK(targets(model, ask("reset", "rack_0")) == all{"rack_0/contactor", "rack_0/protection"});
  CHECK(targets(model, ask("reset", "rack_0/protection")) == all{"rack_0/protection"});
  CHECK(targets(model, ask("reset", "rack_0/protectoin")).empty());
  CHECK(targets(model, ask("set", "rack_1/charge_current_limit")) == all{"bms_1"});
  CHECK(targets(model, ask("set", "bms_0/SetChargeCurrent")) == all{"bms_0"});
  CHECK(targets(model, ask("set", "meter_0/power")) == all{"meter_0"});
  auto contactor = ask("set", "rack_0/contactor");
  CHECK(model.refuse(contactor, 0) == all{"a contactor takes open or close"});
  contactor.value = std::string("closed");
  CHECK(targets(model, contactor) == all{"rack_0/contactor"});
  CHECK(model.refuse(ask("close", "rack_9"), 0) ==
        all{"nobody carries out 'close rack_9': the site has no rack rack_9 (voltaic points "
            "'*/contactor' lists those it has), did you mean rack_0?"});
  CHECK(model.refuse(ask("reset", "rack_0/protectoin"), 0) ==
        all{"rack_0 has no latches of 'rack_0/protectoin': reset rack_0, rack_0/protection or "
            "rack_0/contactor"});
  CHECK(model.refuse(ask("dance", "rack_0"), 0) == all{"nobody carries out 'dance rack_0'"});
}

TEST_CASE("F-157 a reset goes to both evaluators of a rack, and everything else to the first") {
  dispatcher_options options{{"bms_0"}, {{"rack_0", "bms_0"}}};
  options.second_evaluators["rack_0"] = "rack_0/evaluator";
  dispatcher_model model(options);
  using all = std::vector<std::string>;
  CHECK(targets(model, ask("reset", "rack_0")) ==
        all{"rack_0/contactor", "rack_0/protection", "rack_0/evaluator"});
  CHECK(targets(model, ask("reset", "rack_0/protection")) ==
        all{"rack_0/protection", "rack_0/evaluator"});
  CHECK(targets(model, ask("reset", "rack_0/contactor")) == all{"rack_0/contactor"});
  CHECK(targets(model, ask("reset", "rack_0/evalutor")).empty());
  CHECK(targets(model, ask("shelve", "rack_0/soc_low")) == all{"rack_0/protection"});
}

TEST_CASE("a viewer and an unknown role command nothing") {
  const auto model = site();
  CHECK(model.refuse(ask("open", "rack_0", "viewer"), 0).size() == 1);
  CHECK(model.refuse(ask("open", "rack_0", ""), 0).size() == 1);
  for (const auto* role : {"operator", "engineer", "service"}) {
    CHECK(model.refuse(ask("open", "rack_0", role), 0).empty());
  }
}

TEST_CASE("a warning is shelved by the protection of its rack") {
  auto model = site();
  for (const auto* operation : {"shelve", "unshelve"}) {
    CHECK(targets(model, ask(operation, "rack_0/soc_low")) ==
          std::vector<std::string>{"rack_0/protection"});
    CHECK(model.refuse(ask(operation, "rack_0/soc_low"), 0).empty());
    CHECK(model.refuse(ask(operation, "rack_0/soc_low", "viewer"), 0).size() == 1);
    CHECK(model.refuse(ask(operation, "rack_0"), 0).size() == 1);
    CHECK(model.refuse(ask(operation, "rack_7/soc_low"), 0).size() == 1);
  }
}

TEST_CASE("an approval goes to the protection of its rack, from engineers on") {
  auto model = site();
  CHECK(targets(model, ask("approve", "rack_0/1a2b", "engineer")) ==
        std::vector<std::string>{"rack_0/protection"});
  CHECK(model.refuse(ask("approve", "rack_0/1a2b", "engineer"), 0).empty());
  CHECK(model.refuse(ask("approve", "rack_0/1a2b", "operator"), 0).size() == 1);
  CHECK(model.refuse(ask("approve", "rack_0", "service"), 0).size() == 1);
}

TEST_CASE("F-171 who accepts another device tells the protection of its rack, from service on") {
  auto model = site();
  CHECK(targets(model, ask("accept", "rack_0/1a2b", "service")) ==
        std::vector<std::string>{"rack_0/protection"});
  CHECK(model.refuse(ask("accept", "rack_0/1a2b", "engineer"), 0).size() == 1);
  CHECK(model.refuse(ask("accept", "rack_0", "service"), 0).size() == 1);
}

TEST_CASE("an acknowledgement goes to the rack that the event came from") {
  auto model = site();
  CHECK_FALSE(model.refuse(ask("acknowledge", "rack_1-a-7"), 0).empty());
  messages::event seen;
  seen.kind = "protection";
  seen.id = "rack_1-a-7";
  seen.subject = "rack_1";
  model.remember(seen);
  CHECK(targets(model, ask("acknowledge", "rack_1-a-7")) ==
        std::vector<std::string>{"rack_1/protection"});
  CHECK(model.refuse(ask("acknowledge", "rack_1-a-8"), 0) ==
        std::vector<std::string>{
            "no event rack_1-a-8 of protection is known since the dispatcher began, did you mean "
            "rack_1-a-7?: voltaic events --json tells their ids"});
  for (std::size_t each = 0; each < known_events_max; ++each) {
    seen.id = "rack_1-b-" + std::to_string(each);
    model.remember(seen);
  }
  CHECK_FALSE(model.refuse(ask("acknowledge", "rack_1-a-7"), 0).empty());
}

TEST_CASE("a command of two hops is done when both are, and as bad as the worse") {
  auto model = site();
  const auto hops = model.forward(ask("reset", "rack_0"), "command");
  REQUIRE(hops.size() == 2);
  CHECK(hops[0].reply_to == "command");
  CHECK(hops[0].key == "key-reset");
  CHECK_FALSE(model.take(told(hops[0], messages::outcome::done)).has_value());
  const auto over = model.take(told(hops[1], messages::outcome::rejected, {"still holds"}));
  REQUIRE(over.has_value());
  CHECK(over->result.outcome == messages::outcome::rejected);
  CHECK(over->result.reasons == std::vector<std::string>{"still holds"});
  CHECK(over->command.reply_to == "cli");
  CHECK_FALSE(model.take(told(hops[1], messages::outcome::done)).has_value()); // told once
}

TEST_CASE("who sets a point of an inverter that is only told of its battery hears what to set") {
  dispatcher_options options;
  for (int rack = 0; rack < 6; ++rack) {
    const auto name = "rack_" + std::to_string(rack);
    options.devices.push_back("bms_" + std::to_string(rack));
    options.rack_devices[name] = options.devices.back();
    options.inverters[name] = rack == 0 ? "inverter_0" : "inverter_1";
  }
  const dispatcher_model model(options);
  using all = std::vector<std::string>;
  CHECK(
      model.refuse(ask("set", "inverter_0/charge_current_limit"), 0) ==
      all{"nobody carries out 'set inverter_0/charge_current_limit': inverter_0 is told what its "
          "battery may give and take and has no point that is set; set it at the racks behind it: "
          "rack_0/charge_current_limit"});
  CHECK_THAT(model.refuse(ask("set", "inverter_0/power_setpoint"), 0).at(0),
             Catch::EndsWith(": rack_0/charge_current_limit, rack_0/discharge_current_limit"));
  CHECK_THAT(model.refuse(ask("set", "inverter_1/discharge_current_limit"), 0).at(0),
             Catch::EndsWith("rack_1/discharge_current_limit, rack_2/discharge_current_limit, "
                             "rack_3/discharge_current_limit, rack_4/discharge_current_limit, and "
                             "of 1 more"));
  CHECK(model.refuse(ask("set", "inverter_2/charge_current_limit"), 0) ==
        all{"nobody carries out 'set inverter_2/charge_current_limit'"});
}

TEST_CASE("a reset that finds nothing latched says so, and only where no hop had anything") {
  const std::vector<std::string> nothing = {messages::nothing_latched};
  for (const bool first : {true, false}) {
    for (const bool second : {true, false}) {
      auto model = site();
      const auto hops = model.forward(ask("reset", "rack_0"), "command");
      REQUIRE(hops.size() == 2);
      const auto answer = [&](std::size_t hop, bool is_needless) {
        return model.take(told(hops[hop], messages::outcome::done,
                               is_needless ? nothing : std::vector<std::string>{}));
      };
      CHECK_FALSE(answer(0, first).has_value());
      const auto over = answer(1, second);
      REQUIRE(over.has_value());
      CHECK(over->result.outcome == messages::outcome::done);
      CHECK(over->result.reasons == (first && second ? nothing : std::vector<std::string>{}));
    }
  }
  auto model = site();
  const auto hops = model.forward(ask("reset", "rack_0"), "command");
  CHECK_FALSE(model.take(told(hops[0], messages::outcome::done, nothing)).has_value());
  const auto over = model.take(told(hops[1], messages::outcome::rejected, {"still holds"}));
  REQUIRE(over.has_value());
  CHECK(over->result.reasons == std::vector<std::string>{"still holds"});
}

TEST_CASE("two askers that chose one id both get their own outcome") {
  auto model = site();
  auto first = ask("open", "rack_0");
  auto second = ask("close", "rack_1");
  first.id = second.id = "1";
  first.reply_to = "page";
  const auto open = model.forward(first, "command");
  const auto close = model.forward(second, "command");
  CHECK(open.at(0).id != close.at(0).id);
  const auto refused = model.take(told(close.at(0), messages::outcome::rejected, {"latched"}));
  REQUIRE(refused.has_value());
  CHECK(refused->command == second);
  CHECK(refused->result.reasons == std::vector<std::string>{"latched"});
  const auto done = model.take(told(open.at(0), messages::outcome::done));
  REQUIRE(done.has_value());
  CHECK(done->command == first);
  CHECK(done->result.outcome == messages::outcome::done);
}

TEST_CASE("F-134 a lost outcome becomes unknown, never done") {
  auto model = site();
  const auto hops = model.forward(ask("close", "rack_0"), "command");
  CHECK(model.expire(10'000'000 + outcome_grace_us - 1).empty());
  const auto late = model.expire(10'000'000 + outcome_grace_us);
  REQUIRE(late.size() == 1);
  CHECK(late[0].result.outcome == messages::outcome::unknown);
  CHECK_FALSE(model.take(told(hops[0], messages::outcome::done)).has_value());
}

TEST_CASE("what reaches nobody is rejected with what is known of the node") {
  dispatcher_model model(
      {{"bms_0"}, {{"rack_0", "bms_0"}}, {{"bms_0", "rack_0"}, {"rack_0", "rack_0"}}});
  const auto reason_of = [&](bool began_before) {
    const auto hops = model.forward(ask("set", "rack_0/charge_current_limit"), "command");
    const auto bounced = told(hops.at(0), messages::outcome::rejected, {"not reachable: bms_0"});
    const auto over = model.take(model.explain(bounced, began_before));
    REQUIRE(over.has_value());
    CHECK(over->result.outcome ==
          (began_before ? messages::outcome::unknown : messages::outcome::rejected));
    return over->result.reasons.at(0);
  };
  const auto hear = [&](const char* code) {
    model.learn({.kind = "system", .subject = "rack_0", .code = code});
  };
  const std::string prefix = "nobody answers for rack_0 (its node rack_0 ";
  CHECK(reason_of(false) == prefix + "is not connected, see voltaic status)");
  hear("NODE_DOWN");
  CHECK(reason_of(false) == prefix + "ended and is started again, see voltaic status)");
  hear("RESTART_BUDGET");
  CHECK(reason_of(false) == prefix + "failed, see voltaic status)");
  // A former life of the dispatcher had sent it on: it may have acted.
  CHECK(reason_of(true) == prefix + "failed, see voltaic status)");
  hear("SITE_APPLY");
  CHECK(reason_of(false) == prefix + "is not connected, see voltaic status)");
}

TEST_CASE("commands on their way are bounded") {
  auto model = site();
  for (std::size_t each = 0; each < pending_max; ++each) {
    auto asked = ask("open", "rack_0");
    asked.key = std::to_string(each);
    (void)model.forward(asked, "command");
  }
  CHECK(model.refuse(ask("open", "rack_0"), 0) ==
        std::vector<std::string>{"too many commands are on their way"});
  CHECK(dispatcher_options{{}, {{"rack_0", "bms_0"}}}.validate().size() == 1);
}

} // namespace voltaic::actors::command::dispatcher_model_test
