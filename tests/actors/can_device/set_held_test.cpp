#include "actors/can_device/set_bench.hpp"

// Whether the device holds what was set, and what a restart makes of it.
namespace voltaic::actors::can_device::set_held_test {
namespace {

using messages::outcome;
using namespace testing;

TEST_CASE_METHOD(set_bench, "after a restart a lower limit stays to its end, a raise is over") {
  CHECK(set("a", 100).outcome == outcome::done);
  CHECK(set("b", 50, 8'000).outcome == outcome::done);
  die_in("x", 120, 60'000);
  CHECK(sent == values{100, 50, 50});
  run(8'000);
  CHECK(sent == values{100, 50, 50, 100});
  CHECK(told("resumed") == reversions{{50, is_resumed}});
  CHECK(reverted() == reversions{{100, is_over}});
  node.outside.sent.clear();
  CHECK(set("x", 120, 60'000).outcome == outcome::unknown);
  CHECK(sent == values{100, 50, 50, 100});
}

TEST_CASE_METHOD(set_bench,
                 "a raise that a restart ended is told as that, not as one whose time is over") {
  CHECK(set("a", 50).outcome == outcome::done);
  CHECK(set("b", 100, 60'000).outcome == outcome::done);
  die_in("x", 20, 0);
  // The command of which nobody knows whether it acted does not act now.
  CHECK(told("ended_by_restart") == reversions{{50, is_restarted}});
  CHECK(reverted().empty());
  CHECK(told("resumed").empty());
}

TEST_CASE_METHOD(set_bench, "a battery that was restarted and reports its default is set again") {
  CHECK(set("a", 100).outcome == outcome::done);
  held = 1'400;
  run(1'500);
  CHECK(sent == values{100});
  run(10'000);
  CHECK(sent == values{100, 100});
  CHECK(told("written_again") == reversions{{100, "the device held 140.0 A"}});
  // Off for a while, it comes back with its default once more.
  speaks = false;
  held = 1'400;
  run(10'000);
  CHECK(sent.size() == 2);
  speaks = true;
  run(10'000);
  CHECK(sent == values{100, 100, 100});
}

TEST_CASE_METHOD(set_bench, "a battery that never holds its limit is told of, and written seldom") {
  CHECK(set("a", 100).outcome == outcome::done);
  device_obeys = false;
  held = 1'400;
  run(30'000);
  CHECK(sent == values{100, 100, 100, 100});
  CHECK(told("written_again").size() == 3);
  CHECK(told("not_held") ==
        reversions{{100, "the device holds 140.0 A after 3 writes; it is written once a minute"}});
  run(60'000);
  CHECK(sent.size() == 5);
  CHECK(told("written_again").size() == 3);
}

TEST_CASE_METHOD(set_bench, "a tighter limit of the device's own is left alone, and told") {
  CHECK(set("a", 100).outcome == outcome::done);
  held = 300;
  run(60'000);
  CHECK(sent == values{100});
  CHECK(told("not_held") ==
        reversions{{100, "the device holds 30.0 A, which is tighter, and is left alone"}});
}

TEST_CASE_METHOD(set_bench, "after the time it was set for nothing is written for a limit again") {
  CHECK(set("a", 50, 3'000).outcome == outcome::done);
  run(1'500);
  held = 1'400; // its time is over before patience is
  run(60'000);
  CHECK(sent == values{50, 140});
  held = 1'000; // nobody ever set the default
  run(60'000);
  CHECK(sent == values{50, 140});
}

TEST_CASE_METHOD(set_bench, "what was set anew is not fought by what was set before") {
  CHECK(set("a", 50).outcome == outcome::done);
  held = 1'400;
  run(1'500);
  CHECK(set("b", 120).outcome == outcome::done);
  run(60'000);
  CHECK(sent == values{50, 120});
  CHECK(told("written_again").empty());
}

TEST_CASE_METHOD(set_bench, "a set of which nobody knows whether it acted is not written again") {
  device_obeys = false;
  order("lost", 50);
  run(6'000);
  CHECK(only_answer().outcome == outcome::unknown);
  run(60'000);
  CHECK(sent == values{50});
}

TEST_CASE_METHOD(set_bench, "an unsure set does not drop the limit that was confirmed before") {
  CHECK(set("a", 70).outcome == outcome::done);
  device_obeys = false;
  order("lost", 20);
  run(6'000);
  CHECK(only_answer().outcome == outcome::unknown);
  run(10'000);
  CHECK(sent == values{70, 20}); // 70 may stand
  device_obeys = true;
  held = 1'400;
  run(10'000);
  CHECK(sent == values{70, 20, 70});
  CHECK(told("written_again") == reversions{{70, "the device held 140.0 A"}});
  // Nobody but an engineer may go beyond what may stand.
  CHECK(set("b", 30, 0, "operator").outcome == outcome::rejected);
}

TEST_CASE_METHOD(set_bench, "an unsure set that acted late has to be held from then on") {
  CHECK(set("a", 70).outcome == outcome::done);
  device_obeys = false;
  order("late", 20);
  run(6'000);
  CHECK(only_answer().outcome == outcome::unknown);
  device_obeys = true;
  held = 200;
  run(1'000);
  held = 700;
  run(10'000);
  CHECK(sent == values{70, 20, 20});
}

TEST_CASE_METHOD(set_bench, "a plain limit is resumed at the first report after a restart") {
  CHECK(set("a", 100).outcome == outcome::done);
  CHECK(sent == values{100});
  speaks = false; // the device is restarted with the whole site
  held = 1'400;
  die_in("x", 20, 0);
  REQUIRE(sent == values{100});
  speaks = true;
  run(600);
  CHECK(sent == values{100, 100});
  CHECK(told("resumed") ==
        reversions{{100, std::string(is_resumed) + "; the device held 140.0 A"}});
  CHECK(told("written_again").empty());
  run(60'000);
  CHECK(sent == values{100, 100});
}

TEST_CASE_METHOD(set_bench, "what a device has to hold is known across a restart of its actor") {
  CHECK(set("a", 100).outcome == outcome::done);
  held = 1'400;
  bus_throws = true; // it dies as it writes again
  run(2'300);
  bus_throws = false;
  run(5'000);
  REQUIRE(node.engine->ready());
  CHECK(sent == values{100, 100});
  CHECK(reverted().empty());
}

} // namespace
} // namespace voltaic::actors::can_device::set_held_test
