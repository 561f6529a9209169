#include <catch2/catch.hpp>

#include "bus/message/memory/hub.hpp"
#include "bus/message/observer.hpp"
#include "support/message_bus.hpp"

namespace memory_hub_test {

using namespace voltaic;
using namespace voltaic::bus::message;
using namespace voltaic::test;

namespace {

const std::vector<plane> everything = {plane::telemetry, plane::events, plane::health,
                                       plane::snapshot};

/// An observer behind an endpoint, with the newest value of each source.
class watcher : public listener {
 public:
  void on_frame(plane from, const frame_ptr& frame) override {
    updates_.clear();
    observer_.heard(from, *frame, updates_);
    for (const auto& one : updates_) {
      missing += one.missing;
      resets += one.kind == update::kind::reset ? 1 : 0;
      const auto* said = std::get_if<messages::telemetry>(&one.message.payload);
      if (said == nullptr) continue;
      const auto& header = one.message.header;
      if (one.kind == update::kind::message) {
        went_back = went_back || header.sequence <= sequence[header.source];
        ++changes;
      }
      sequence[header.source] = header.sequence;
      value[header.source] = std::get<messages::block::words>(said->blocks[0].values)[0];
    }
  }
  void on_link(bool up) override {
    if (!up) observer_.link_lost();
  }
  void on_batch_end() override {
    if (observer_.take_snapshot_wish()) ask();
  }
  void ask() {
    if (own) own->send(snapshot_request("watcher", std::to_string(++asked_)));
  }
  [[nodiscard]] const observer& state() const { return observer_; }

  std::map<std::string, std::uint64_t> sequence;
  std::map<std::string, std::uint16_t> value;
  std::uint64_t missing = 0;
  std::uint64_t changes = 0;
  int resets = 0;
  bool went_back = false;
  endpoint* own = nullptr;

 private:
  observer observer_;
  std::vector<update> updates_;
  int asked_ = 0;
};

frame_ptr numbered(const std::string& source, std::uint64_t n) {
  return words_frame(source, n, {static_cast<std::uint16_t>(n)});
}

} // namespace

TEST_CASE("in the hub, too, who wants only what is said beside chains hears no chain") {
  memory_hub hub(memory_hub_options{});
  collector none;
  collector ears;
  collector chain_ears;
  const auto hearer = hub.make_endpoint({"hearer", "", {plane::telemetry}}, ears);
  endpoint_options options{"rack_0", "", {plane::telemetry, plane::events}};
  options.only_beside_chains = true;
  const auto chain = hub.make_endpoint(options, chain_ears);
  endpoint_options beside{"inverter_0", "", {}};
  beside.is_beside_chains = true;
  const auto link = hub.make_endpoint(beside, none);
  const auto other = hub.make_endpoint({"rack_1", "", {}}, none);
  other->publish(plane::telemetry, numbered("bms_1", 1));
  link->publish(plane::telemetry, numbered("inverter_0/link", 1));
  other->publish(plane::events, numbered("bms_1", 2));
  hub.deliver_due(1'000'000);
  CHECK(ears.count() == 2);
  REQUIRE(chain_ears.count() == 2);
  CHECK(messages::decode(*chain_ears.all()[0].frame)->header.source == "inverter_0/link");
  CHECK(chain_ears.all()[1].from == plane::events);
}

TEST_CASE("F-034 under loss, doubling and reordering no state goes back and each gap is counted") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    memory_hub hub({.seed = seed,
                    .delay_min_us = 0,
                    .delay_max_us = 3000,
                    .loss = 0.3,
                    .duplication = 0.5,
                    .reordering = 0.2});
    collector none;
    watcher ears;
    const auto speaker = hub.make_endpoint({"speaker", "", {}}, none);
    const auto hearer = hub.make_endpoint({"watcher", "", everything}, ears);
    ears.own = hearer.get();
    std::int64_t now_us = 0;
    for (std::uint64_t n = 1; n <= 500; ++n) {
      for (const char* const source : {"bms_0", "bms_1"}) {
        speaker->publish(plane::telemetry, numbered(source, n));
      }
      now_us += 1000;
      hub.deliver_due(now_us);
      if (!ears.state().ready()) ears.ask();
    }
    REQUIRE(hub.lost() > 0);
    REQUIRE(ears.changes > 0);
    REQUIRE(ears.missing > 0);
    REQUIRE_FALSE(ears.went_back);
    for (const auto& [source, newest] : ears.sequence) {
      REQUIRE(ears.value[source] == static_cast<std::uint16_t>(newest));
    }
  }
}

TEST_CASE("without faults a late observer gets state and changes with nothing skipped or doubled") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    memory_hub hub({.seed = seed, .delay_min_us = 0, .delay_max_us = 5000});
    collector none;
    watcher ears;
    const auto speaker = hub.make_endpoint({"speaker", "", {}}, none);
    std::unique_ptr<endpoint> hearer;
    std::int64_t now_us = 0;
    for (std::uint64_t n = 1; n <= 200; ++n) {
      if (n == seed * 5) hearer = hub.make_endpoint({"watcher", "", everything}, ears);
      speaker->publish(plane::telemetry, numbered("bms_0", n));
      now_us += 1000;
      hub.deliver_due(now_us);
    }
    hub.deliver_due(now_us + 1'000'000);
    REQUIRE(ears.resets == 1);
    REQUIRE(ears.missing == 0);
    REQUIRE(ears.sequence["bms_0"] == 200);
    REQUIRE_FALSE(ears.went_back);
  }
}

TEST_CASE("F-032 an observer that was cut off gets the full state and a gap count again") {
  memory_hub hub;
  collector none;
  watcher ears;
  const auto speaker = hub.make_endpoint({"speaker", "", {}}, none);
  const auto hearer = hub.make_endpoint({"watcher", "", everything}, ears);
  std::uint64_t n = 0;
  const auto say = [&](int times) {
    for (int at = 0; at < times; ++at) speaker->publish(plane::telemetry, numbered("bms_0", ++n));
    hub.deliver_due(static_cast<std::int64_t>(n) * 1000);
  };
  say(10);
  hub.partition("watcher", true);
  say(25);
  CHECK(ears.value["bms_0"] == 10);
  hub.partition("watcher", false);
  say(0);
  CHECK(ears.value["bms_0"] == 35);
  CHECK(ears.missing == 25);
  CHECK(ears.resets == 2);
  say(5);
  CHECK(ears.sequence["bms_0"] == 40);
}

TEST_CASE("the same seed gives the same deliveries") {
  const auto log = [](std::uint64_t seed) {
    memory_hub hub(
        {.seed = seed, .delay_max_us = 2000, .loss = 0.1, .duplication = 0.1, .reordering = 0.1});
    collector none;
    collector ears;
    const auto speaker = hub.make_endpoint({"speaker", "", {}}, none);
    const auto hearer = hub.make_endpoint({"hearer", "", everything}, ears);
    for (std::uint64_t n = 1; n <= 100; ++n) {
      speaker->publish(plane::telemetry, numbered("bms_0", n));
      hub.deliver_due(static_cast<std::int64_t>(n) * 500);
    }
    std::vector<std::uint64_t> out;
    for (const auto& one : ears.all()) out.push_back(messages::decode(*one.frame)->header.sequence);
    return out;
  };
  CHECK(log(1) == log(1));
  CHECK(log(1) != log(2));
}

TEST_CASE("the memory hub routes commands, results and refusals as the relay does") {
  memory_hub hub;
  collector node;
  collector asker;
  auto own = hub.make_endpoint({"rack_0", "", {}}, node);
  const auto client = hub.make_endpoint({"cli", "", {}}, asker);
  own->send(health_frame("rack_0", 0, {"rack_0/contactor"}));
  const auto ask = [&](const std::string& target) {
    messages::command command;
    command.target = target;
    command.reply_to = "cli";
    client->send(messages::encode(header_of("cli", 0), command));
    hub.deliver_due(0);
  };
  ask("rack_0/contactor");
  REQUIRE(node.count() == 1);
  messages::result result;
  result.reply_to = "cli";
  result.outcome = messages::outcome::done;
  own->send(messages::encode(header_of("rack_0/contactor", 0), result));
  hub.deliver_due(0);
  ask("rack_1");
  own.reset();
  ask("rack_0/contactor");
  const auto heard = asker.all();
  REQUIRE(heard.size() == 3);
  const auto outcome = [&](std::size_t n) {
    return std::get<messages::result>(messages::decode(*heard[n].frame)->payload).outcome;
  };
  CHECK(outcome(0) == messages::outcome::done);
  CHECK(outcome(1) == messages::outcome::rejected);
  CHECK(outcome(2) == messages::outcome::rejected);
}

} // namespace memory_hub_test
