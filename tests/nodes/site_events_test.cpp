#include <unistd.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "bus/storage/journal.hpp"
#include "messages/event_codes.hpp"
#include "nodes/process/event_feed.hpp"
#include "nodes/process/site_events.hpp"
#include "support/memory_journal.hpp"
#include "support/temporary_folder.hpp"

namespace site_events_test {

using namespace voltaic;
using namespace voltaic::nodes;
using voltaic::nodes::process::event_feed;
using voltaic::nodes::process::site_events;
using voltaic::nodes::process::system_event;

namespace {

constexpr std::int64_t look_us = 200'000;

/// A site's supervisor and the node that speaks for it, without processes.
struct scene {
  scene() {
    plan.name = "demo";
    plan.folders.state = folder.path().string();
    plan.folders.log = folder.path().string();
  }
  std::unique_ptr<site_events> supervisor() {
    return std::make_unique<site_events>(
        plan, [this](std::string_view line) { lines.emplace_back(line); });
  }
  std::unique_ptr<event_feed> feed() {
    return std::make_unique<event_feed>(event_feed::options{
        plan.journal_path("supervisor"), &own, [this](const messages::frame_ptr& frame) {
          const auto message = messages::decode(*frame);
          REQUIRE(message);
          said.push_back(std::get<messages::event>(message->payload));
          sources.push_back(message->header.source);
        }});
  }
  /// Looks again and again until so many events were said.
  bool heard(event_feed& from, std::size_t count) {
    for (int turn = 0; turn < 1'000 && said.size() < count; ++turn) {
      from.step(now_us += look_us);
      if (said.size() < count) ::usleep(20'000); // the journal has a thread of its own
    }
    for (int turn = 0; turn < 3; ++turn) from.step(now_us += look_us);
    return said.size() == count;
  }

  tests::temporary_folder folder;
  site::plan plan;
  tests::memory_journal own;
  std::vector<std::string> lines;
  std::vector<messages::event> said;
  std::vector<std::string> sources;
  std::int64_t now_us = 1'000'000;
};

} // namespace

TEST_CASE("what the supervisor records is passed on once, also by the next life of the node") {
  scene s;
  auto supervisor = s.supervisor();
  auto feed = s.feed();
  supervisor->record(system_event("NODE_DOWN", "rack_0", "signal 9 (Killed)"));
  REQUIRE(s.heard(*feed, 1));
  CHECK(s.said[0].code == "NODE_DOWN");
  CHECK(s.said[0].node == "supervisor");
  CHECK(s.sources[0] == "supervisor/events");
  CHECK(s.lines == std::vector<std::string>{"rack_0 NODE_DOWN: signal 9 (Killed)"});
  // The node dies; what happens meanwhile is said by its successor.
  feed.reset();
  supervisor->record(system_event("NODE_DOWN", "site", "signal 9 (Killed)"));
  supervisor->record(system_event("NODE_UP", "site", "restart 1"));
  feed = s.feed();
  REQUIRE(s.heard(*feed, 3));
  CHECK(s.said[1].code == "NODE_DOWN");
  CHECK(s.said[2].code == "NODE_UP");
  CHECK(s.said[2].sequence == 3);
}

TEST_CASE("F-009 a supervisor that ended without stopping the site is told by the next one") {
  scene s;
  s.supervisor()->record(system_event(messages::event_codes::site_start, "demo", ""));
  s.supervisor()->record(system_event(messages::event_codes::site_stopped, "demo", ""));
  auto last = s.supervisor();
  auto feed = s.feed();
  REQUIRE(s.heard(*feed, 3));
  CHECK(s.said[1].code == "SUP_DOWN");
  CHECK(s.said[2].code == "SITE_STOPPED");
  CHECK(s.said[2].sequence == 3);
}

TEST_CASE("without a journal the site runs on and people are told") {
  scene s;
  s.plan.folders.state = (s.folder.path() / "absent" / "state").string();
  const auto supervisor = s.supervisor();
  supervisor->record(system_event("NODE_DOWN", "rack_0", "exit 1"));
  supervisor->tend();
  REQUIRE(s.lines.size() == 2);
  CHECK(s.lines[0].find("is not kept") != std::string::npos);
  CHECK(s.lines[1] == "rack_0 NODE_DOWN: exit 1");
}

} // namespace site_events_test
