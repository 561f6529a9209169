#include "nodes/view/alarm_list.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace alarm_list_test {

using voltaic::messages::event;
using voltaic::nodes::view::alarm_list;

namespace {

/// Says protection's events of one node in their order.
class teller {
 public:
  explicit teller(alarm_list& to) : to_(to) {}
  bool say(const std::string& level, const std::string& edge, const std::string& reason = "") {
    event said;
    said.kind = "protection";
    said.node = "rack_0";
    said.boot = boot;
    said.sequence = ++sequence;
    said.subject = "rack_0";
    said.candidate = "cell_overvoltage";
    said.level = level;
    said.edge = edge;
    said.scope = "module_1:cell_3";
    said.value = 3.7;
    said.reason = reason;
    last = said;
    return to_.apply(said, static_cast<std::int64_t>(sequence) * 1'000'000);
  }
  std::string boot = "a";
  std::uint64_t sequence = 0;
  event last;

 private:
  alarm_list& to_;
};

bool faults_latch(const voltaic::nodes::view::alarm& what) {
  return what.level == "fault";
}

} // namespace

TEST_CASE("an alarm stands from set to clear") {
  alarm_list list(faults_latch);
  teller rack(list);
  rack.say("warning", "set");
  REQUIRE(list.standing().size() == 1);
  CHECK(list.standing()[0].scope == "module_1:cell_3");
  CHECK(list.standing()[0].utc_us == 1'000'000);
  rack.say("warning", "clear");
  CHECK(list.standing().empty());
}

TEST_CASE("the worst alarm is first, whatever came first") {
  alarm_list list(faults_latch);
  teller rack(list);
  rack.say("warning", "set");
  rack.say("hard", "set");
  rack.say("alarm", "set");
  const auto standing = list.standing();
  REQUIRE(standing.size() == 3);
  CHECK(standing[0].level == "hard");
  CHECK(standing[1].level == "alarm");
  CHECK(standing[2].level == "warning");
}

TEST_CASE("an alarm of many cells stands until the last of them is over") {
  alarm_list list(faults_latch);
  teller rack(list);
  rack.say("warning", "set");
  rack.say("warning", "set", "2 more in the same step");
  REQUIRE(list.standing().size() == 1);
  CHECK(list.standing()[0].places == 4);
  rack.say("warning", "clear", "2 more in the same step");
  CHECK(list.standing()[0].places == 1);
  rack.say("warning", "clear");
  CHECK(list.standing().empty());
}

TEST_CASE("a latched alarm stands until its reset") {
  alarm_list list(faults_latch);
  teller rack(list);
  rack.say("fault", "set");
  rack.say("fault", "latch");
  REQUIRE(list.standing().size() == 1);
  CHECK(list.standing()[0].places == 0);
  rack.say("fault", "acknowledge");
  CHECK(list.standing()[0].acknowledged);
  rack.say("fault", "reset");
  CHECK(list.standing().empty());
}

TEST_CASE("a restart of the node leaves only what latches") {
  alarm_list list(faults_latch);
  teller rack(list);
  rack.say("warning", "set");
  rack.say("fault", "set");
  list.lives_as("rack_1", "b"); // another node
  CHECK(list.standing().size() == 2);
  list.lives_as("rack_0", "b");
  REQUIRE(list.standing().size() == 1);
  CHECK(list.standing()[0].level == "fault");
  CHECK(list.standing()[0].places == 0);
}

TEST_CASE("an event that comes twice counts once") {
  alarm_list list(faults_latch);
  teller rack(list);
  CHECK(rack.say("warning", "set"));
  CHECK_FALSE(list.apply(rack.last, 0));
  CHECK(list.standing()[0].places == 1);
}

TEST_CASE("an alarm that is shelved comes last and says so, until it is not") {
  alarm_list list(faults_latch);
  teller rack(list);
  rack.say("alarm", "set");
  rack.say("warning", "shelve");
  CHECK(list.standing().size() == 1);
  rack.say("warning", "set");
  rack.say("alarm", "clear");
  rack.say("hard", "set");
  REQUIRE(list.standing().size() == 2);
  CHECK(list.standing()[1].level == "warning");
  CHECK(list.standing()[1].shelved);
  CHECK(list.standing()[1].places == 1);
  rack.say("warning", "unshelve");
  CHECK_FALSE(list.standing()[1].shelved);
  // A node that was restarted has forgotten it.
  rack.say("warning", "shelve");
  rack.boot = "b";
  rack.sequence = 0;
  rack.say("warning", "set");
  REQUIRE(list.standing().size() == 1);
  CHECK_FALSE(list.standing()[0].shelved);
}

TEST_CASE("what concerns a rack as a whole is one place, also when its next life says it again") {
  alarm_list list(faults_latch);
  event said;
  said.kind = "protection";
  said.node = said.subject = "rack_0";
  said.boot = "a";
  said.candidate = "configuration_staged";
  said.level = "warning";
  for (const auto* edge : {"set", "set"}) {
    said.edge = edge;
    ++said.sequence;
    list.apply(said, 1);
  }
  REQUIRE(list.standing().size() == 1);
  CHECK(list.standing()[0].places == 1);
  said.edge = "clear";
  ++said.sequence;
  list.apply(said, 2);
  CHECK(list.standing().empty());
}

TEST_CASE("what locks contactors stands as a fault until it is reset, also after a restart") {
  std::vector<voltaic::nodes::view::alarm> standing;
  voltaic::nodes::view::add_locks(standing, "rack_1", {"precharge_failed"});
  REQUIRE(standing.size() == 1);
  CHECK(standing.front().rack == "rack_1");
  CHECK(standing.front().candidate == "precharge_failed");
  CHECK(standing.front().level == "fault");
  CHECK(standing.front().places == 0);
  voltaic::nodes::view::add_locks(standing, "rack_1", {"precharge_failed"});
  CHECK(standing.size() == 1);
  voltaic::nodes::view::add_locks(standing, "rack_2", {"precharge_failed"});
  CHECK(standing.size() == 2);
  voltaic::nodes::view::add_locks(standing, "rack_3", {});
  CHECK(standing.size() == 2);
}

} // namespace alarm_list_test
