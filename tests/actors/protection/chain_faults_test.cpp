#include <catch2/catch.hpp>

#include "actors/protection/bench_chain.hpp"

namespace voltaic::actors::protection::chain_faults_test {

using testing::stage;

namespace {

messages::command to_close(std::int64_t deadline_us) {
  messages::command said;
  said.id = said.key = "close";
  said.target = "rack_0/contactor";
  said.operation = "close";
  said.role = "operator";
  said.deadline_utc_us = stage::utc(deadline_us);
  return said;
}

/// What the journal holds last of a latch; empty: nothing.
std::string latch_in_journal(stage& chain, const std::string& key) {
  for (const auto& record : chain.journal.newest("latches")) {
    if (record.key == key && record.sequence != bus::storage::not_on_disk) return record.body;
  }
  return {};
}

} // namespace

TEST_CASE("safety rule 7: a chain that catches up judges a deadline by the node's clock") {
  for (const bool late : {false, true}) {
    stage chain;
    chain.run(1'000);
    const auto deadline_us = chain.now_us + 3'000'000;
    chain.deliver("cli", to_close(deadline_us));
    // The node stood still; what waits in its port's socket is 5 s old.
    if (late) chain.node_us = chain.now_us + 5'000'000;
    chain.run(2'000);
    REQUIRE(chain.results.size() == 1);
    CHECK(chain.order.lease == !late);
    CHECK(chain.results.back().outcome ==
          (late ? messages::outcome::expired : messages::outcome::done));
  }
}

TEST_CASE("safety rule 7: a command that came in time does not act after a standstill") {
  stage chain;
  chain.run(1'000);
  chain.deliver("cli", to_close(chain.now_us + 400'000));
  chain.beat(); // accepted: it acts in the next step
  CHECK_FALSE(chain.order.lease);
  chain.now_us += 2'000'000;
  chain.run(1'000);
  REQUIRE(chain.results.size() == 1);
  CHECK(chain.results.back().outcome == messages::outcome::expired);
  CHECK_FALSE(chain.order.lease);
}

TEST_CASE("safety rule 7: the next attempt of a closing is not made after its deadline") {
  for (const int deadline_s : {2, 20}) {
    stage chain;
    chain.run(1'000);
    chain.lease_works = false; // its contactors do not follow the order
    chain.deliver("cli", to_close(chain.now_us + deadline_s * 1'000'000));
    int attempts = 0;
    for (int beats = 0; beats < 100; ++beats) {
      const bool leased = chain.order.lease;
      chain.beat();
      if (chain.order.lease && !leased) ++attempts;
    }
    CHECK(attempts == (deadline_s == 2 ? 1 : 2));
    // In time, its second failure locks it; too late, it is just open.
    CHECK(chain.texts("contactor").back() ==
          (deadline_s == 2 ? "open contactor_feedback" : "fault contactor_feedback"));
  }
}

TEST_CASE("F-106 protection's latch that the journal refused is stored when it takes again") {
  stage chain;
  chain.run(1'000);
  chain.journal.refuse = true;
  chain.cell_mv[19] = 3'660;
  chain.run(2'500);
  chain.cell_mv[19] = 3'300;
  REQUIRE(chain.texts("protection").size() >= 2);
  const std::string key = "rack_0/protection/cell_overvoltage/fault";
  CHECK(latch_in_journal(chain, key).empty());
  CHECK_FALSE(chain.permit.close_allowed);
  chain.journal.refuse = false;
  chain.run(2'500);
  CHECK_THAT(latch_in_journal(chain, key), Catch::Contains("\"latched\":true"));
  chain.run(10'000);
  chain.start();
  chain.run(2'000);
  CHECK_FALSE(chain.permit.close_allowed);

  // A reset that the journal refused comes back as latched until it is stored.
  chain.journal.refuse = true;
  chain.command("rack_0/protection", "reset", "service");
  CHECK(chain.results.back().outcome == messages::outcome::rejected); // its record was refused
  CHECK_THAT(latch_in_journal(chain, key), Catch::Contains("\"latched\":true"));
}

TEST_CASE("F-106 the contactor's latch that the journal refused is stored when it takes again") {
  stage chain;
  chain.run(1'000);
  chain.deliver("cli", to_close(chain.now_us + 20'000'000));
  chain.run(150);
  REQUIRE(chain.order.lease);
  chain.journal.refuse = true;
  chain.lease_works = false;
  chain.run(8'000);
  REQUIRE(chain.texts("contactor").back() == "fault contactor_feedback");
  const std::string key = "rack_0/contactor/contactor_feedback";
  CHECK(latch_in_journal(chain, key).empty());
  chain.journal.refuse = false;
  chain.run(2'500);
  CHECK_THAT(latch_in_journal(chain, key), Catch::Contains("true"));
  chain.start();
  chain.run(2'000);
  chain.command("rack_0/contactor", "close");
  chain.run(500);
  CHECK(chain.results.back().outcome == messages::outcome::rejected);
  CHECK_FALSE(chain.order.lease);
}

TEST_CASE("F-110 after a lost journal the contactor goes on behind the epoch its device accepted") {
  stage chain;
  chain.run(1'000);
  CHECK(chain.order.epoch == 1);
  chain.journal.records.clear();
  chain.journal.report.after_loss = true;
  chain.start();
  chain.accepted_epoch.reset(); // it does not say so at once
  chain.run(1'000);
  CHECK(chain.order.epoch == 1); // the device refuses it, and opens by its lease
  chain.command("rack_0/protection", "reset", "service");
  chain.command("rack_0/contactor", "reset", "service");
  chain.command("rack_0/contactor", "close");
  chain.run(500);
  CHECK(chain.results.back().outcome == messages::outcome::rejected);
  CHECK(chain.results.back().reasons ==
        std::vector<std::string>{"the epoch is not in the journal"});
  chain.accepted_epoch = 37;
  chain.run(200);
  CHECK(chain.order.epoch == 38);
  CHECK_FALSE(chain.order.lease); // nothing closes by itself
  chain.command("rack_0/contactor", "close");
  chain.run(1'000);
  CHECK(chain.results.back().outcome == messages::outcome::done);

  // From then on the journal counts, whatever the device reports.
  chain.accepted_epoch = 500;
  chain.start();
  chain.run(1'000);
  CHECK(chain.order.epoch == 39);
}

TEST_CASE("F-110 a lost journal stays lost to a chain that died before it could latch it") {
  stage chain;
  chain.run(1'000);
  chain.journal.records.clear();
  chain.journal.report.after_loss = true;
  chain.start();
  chain.start(); // it died before it heard its device; that was another process
  chain.run(2'000);
  CHECK_FALSE(chain.permit.close_allowed);
  CHECK(chain.permit.reasons ==
        std::vector<std::string>{"latch_store_lost/fault rack is latched: reset first"});
  chain.start(); // and again, with both latches on disk
  chain.run(2'000);
  CHECK_FALSE(chain.permit.close_allowed);
  CHECK_FALSE(latch_in_journal(chain, "rack_0/contactor/contactor_weld").empty());
  chain.command("rack_0/protection", "reset", "service");
  chain.command("rack_0/contactor", "reset", "service");
  chain.start(); // what a person reset stays reset
  chain.run(2'000);
  CHECK(chain.permit.close_allowed);
}

TEST_CASE("F-159 a rack whose contactors are welded is not at rest: its latches stay") {
  stage chain;
  chain.run(1'000);
  chain.command("rack_0/contactor", "close");
  chain.run(1'500);
  REQUIRE(chain.order.lease);
  chain.welded = true;
  chain.cell_mv[19] = 3'660;
  chain.run(12'000);
  CHECK_FALSE(latch_in_journal(chain, "rack_0/contactor/contactor_weld").empty());
  chain.cell_mv[19] = 3'300;
  chain.run(15'000);
  chain.command("rack_0/protection", "reset");
  CHECK(chain.results.back().outcome == messages::outcome::rejected);
  chain.welded = false;
  chain.run(1'500);
  chain.command("rack_0/protection", "reset");
  CHECK(chain.results.back().outcome == messages::outcome::done);
}

TEST_CASE("F-110 an approved configuration that cannot be read counts as latched") {
  stage chain;
  chain.run(1'000);
  chain.configuration.was_lost = true;
  chain.start();
  chain.run(2'000);
  CHECK_FALSE(chain.permit.close_allowed);
  CHECK(chain.permit.reasons ==
        std::vector<std::string>{"latch_store_lost/fault rack is latched: reset first"});
  chain.configuration.was_lost = false; // the site's is a version by now
  chain.start();
  chain.run(2'000);
  CHECK_FALSE(chain.permit.close_allowed);
  chain.command("rack_0/protection", "reset", "service");
  chain.run(2'000);
  CHECK(chain.permit.close_allowed);
}

TEST_CASE(
    "a rack that nothing here can open takes other rules only while it is known to be at rest") {
  stage chain;
  chain.watched_only = true;
  chain.configuration.staged =
      messages::configuration::version{2, "0123456789abcdef", "approved", {}, {"looser"}, "text"};
  chain.start();
  chain.run(2'000);
  // What its feedback tells, as the watching actor says it.
  const auto contactor = [&](const char* text) {
    messages::block block;
    block.quality = messages::quality::good;
    block.values = std::string(text);
    auto lock = block;
    lock.values = std::string();
    auto joined = block;
    joined.values = messages::block::integers{std::string_view(text) == "open" ? 0 : 1};
    chain.deliver("rack_0/contactor",
                  messages::telemetry{"rack_0/contactor", 0, {block, lock, joined}});
  };
  const auto approve_now = [&](const char* text) {
    contactor(text);
    chain.command("rack_0/protection", "approve", "engineer", "rack_0/0123456789abcdef");
    REQUIRE(chain.results.back().key == chain.last_command.key);
    return chain.results.back();
  };
  const auto approve = [&](const char* text, std::int16_t current_a) {
    chain.current_a = current_a;
    chain.run(500);
    return approve_now(text);
  };
  for (const auto* text : {"closed", "unknown"}) {
    INFO(text);
    const auto refused = approve(text, 3);
    CHECK(refused.outcome == messages::outcome::rejected);
    REQUIRE_FALSE(refused.reasons.empty());
    CHECK_THAT(refused.reasons.front(), Catch::StartsWith("the rack is not in standby"));
  }
  CHECK(approve("open", 3).outcome == messages::outcome::done);
  chain.start(); // and is asked anew
  chain.run(2'000);
  // A current that changes its sign passes zero.
  CHECK(approve("closed", 0).outcome == messages::outcome::rejected);
  chain.current_a = -3;
  chain.run(50);
  CHECK(approve("closed", 2).outcome == messages::outcome::rejected);
  chain.run(4'600);
  CHECK(approve("closed", 2).outcome == messages::outcome::done);
  chain.start();
  chain.run(6'000);
  // Nobody says any more that no current flows.
  chain.tells_current = false;
  chain.run(300);
  CHECK(approve_now("closed").outcome == messages::outcome::rejected);
}

TEST_CASE("while a rack opens both its limits are told to be zero for that") {
  stage chain;
  chain.run(2'000);
  REQUIRE(chain.limits.charge_current_a == 140);
  messages::block block;
  block.quality = messages::quality::good;
  block.values = std::string("opening");
  chain.deliver("rack_0/contactor", messages::telemetry{"rack_0/contactor", 0, {block}});
  chain.deliver("bms_0", messages::tick{chain.now_us, 0});
  CHECK(chain.limits.charge_current_a == 0);
  const std::vector<std::string> why = {"contactor_opening"};
  CHECK(chain.limits.reasons == why);
  CHECK(chain.limits.charge_reasons == why);
  CHECK(chain.limits.discharge_reasons == why);
}

TEST_CASE("a rack that is another one than was approved is not closed, and says why") {
  stage chain;
  chain.configuration.replaces = true;
  chain.start();
  chain.run(2'000);
  CHECK(chain.permit.granted);
  CHECK_FALSE(chain.permit.close_allowed);
  CHECK(chain.permit.reasons == std::vector<std::string>{"configuration_staged"});
  chain.command("rack_0/contactor", "close");
  CHECK(chain.results.back().outcome == messages::outcome::rejected);
}

TEST_CASE("F-110 the epoch goes into the journal only behind the latches of a lost one") {
  stage chain;
  chain.journal.records.clear();
  chain.journal.report.after_loss = true;
  chain.journal.refuse = true;
  chain.start();
  chain.run(500);
  chain.journal.refuse = false;
  chain.run(5'000);
  std::vector<std::string> protections;
  for (const auto& one : chain.journal.records) {
    if (one.key.starts_with("rack_0/protection/")) protections.push_back(one.key);
  }
  REQUIRE(protections.size() >= 2);
  CHECK(protections.front() == "rack_0/protection/latch_store_lost/fault");
  CHECK(protections.back() == "rack_0/protection/epoch");
}

TEST_CASE("a device that tells no epoch gets the journal's, also when that was lost") {
  stage chain(false);
  chain.journal.records.clear();
  chain.journal.report.after_loss = true;
  chain.start();
  chain.run(1'000);
  CHECK(chain.order.epoch == 1);
  CHECK(std::ranges::any_of(chain.journal.records, [](const auto& one) {
    return one.key == "rack_0/contactor/epoch" && one.body == "1";
  }));
}

TEST_CASE(
    "F-023 a chain that is asked to end while it charges opens in order, asked once or twice") {
  for (const int asked : {1, 2}) {
    CAPTURE(asked);
    stage chain;
    chain.run(1'000);
    chain.command("rack_0/contactor", "close");
    chain.run(1'000);
    REQUIRE(chain.order.lease);
    chain.current_a = -500;
    chain.run(200);
    for (int each = 0; each < asked; ++each) chain.contactor->ending();
    chain.run(500);
    // Limits are zero, the current has its time to fall: it still flows, and nothing is torn.
    CHECK(chain.limits.charge_current_a == 0);
    CHECK(chain.order.lease);
    if (asked == 2) chain.contactor->ending();
    chain.run(9'000); // of 10 s in which a process has to be gone
    CHECK_FALSE(chain.order.lease);
    CHECK(chain.order.contactor == messages::contactor_order::open);
    const auto told = chain.texts("contactor");
    CHECK(std::ranges::count(told, "opening stop") == 1);
  }
}

TEST_CASE("limits that rise slowly go on from where they were when their actor is restarted") {
  stage chain;
  chain.run(1'000);
  REQUIRE(chain.limits.charge_current_a == 140);
  chain.cell_mv[19] = 3'560;
  chain.run(4'000);
  REQUIRE(chain.limits.charge_current_a == 70);
  chain.cell_mv[19] = 3'300;
  chain.run(10'000);
  const auto before_a = chain.limits.charge_current_a;
  REQUIRE(before_a > 70);
  REQUIRE(before_a < 80);
  chain.is_same_node = GENERATE(true, false);
  chain.start();
  if (chain.is_same_node) {
    chain.run(100);
    chain.start(); // one that dies before it knows anything forgets nothing either
  }
  chain.run(2'000);
  if (!chain.is_same_node) {
    CHECK(chain.limits.charge_current_a == 140); // a new process knows nothing of it
    return;
  }
  CHECK(chain.limits.charge_current_a >= before_a);
  CHECK(chain.limits.charge_current_a < before_a + 5);
  CHECK(chain.limits.discharge_current_a == 120);
  CHECK(chain.limits.charge_reasons == std::vector<std::string>{"derating/recovery"});
  chain.run(60'000);
  CHECK(chain.limits.charge_current_a == 140);
}

} // namespace voltaic::actors::protection::chain_faults_test
