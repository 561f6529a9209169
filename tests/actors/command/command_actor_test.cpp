#include "actors/command/command_actor.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/test_node.hpp"

// The dispatcher in a node on virtual time; the test plays the last hop.
namespace voltaic::actors::command::command_actor_test {
namespace {

using messages::outcome;

constexpr std::int64_t second_us = 1'000'000;

struct fixture {
  using records = std::vector<bus::storage::record>;
  /// `former` is what the journal holds when the dispatcher begins.
  explicit fixture(const records& former = {}) : node({group(former)}) {}

  static runtime::group_spec group(const records& former) {
    runtime::group_spec made;
    made.children.push_back({"command", "command", [former](runtime::context& context) {
                               for (const auto& record : former) context.store(record, 1);
                               return std::make_unique<command_actor>(
                                   context, dispatcher_options{{"bms_0"}, {{"rack_0", "bms_0"}}});
                             }});
    return made;
  }

  messages::command to_close(const std::string& key, const std::string& role = "operator") {
    messages::command asked;
    asked.id = "id-" + key;
    asked.key = key;
    asked.target = "command";
    asked.operation = "close";
    asked.point = "rack_0/contactor";
    asked.role = role;
    asked.user = "ada";
    asked.reply_to = "cli";
    asked.deadline_utc_us = node.clock.now().utc_us + 5 * second_us;
    return asked;
  }
  void hear(const messages::payload& payload) {
    node.hear(bus::message::plane::commands, {"cli", 1, 0, node.clock.now(), {}}, payload);
  }
  template <class Payload>
  std::vector<Payload> sent() const {
    std::vector<Payload> found;
    for (const auto& frame : node.outside.sent) {
      auto message = messages::decode(*frame);
      if (const auto* one = std::get_if<Payload>(&message->payload)) found.push_back(*one);
    }
    return found;
  }
  std::vector<messages::event> audits() const {
    std::vector<messages::event> found;
    for (const auto& message : node.outside.all<messages::event>()) {
      const auto& event = std::get<messages::event>(message.payload);
      if (event.kind == "command") found.push_back(event);
    }
    return found;
  }
  void bounce(const messages::command& hop, const std::string& source = "relay") {
    messages::result result;
    result.id = hop.id;
    result.key = hop.key;
    result.reply_to = hop.reply_to;
    result.outcome = outcome::rejected;
    node.hear(bus::message::plane::commands, {source, 1, 0, node.clock.now(), {}}, result);
  }
  void answer(const messages::command& hop, outcome what) {
    messages::result result;
    result.id = hop.id;
    result.key = hop.key;
    result.reply_to = hop.reply_to;
    result.outcome = what;
    result.read_back = "closed";
    hear(result);
  }

  tests::test_node node;
};

} // namespace

TEST_CASE_METHOD(fixture, "a command is in the journal, then forwarded, answered and audited") {
  const auto asked = to_close("k");
  hear(asked);
  const auto hops = sent<messages::command>();
  REQUIRE(hops.size() == 1);
  CHECK(hops[0].target == "rack_0/contactor");
  CHECK(hops[0].reply_to == "command");
  CHECK(hops[0].deadline_utc_us == asked.deadline_utc_us);
  REQUIRE(node.journal.records.size() == 1);
  CHECK(node.journal.records[0].key == "k");
  CHECK(sent<messages::result>().empty());

  answer(hops[0], outcome::done);
  REQUIRE(sent<messages::result>().size() == 1);
  CHECK(sent<messages::result>()[0].id == asked.id);
  CHECK(sent<messages::result>()[0].reply_to == "cli");
  CHECK(sent<messages::result>()[0].read_back == "closed");
  REQUIRE(audits().size() == 1);
  CHECK(audits()[0].state == "done");
  CHECK(audits()[0].user == "ada");
  CHECK(audits()[0].key == "k");
}

TEST_CASE_METHOD(fixture, "the audit of a set for a time says for how long") {
  auto asked = to_close("k");
  asked.operation = "set";
  asked.point = "rack_0/charge_current_limit";
  asked.value = 50.0;
  asked.lease_ms = 30'000;
  hear(asked);
  answer(sent<messages::command>().at(0), outcome::done);
  REQUIRE(audits().size() == 1);
  CHECK(audits()[0].value == 50);
  CHECK(audits()[0].actions == std::vector<std::string>{"for 30s"});
}

TEST_CASE_METHOD(fixture, "a command that the relay could not hand over is rejected at once") {
  hear(to_close("k"));
  bounce(sent<messages::command>().at(0));
  REQUIRE(sent<messages::result>().size() == 1);
  CHECK(sent<messages::result>()[0].outcome == outcome::rejected);
  CHECK(sent<messages::result>()[0].reasons.at(0).starts_with("nobody answers for rack_0 ("));
}

TEST_CASE_METHOD(fixture, "a bounce does not speak for what a former life sent on") {
  const auto source = GENERATE(std::string("relay"), std::string("rack_0/bus"));
  const auto asked = to_close("k");
  hear(asked);
  fixture next(node.journal.records);
  next.hear(asked);
  next.bounce(next.sent<messages::command>().at(0), source);
  REQUIRE(next.sent<messages::result>().size() == 1);
  CHECK(next.sent<messages::result>()[0].outcome == outcome::unknown);
  CHECK(next.sent<messages::result>()[0].reasons.at(0).starts_with("nobody answers for rack_0 ("));
}

TEST_CASE_METHOD(fixture, "F-131 a repeated key is forwarded once and answered the same") {
  const auto asked = to_close("k");
  for (int times = 0; times < 5; ++times) hear(asked);
  auto hops = sent<messages::command>();
  REQUIRE(hops.size() == 1);
  answer(hops[0], outcome::done);
  hear(asked);
  CHECK(sent<messages::command>().size() == 1);
  for (const auto& result : sent<messages::result>()) CHECK(result.outcome == outcome::done);
  CHECK(sent<messages::result>().size() == 6);
  CHECK(audits().size() == 1);
}

TEST_CASE_METHOD(fixture, "a command that its role may not give reaches no hop, but the audit") {
  hear(to_close("k", "viewer"));
  CHECK(sent<messages::command>().empty());
  REQUIRE(sent<messages::result>().size() == 1);
  CHECK(sent<messages::result>()[0].outcome == outcome::rejected);
  REQUIRE(audits().size() == 1);
  CHECK(audits()[0].state == "rejected");
  CHECK(audits()[0].role == "viewer");
}

TEST_CASE_METHOD(fixture, "F-130 a command after its deadline is expired and forwarded to nobody") {
  auto asked = to_close("k");
  asked.deadline_utc_us = node.clock.now().utc_us - 1;
  hear(asked);
  CHECK(sent<messages::command>().empty());
  REQUIRE(sent<messages::result>().size() == 1);
  CHECK(sent<messages::result>()[0].outcome == outcome::expired);
}

TEST_CASE_METHOD(fixture, "F-134 a last hop that never answers leaves the outcome unknown") {
  hear(to_close("k"));
  node.advance(5 * second_us);
  CHECK(sent<messages::result>().empty());
  node.advance(second_us);
  REQUIRE(sent<messages::result>().size() == 1);
  CHECK(sent<messages::result>()[0].outcome == outcome::unknown);
  CHECK(audits().size() == 1);
}

TEST_CASE_METHOD(fixture, "F-106 a command that the journal refuses is forwarded to nobody") {
  node.journal.refuse = true;
  hear(to_close("k"));
  CHECK(sent<messages::command>().empty());
  REQUIRE(sent<messages::result>().size() == 1);
  CHECK(sent<messages::result>()[0].outcome == outcome::rejected);
}

messages::command to_set(fixture& on, const std::string& key, const std::string& point,
                         decltype(messages::command::value) value,
                         const std::string& role = "engineer") {
  auto asked = on.to_close(key, role);
  asked.operation = "set";
  asked.point = point;
  asked.value = std::move(value);
  return asked;
}

TEST_CASE_METHOD(fixture, "F-133 generations rise from command to command, also over a restart") {
  hear(to_close("a"));
  hear(to_close("b"));
  const auto hops = sent<messages::command>();
  REQUIRE(hops.size() == 2);
  CHECK(hops[0].generation > 0);
  CHECK(hops[1].generation > hops[0].generation);
  fixture next(node.journal.records);
  next.hear(to_close("c"));
  // What a former life left without an outcome keeps its place.
  next.hear(to_close("a"));
  const auto later = next.sent<messages::command>();
  REQUIRE(later.size() == 2);
  CHECK(later[0].generation > hops[1].generation);
  CHECK(later[1].generation == hops[0].generation);
}

TEST_CASE_METHOD(fixture, "nobody chooses the generation of his own command") {
  auto asked = to_close("a");
  asked.generation = UINT64_MAX;
  hear(asked);
  CHECK(sent<messages::command>().at(0).generation < UINT64_MAX / 2);
}

TEST_CASE_METHOD(fixture, "F-136 in local a remote party may only open, also after a restart") {
  hear(to_set(*this, "local", "command/mode", std::string("local"), "operator"));
  REQUIRE(sent<messages::result>().size() == 1);
  CHECK(sent<messages::result>()[0].outcome == outcome::done);
  CHECK(sent<messages::result>()[0].read_back == "local");
  CHECK(audits().at(0).actions == std::vector<std::string>{"local"});
  CHECK(sent<messages::command>().empty());
  auto close = to_close("far");
  close.priority = 3;
  hear(close);
  CHECK(sent<messages::command>().empty());
  CHECK(sent<messages::result>().back().outcome == outcome::rejected);
  hear(to_close("near"));
  CHECK(sent<messages::command>().size() == 1);

  fixture next(node.journal.records);
  next.hear(close);
  CHECK(next.sent<messages::command>().empty());
  auto open = next.to_close("open");
  open.operation = "open";
  open.priority = 3;
  next.hear(open);
  CHECK(next.sent<messages::command>().size() == 1);
}

TEST_CASE_METHOD(fixture, "to give the plant back to remote parties needs an engineer") {
  hear(to_set(*this, "a", "command/mode", std::string("local"), "operator"));
  hear(to_set(*this, "b", "command/mode", std::string("remote"), "operator"));
  CHECK(sent<messages::result>().back().outcome == outcome::rejected);
  hear(to_set(*this, "c", "command/mode", std::string("remote")));
  CHECK(sent<messages::result>().back().read_back == "remote");
  hear(to_set(*this, "d", "command/mode", std::string("far")));
  CHECK(sent<messages::result>().back().outcome == outcome::rejected);
}

TEST_CASE_METHOD(fixture, "F-136 a change of a setpoint's owner is an event") {
  auto first = to_set(*this, "a", "rack_0/charge_current_limit", 50.0);
  first.lease_ms = 60'000;
  first.user = "controller";
  first.priority = 2;
  hear(first);
  answer(sent<messages::command>().back(), outcome::done);
  auto other = to_set(*this, "b", "bms_0/charge_current_limit", 80.0);
  other.lease_ms = 60'000;
  other.priority = 2;
  hear(other);
  CHECK(sent<messages::result>().back().outcome == outcome::rejected);
  other.key = other.id = "c";
  other.priority = 1;
  hear(other);
  answer(sent<messages::command>().back(), outcome::done);
  const auto is_change = [](const auto& event) { return event.code == "OWNER_CHANGE"; };
  const auto all = audits();
  CHECK(std::ranges::count_if(all, is_change) == 1);
}

TEST_CASE_METHOD(fixture, "F-135 what is refused is one event with every reason") {
  hear(to_close("k"));
  const auto hop = sent<messages::command>().at(0);
  messages::result refused;
  refused.id = hop.id;
  refused.key = hop.key;
  refused.reply_to = hop.reply_to;
  refused.outcome = outcome::rejected;
  refused.reasons = {"cell_overvoltage/fault module_0:cell_0", "contactor_weld is latched"};
  hear(refused);
  hear(to_set(*this, "a", "rack_0/charge_current_limit", 50.0));
  answer(sent<messages::command>().back(), outcome::done);
  const auto all = audits();
  REQUIRE(all.size() == 2);
  CHECK(all[0].code == "CMD_REFUSED");
  CHECK(all[0].reasons == refused.reasons);
  CHECK(all[1].code.empty());
}

TEST_CASE_METHOD(fixture, "the question about a closing is answered for racks of the site alone") {
  auto asked = to_close("q");
  asked.operation = "confirm_close";
  for (const auto& [point, expected] :
       {std::pair("rack_0", outcome::done), std::pair("rack_7", outcome::rejected),
        std::pair("", outcome::rejected)}) {
    asked.point = point;
    hear(asked);
    CHECK(sent<messages::result>().back().outcome == expected);
  }
}

TEST_CASE_METHOD(fixture, "F-138 what is no number is forwarded to nobody") {
  hear(to_set(*this, "a", "rack_0/charge_current_limit", std::nan("")));
  CHECK(sent<messages::command>().empty());
  CHECK(sent<messages::result>().back().outcome == outcome::rejected);
}

} // namespace voltaic::actors::command::command_actor_test
