#include "actors/runtime/event_log.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "support/memory_journal.hpp"

namespace event_log_test {

using namespace voltaic;
using actors::runtime::event_log;

namespace {

constexpr messages::instant now{1'000'000, 1'700'000'000'000'000};

/// A log on a journal that outlives it, and what it said.
struct bench {
  explicit bench(tests::memory_journal& on)
      : journal(on),
        log("node_0", "boot", messages::utc_quality::simulated, on, [this](const auto& frame) {
          said.push_back(std::get<messages::event>(messages::decode(*frame)->payload));
        }) {}
  std::uint64_t record(const std::string& state) {
    messages::event event;
    event.kind = "system";
    event.state = state;
    return log.record(std::move(event), now);
  }
  /// The states of the events in the journal, in order.
  std::vector<std::string> stored() {
    std::vector<std::string> states;
    for (const auto& one : journal.since(actors::runtime::events_stream, 0, 1'000)) {
      states.push_back(std::get<messages::event>(actors::runtime::read_event(one)->payload).state);
    }
    return states;
  }

  tests::memory_journal& journal;
  std::vector<messages::event> said;
  event_log log;
};

using states = std::vector<std::string>;

} // namespace

TEST_CASE("safety rule 6: events that the journal refused become an event when it takes again") {
  tests::memory_journal journal;
  bench node(journal);
  node.record("a");
  node.log.tell_losses(now);
  CHECK(node.stored() == states{"a"}); // nothing was lost, nothing is told

  journal.refuse = true;
  node.record("b");
  node.record("c");
  CHECK(node.said.size() == 3); // silence would be worse
  for (int attempt = 0; attempt < 3; ++attempt) node.log.tell_losses(now);
  CHECK(node.said.size() == 3); // but telling of a loss must last
  CHECK(node.log.not_stored() == 2);

  // The first that it takes tells of it: there may be no second one.
  journal.refuse = false;
  node.record("d");
  node.log.tell_losses(now);
  CHECK(node.stored() == states{"a", "events_lost", "d"});
  const auto told = node.said.at(3);
  CHECK(told.reason == "the journal did not take 2 events");
  CHECK(told.sequence < node.said.back().sequence);

  journal.refuse = true;
  node.record("e");
  journal.refuse = false;
  node.log.tell_losses(now);
  CHECK(node.said.back().reason == "the journal did not take 1 events"); // only what is new
}

TEST_CASE("safety rule 6: a journal that was lost or damaged is an event of the next life") {
  for (const bool ends_early : {false, true}) {
    tests::memory_journal journal;
    journal.report.after_loss = true;
    if (ends_early) bench(journal).record("first"); // it ended before it told
    bench node(journal);
    node.log.tell_losses(now);
    node.log.tell_losses(now);
    CHECK(node.stored().back() == "journal_lost");
    bench next(journal);
    next.log.tell_losses(now);
    CHECK(std::ranges::count(next.stored(), "journal_lost") == 1);
  }
  tests::memory_journal journal;
  bench fresh(journal);
  fresh.log.tell_losses(now);
  CHECK(fresh.stored().empty());
}

} // namespace event_log_test
