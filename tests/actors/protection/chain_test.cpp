#include <catch2/catch.hpp>

#include "actors/protection/bench_chain.hpp"
#include "messages/reset_words.hpp"

namespace voltaic::actors::protection::chain_test {

using testing::stage;
using testing::stage_context;

TEST_CASE("a chain closes by command, trips, latches, and closes again only after a reset") {
  stage chain;
  chain.run(1'000);
  CHECK(chain.permit.close_allowed);
  CHECK(chain.texts("contactor") == std::vector<std::string>{"open start"});
  chain.command("rack_0/contactor", "close");
  chain.run(1'000);
  REQUIRE(chain.results.size() == 1);
  CHECK(chain.results[0].outcome == messages::outcome::done);
  CHECK(chain.results[0].read_back == "closed");
  CHECK(chain.order.lease);
  CHECK(chain.limits.charge_current_a == 140);

  chain.cell_mv[19] = 3'660;
  chain.run(2'500);
  CHECK(chain.texts("protection") ==
        std::vector<std::string>{"set cell_overvoltage/warning module_1:cell_3",
                                 "set cell_overvoltage/alarm module_1:cell_3",
                                 "set cell_overvoltage/fault module_1:cell_3"});
  CHECK_FALSE(chain.order.lease);
  CHECK(chain.texts("contactor").back() == "open cell_overvoltage/fault module_1:cell_3");
  chain.command("rack_0/contactor", "close");
  chain.run(100);
  CHECK(chain.results.back().outcome == messages::outcome::rejected);
  CHECK(chain.results.back().reasons ==
        std::vector<std::string>{"cell_overvoltage/fault module_1:cell_3"});

  chain.command("rack_0/protection", "reset");
  CHECK(chain.results.back().outcome == messages::outcome::rejected);
  chain.cell_mv[19] = 3'300;
  chain.run(12'000);
  chain.command("rack_0/protection", "reset");
  CHECK(chain.results.back().outcome == messages::outcome::done);
  CHECK(chain.texts("protection").back() == "reset cell_overvoltage/fault module_1:cell_3");
  chain.run(200);
  chain.command("rack_0/contactor", "close");
  chain.run(1'000);
  CHECK(chain.results.back().outcome == messages::outcome::done);
}

TEST_CASE("what a command brings about names its user and role, what just happens nobody") {
  stage chain;
  chain.run(1'000);
  CHECK(chain.events.back().user.empty());
  const auto asked_by = [&](const std::string& kind, const std::string& word) {
    for (auto one = chain.events.rbegin(); one != chain.events.rend(); ++one) {
      if (one->kind == kind && (one->state == word || one->edge == word))
        return one->user + " " + one->role + " " + one->key;
    }
    return std::string("no such event");
  };
  chain.command("rack_0/contactor", "close", "engineer");
  const auto close_key = chain.last_command.key;
  chain.run(1'000);
  CHECK(asked_by("contactor", "closed") == "ada engineer " + close_key);
  chain.cell_mv[19] = 3'660;
  chain.run(2'500);
  CHECK(asked_by("protection", "set") == "  ");
  CHECK(asked_by("contactor", "open") == "  ");
  chain.cell_mv[19] = 3'300;
  chain.run(12'000);
  chain.command("rack_0/protection", "reset", "operator");
  CHECK(asked_by("protection", "reset") == "ada operator " + chain.last_command.key);
  chain.run(200);
  chain.command("rack_0/contactor", "close");
  chain.run(1'000);
  chain.command("rack_0/contactor", "open", "service");
  const auto open_key = chain.last_command.key;
  chain.run(1'000);
  CHECK(asked_by("contactor", "open") == "ada service " + open_key);
}

TEST_CASE("safety rule 5: a restarted chain neither closes nor lets go of its latch") {
  stage chain;
  chain.run(1'000);
  chain.command("rack_0/contactor", "close");
  chain.run(1'000);
  REQUIRE(chain.order.lease);
  const auto epoch = chain.permit.epoch;
  chain.start(); // killed while closed: the device opens by its lease
  chain.order = {};
  for (int beat = 0; beat < 400; ++beat) {
    chain.beat();
    REQUIRE_FALSE(chain.order.lease);
  }
  CHECK(chain.permit.epoch == epoch + 1);
  CHECK(chain.permit.close_allowed);

  chain.cell_mv[0] = 3'660;
  chain.run(2'000);
  chain.cell_mv[0] = 3'300;
  chain.run(15'000);
  chain.start();
  chain.run(2'000);
  CHECK_FALSE(chain.permit.close_allowed);
  CHECK(chain.permit.reasons ==
        std::vector<std::string>{"cell_overvoltage/fault module_0:cell_0 is latched: reset first"});
  chain.command("rack_0/protection", "reset");
  CHECK(chain.results.back().outcome ==
        messages::outcome::rejected); // nobody knows that it is over
  chain.run(10'000);
  chain.command("rack_0/protection", "reset");
  CHECK(chain.results.back().outcome == messages::outcome::done);
  chain.start();
  chain.run(2'000);
  CHECK(chain.permit.close_allowed);
}

TEST_CASE("F-156 a lock of the journal stays a lock under a table that would ask for less") {
  using messages::protection::latch;
  const auto weaker = GENERATE(latch::user, latch::none);
  stage chain;
  chain.run(1'000);
  chain.cell_mv[0] = 1'900;
  chain.run(2'000);
  chain.cell_mv[0] = 3'300;
  chain.run(15'000);
  REQUIRE(chain.permit.locked);
  chain.adjust = [weaker](protection_options& rules) {
    for (auto& watched : rules.table.candidates)
      for (auto& limit : watched.limits)
        if (limit.latch != latch::none) {
          limit.latch = weaker;
          limit.reason = "loosened";
        }
  };
  chain.start();
  chain.run(2'000);
  CHECK(chain.permit.locked);
  CHECK_FALSE(chain.permit.close_allowed);
  chain.command("rack_0/protection", "reset", "operator");
  CHECK(chain.results.back().outcome == messages::outcome::rejected);
  chain.start(); // what stood once stands for every later life
  chain.run(2'000);
  CHECK(chain.permit.locked);
  chain.run(10'000); // a whole clear time of this life
  chain.command("rack_0/protection", "reset", "service");
  CHECK(chain.results.back().outcome == messages::outcome::done);
  chain.run(1'000);
  CHECK_FALSE(chain.permit.locked);
  CHECK(chain.permit.close_allowed);
}

TEST_CASE("a user latch of the journal becomes the lock that the table asks for now") {
  stage chain;
  chain.run(1'000);
  chain.cell_mv[0] = 3'660;
  chain.run(2'000);
  chain.cell_mv[0] = 3'300;
  chain.run(15'000);
  CHECK_FALSE(chain.permit.locked);
  chain.adjust = [](protection_options& rules) {
    for (auto& watched : rules.table.candidates)
      for (auto& limit : watched.limits)
        if (limit.latch == messages::protection::latch::user)
          limit.latch = messages::protection::latch::lock;
  };
  chain.start();
  chain.run(2'000);
  CHECK(chain.permit.locked);
  chain.command("rack_0/protection", "reset", "operator");
  CHECK(chain.results.back().outcome == messages::outcome::rejected);
}

TEST_CASE("a fault that trips five times locks, also where restarts and resets lie between") {
  stage chain;
  chain.run(1'000);
  for (int trip = 1; trip <= 5; ++trip) {
    CAPTURE(trip);
    chain.cell_mv[0] = 3'660;
    chain.run(2'000);
    chain.cell_mv[0] = 3'300;
    chain.run(15'000);
    if (trip % 2 == 0) chain.start();
    chain.run(12'000); // a whole clear time of this life
    CHECK(chain.permit.locked == (trip == 5));
    chain.command("rack_0/protection", "reset", "operator");
    CHECK(chain.results.back().outcome ==
          (trip == 5 ? messages::outcome::rejected : messages::outcome::done));
    if (trip == 3) chain.start();
    chain.run(1'000);
  }
  const auto last = std::find_if(chain.events.rbegin(), chain.events.rend(), [](const auto& one) {
    return one.level == "fault" && one.edge == "set";
  });
  REQUIRE(last != chain.events.rend());
  CHECK(last->actions.back() == "lock");
  CHECK(last->reason == "tripped 5 times since the service role reset it");
  chain.command("rack_0/protection", "reset", "service");
  CHECK(chain.results.back().outcome == messages::outcome::done);
  chain.run(1'000);
  // From here on they are counted anew.
  chain.cell_mv[0] = 3'660;
  chain.run(2'000);
  CHECK_FALSE(chain.permit.locked);
}

TEST_CASE("F-110 a damaged latch record counts as latched until service resets it, also later") {
  const auto* body = GENERATE("not json", "[]", "{}", R"({"latched":"yes"})");
  INFO(body);
  stage chain;
  chain.journal.append({0, "latches", "rack_0/protection/cell_overvoltage/fault", 0, body},
                       [](const auto&) {});
  chain.start();
  chain.run(1'000);
  CHECK_FALSE(chain.permit.close_allowed);
  CHECK(chain.permit.locked);
  chain.command("rack_0/protection", "reset", "operator");
  CHECK(chain.results.back().outcome == messages::outcome::rejected);
  chain.command("rack_0/protection", "reset", "service");
  CHECK(chain.results.back().outcome == messages::outcome::done);
}

TEST_CASE("a journal that takes nothing inhibits closing") {
  stage chain;
  chain.journal.refuse = true;
  chain.start();
  chain.run(2'000);
  CHECK_FALSE(chain.permit.close_allowed);
  CHECK(chain.permit.reasons == std::vector<std::string>{"epoch_not_stored"});
}

TEST_CASE("safety rule 7: a command acts once for its key and never after its deadline") {
  stage chain;
  chain.run(1'000);
  chain.command("rack_0/contactor", "close");
  const auto close = chain.last_command;
  chain.run(1'000);
  chain.command("rack_0/contactor", "open");
  chain.run(1'000);
  REQUIRE_FALSE(chain.order.lease);
  for (const bool restarted : {false, true}) {
    if (restarted) chain.start();
    chain.run(1'000);
    chain.deliver("cli", close);
    chain.run(1'000);
    CHECK(chain.results.back().outcome == messages::outcome::done); // what it was then
    CHECK_FALSE(chain.order.lease);
  }
  auto late = close;
  late.key = "late";
  late.deadline_utc_us = stage::utc(chain.now_us) - 1;
  chain.deliver("cli", late);
  chain.run(1'000);
  CHECK(chain.results.back().outcome == messages::outcome::expired);
  CHECK_FALSE(chain.order.lease);
}

TEST_CASE(
    "safety rule 7: what was accepted before a standstill does not act on the time after it") {
  stage chain;
  chain.run(1'000);
  messages::command said;
  said.id = said.key = "close";
  said.target = "rack_0/contactor";
  said.operation = "close";
  said.role = "operator";
  said.deadline_utc_us = stage::utc(chain.now_us) + 400'000;
  chain.now_us += 2'000'000; // the node stood still; its actors do not know yet
  chain.deliver("cli", said);
  chain.run(2'000);
  REQUIRE(chain.results.size() == 1);
  CHECK(chain.results.back().outcome == messages::outcome::expired);
  CHECK_FALSE(chain.order.lease);
}

TEST_CASE("when protection falls silent the contactor notices by the device's time and opens") {
  stage chain;
  chain.run(1'000);
  chain.command("rack_0/contactor", "close");
  chain.run(1'000);
  REQUIRE(chain.order.lease);
  chain.protection_context = std::make_unique<stage_context>(chain, "rack_0/gone"); // hears nothing
  chain.run(1'500);
  CHECK_FALSE(chain.order.lease);
  CHECK(chain.texts("contactor").back() == "open permit_silent");
}

TEST_CASE("a chain that died while it was closed says so after the restart, once") {
  stage chain;
  chain.run(1'000);
  CHECK(chain.texts("contactor") == std::vector<std::string>{"open start"});
  chain.command("rack_0/contactor", "close");
  chain.run(1'000);
  REQUIRE(chain.order.lease);
  chain.start();
  chain.run(1'000);
  CHECK_FALSE(chain.order.lease);
  CHECK(chain.texts("contactor").back() == "open closed_before_restart");
  chain.start();
  chain.run(1'000);
  CHECK(chain.texts("contactor").back() == "open start");
}

TEST_CASE("a relay that begins to hear a chain is told contactor and limits at once") {
  stage chain;
  chain.contactor->linked();
  chain.protection->linked();
  CHECK(chain.repeated.empty()); // nothing was said yet
  chain.run(1'000);
  chain.contactor->linked();
  chain.protection->linked();
  REQUIRE(chain.repeated.size() == 3);
  const auto& state = std::get<messages::telemetry>(chain.repeated.at(0));
  CHECK(std::get<std::string>(state.blocks.at(0).values) == "open");
  CHECK(std::get<messages::limits>(chain.repeated.at(1)) == chain.limits);
  CHECK(std::get<messages::telemetry>(chain.repeated.at(2)).blocks.size() == 11);
}

TEST_CASE("an event is acknowledged by its id, and that changes no action") {
  stage chain;
  chain.run(1'000);
  chain.cell_mv[3] = 3'610;
  chain.run(4'000);
  const auto charge_a = chain.limits.charge_current_a;
  const auto set = std::ranges::find(chain.events, "set", &messages::event::edge);
  REQUIRE(set != chain.events.end());
  chain.command("rack_0/protection", "acknowledge", "operator",
                "rack_0-boot-" + std::to_string(set->sequence));
  CHECK(chain.results.back().outcome == messages::outcome::done);
  CHECK(chain.events.back().edge == "acknowledge");
  CHECK(chain.events.back().candidate == "cell_overvoltage");
  chain.run(500);
  CHECK(chain.limits.charge_current_a == charge_a);
  chain.command("rack_0/protection", "acknowledge", "operator", "rack_0-boot-99999");
  CHECK(chain.results.back().outcome == messages::outcome::rejected);
}

TEST_CASE("a reset where nothing is latched is done, says so, and changes nothing") {
  stage chain;
  chain.run(2'000);
  const auto reset = [&](const char* who) {
    chain.command(who, "reset", "service");
    REQUIRE(chain.results.back().key == chain.last_command.key);
    return chain.results.back();
  };
  const std::vector<std::string> nothing = {messages::nothing_latched};
  const auto events = chain.events.size();
  for (const auto* who : {"rack_0/protection", "rack_0/contactor"}) {
    CHECK(reset(who).outcome == messages::outcome::done);
    CHECK(chain.results.back().reasons == nothing);
  }
  CHECK(chain.events.size() == events);
  chain.cell_mv[19] = 3'660;
  chain.run(3'000);
  chain.cell_mv[19] = 3'300;
  chain.run(15'000);
  CHECK(reset("rack_0/contactor").reasons == nothing);
  CHECK(reset("rack_0/protection").outcome == messages::outcome::done);
  CHECK(chain.results.back().reasons.empty());
  CHECK(reset("rack_0/protection").reasons == nothing);
}

TEST_CASE(
    "a warning is shelved with a reason and a time, and a person's name stands in the event") {
  stage chain;
  chain.run(2'000);
  const auto shelve = [&](std::uint64_t lease_ms, const std::string& reason) {
    messages::command said;
    said.id = said.key = "shelve" + std::to_string(chain.results.size());
    said.target = "rack_0/protection";
    said.operation = "shelve";
    said.point = "rack_0/cell_overvoltage";
    said.role = "operator";
    said.user = "ada";
    said.reason = reason;
    said.lease_ms = lease_ms;
    said.deadline_utc_us = stage::utc(chain.now_us) + 20'000'000;
    chain.deliver("cli", said);
    chain.run(150);
    return chain.results.back();
  };
  CHECK(shelve(60'000, "known").outcome == messages::outcome::rejected); // it does not stand
  chain.cell_mv[19] = 3'560;
  chain.run(4'000);
  CHECK(shelve(60'000, "").outcome == messages::outcome::rejected);
  CHECK(shelve(0, "known").outcome == messages::outcome::rejected);
  CHECK(shelve(8 * 3'600'000 + 1, "known").outcome == messages::outcome::rejected);
  CHECK(shelve(UINT64_MAX, "known").outcome == messages::outcome::rejected);
  REQUIRE(shelve(60'000, "sensor is exchanged at noon").outcome == messages::outcome::done);
  const auto& told = chain.events.back();
  CHECK(told.edge == "shelve");
  CHECK(told.threshold == 3.55); // where it is set, not where it clears
  CHECK(told.candidate == "cell_overvoltage");
  CHECK(told.level == "warning");
  CHECK(told.reason == "sensor is exchanged at noon");
  CHECK(told.user == "ada");
}

TEST_CASE("whoever acts judges the role again, whoever sent the command") {
  stage chain;
  chain.run(1'000);
  const auto role = GENERATE(as<std::string>(), "viewer", "", "root");
  const auto is_refused = [&](const std::string& target, const std::string& operation,
                              const std::string& point) {
    chain.command(target, operation, role, point);
    return chain.results.back().outcome == messages::outcome::rejected &&
           chain.results.back().reasons.at(0).find("needs role operator") != std::string::npos;
  };
  CHECK(is_refused("rack_0/contactor", "close", "rack_0"));
  CHECK(is_refused("rack_0/contactor", "open", "rack_0"));
  CHECK(is_refused("rack_0/contactor", "reset", "rack_0"));
  CHECK(is_refused("rack_0/protection", "reset", "rack_0"));
  CHECK(is_refused("rack_0/protection", "shelve", "rack_0/cell_overvoltage"));
  CHECK(is_refused("rack_0/protection", "unshelve", "rack_0/cell_overvoltage"));
  CHECK(is_refused("rack_0/protection", "acknowledge", "rack_0-boot-1"));
  chain.run(1'000);
  CHECK_FALSE(chain.order.lease);
}

TEST_CASE("F-168 fire that is over before the rack's first instant locks, also after a restart") {
  stage chain;
  chain.inputs = {{contactor::input_role::fire, "dio_0/fire", "dio_0"}};
  chain.start();
  messages::point_description point;
  point.name = "dio_0/fire";
  point.raw_type = "u16";
  point.period_ms = 100;
  const auto described = messages::points::make_catalogue("dio_0", {point});
  chain.deliver("dio_0", described);
  for (const auto active : {std::uint16_t{1}, std::uint16_t{0}}) {
    messages::block block;
    block.source_time_us = chain.now_us;
    block.quality = messages::quality::good;
    block.values = messages::block::words{active};
    chain.deliver("dio_0", messages::telemetry{"dio_0", described.fingerprint, {block}});
  }
  chain.inputs.clear(); // what was stored holds by itself
  for (const bool restarted : {false, true}) {
    if (restarted) chain.start();
    chain.run(1'000);
    chain.command("rack_0/contactor", "close", "service");
    REQUIRE(chain.results.back().outcome == messages::outcome::rejected);
    const auto& reasons = chain.results.back().reasons;
    CHECK(std::ranges::any_of(reasons, [](const auto& why) {
      return why.find(contactor::fire_detected) != std::string::npos &&
             why.find("latched") != std::string::npos;
    }));
  }
}

} // namespace voltaic::actors::protection::chain_test
