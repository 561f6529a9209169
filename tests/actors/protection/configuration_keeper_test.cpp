#include "actors/protection/configuration_keeper.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "messages/command_priority.hpp"
#include "messages/configuration/profile_words.hpp"
#include "messages/configuration/text.hpp"
#include "support/memory_journal.hpp"
#include "support/sample_configuration.hpp"

namespace configuration_keeper_test {

using namespace voltaic;
using namespace voltaic::actors;
using namespace voltaic::actors::protection;
using messages::outcome;
namespace configuration = messages::configuration;

namespace {

constexpr messages::instant now{1'000'000, 2'000'000};

/// What a keeper does with the node: records and events, in order.
class kept_context final : public runtime::context {
 public:
  const std::string& name() const override { return name_; }
  const std::string& node() const override { return name_; }
  std::uint32_t incarnation() const override { return 1; }
  messages::instant now() const override { return configuration_keeper_test::now; }
  void listen(std::string_view, runtime::kind) override {}
  void say(runtime::plane, messages::payload, messages::instant) override {}
  void send(messages::payload, messages::instant) override {}
  std::uint64_t record(messages::event event, messages::instant) override {
    events.push_back(std::move(event));
    return events.size();
  }
  void store(bus::storage::record record, std::uint64_t token) override {
    kept.append(std::move(record), [&](const auto& result) { last = {token, result}; });
  }
  bus::storage::journal& journal() override { return kept; }

  tests::memory_journal kept;
  std::vector<messages::event> events;
  std::pair<std::uint64_t, bus::storage::append_result> last;

 private:
  std::string name_ = "rack_0/protection";
};

configuration::rack_configuration with_fault_at(double set_v) {
  auto made = tests::sample_configuration();
  made.limits.candidates[0].limits[2].set = set_v;
  return made;
}

/// Lives of one rack's keeper on one journal.
class lives {
 public:
  /// The next one, whose site wants this.
  void start(const configuration::rack_configuration& wanted) {
    configuration::known_configuration known;
    for (const auto& record : with.kept.newest(configuration::stream))
      if (record.key == "rack_0")
        known.body = record.body, known.utc_us = record.utc_us;
      else if (configuration::is_words_key(record.key))
        known.words[configuration::content_hash(record.body)] = record.body;
    if (!words.empty()) known.words[wanted.profile_content] = words;
    found = configuration::standing_of(known, wanted);
    keeper.emplace(with, "rack_0", found);
    with.events.clear();
    warned = keeper->begin(at);
    alarm.reset();
    for (const auto& each : warned)
      if (each.edge == "set" || each.edge == "clear") alarm = each;
  }
  /// What became of it; of the journal's answer where it has to be awaited.
  configuration_keeper::answer approve(const std::string& user, const std::string& role,
                                       bool standby = true, const std::string& hash = "") {
    messages::command asked;
    asked.point = "rack_0/" + (hash.empty() ? found.staged.value().hash : hash);
    asked.user = user;
    asked.role = role;
    asked.priority = priority;
    if (auto told = keeper->approve(asked, standby, at)) return *told;
    auto told = keeper->stored(with.last.first, with.last.second, at);
    REQUIRE(told);
    return *told;
  }

  kept_context with;
  std::optional<configuration_keeper> keeper;
  configuration::standing found;
  std::vector<messages::event> warned;
  std::optional<messages::event> alarm; ///< whether the warning stands, where that was told
  std::uint8_t priority = messages::command_priority::person;
  messages::instant at = now;
  std::string words; ///< what the site's profile says
};

} // namespace

TEST_CASE("a new rack journals and tells version 1, once") {
  lives rack;
  rack.start(with_fault_at(3.65));
  REQUIRE(rack.with.events.size() == 1);
  CHECK(rack.with.events[0].code == "CONFIGURATION");
  CHECK(rack.with.events[0].state == "taken");
  CHECK(rack.with.events[0].reason == "version 1, site file at first start");
  CHECK_FALSE(rack.alarm);
  CHECK(rack.keeper->words(now) == "version 1");
  rack.start(with_fault_at(3.65));
  CHECK(rack.with.events.empty());
  CHECK(rack.with.kept.records.size() == 1);
}

TEST_CASE("a looser configuration is told as staged until it is gone or approved") {
  lives rack;
  rack.start(with_fault_at(3.65));
  rack.start(with_fault_at(3.7));
  REQUIRE(rack.with.events.size() == 1);
  CHECK(rack.with.events[0].state == "staged");
  CHECK(rack.with.events[0].reasons ==
        std::vector<std::string>{"cell_overvoltage/fault/set: 3.65 -> 3.7 (loosens)"});
  REQUIRE(rack.alarm);
  CHECK(rack.alarm->candidate == "configuration_staged");
  CHECK(rack.alarm->edge == "set");
  CHECK(rack.keeper->words(now) == "version 1, another is staged");
  rack.start(with_fault_at(3.7));
  CHECK(rack.with.events.empty()); // nothing is new, but the warning still stands
  REQUIRE(rack.alarm);
  CHECK(rack.alarm->edge == "set");
  rack.start(with_fault_at(3.65));
  REQUIRE(rack.alarm);
  CHECK(rack.alarm->edge == "clear");
}

TEST_CASE("two persons in standby make it the next version, in one record") {
  lives rack;
  rack.start(with_fault_at(3.65));
  rack.start(with_fault_at(3.7));
  CHECK(rack.approve("ada", "engineer", false).reasons ==
        std::vector<std::string>{"the rack is not in standby: open it, or end its current"});
  CHECK(rack.approve("ada", "engineer").outcome == outcome::done);
  CHECK(rack.approve("ada", "engineer").outcome == outcome::rejected);
  // Who names another hash has not read this one, and is not told it either.
  const auto guessed = rack.approve("eve", "service", true, "0123456789abcdef").reasons;
  REQUIRE(guessed.size() == 1);
  CHECK(guessed.front() ==
        "another configuration waits for approval: read what it changes by voltaic approve "
        "rack_0, without a hash");
  CHECK(rack.approve("eve", "service", false).outcome == outcome::rejected);
  const auto before = rack.with.kept.records.size();
  const auto done = rack.approve("eve", "service");
  CHECK(done.outcome == outcome::done);
  CHECK(done.is_stored);
  CHECK(rack.with.kept.records.size() == before + 1);
  CHECK(rack.with.events.back().state == "approved");
  rack.start(with_fault_at(3.7));
  CHECK(rack.found.in_force.number == 2);
  CHECK(rack.found.in_force.approvers.size() == 2);
  REQUIRE(rack.alarm);
  CHECK(rack.alarm->edge == "clear");
}

TEST_CASE("a version that is approved is stored later than what it follows, though clocks step") {
  for (const bool in_one_life : {true, false}) {
    lives rack;
    rack.start(with_fault_at(3.65));
    if (!in_one_life) rack.at.utc_us -= 1'000'000;
    // Tighter first: what it follows then is of its own life.
    auto wanted = with_fault_at(3.7);
    if (in_one_life) wanted.limits.candidates[0].limits[0].set -= 0.01;
    rack.start(wanted);
    rack.at.utc_us = 500'000;
    REQUIRE(rack.approve("ada", "engineer").outcome == outcome::done);
    REQUIRE(rack.approve("eve", "service").is_stored);
    std::vector<std::int64_t> times;
    for (const auto& record : rack.with.kept.records)
      if (record.key == "rack_0") times.push_back(record.utc_us);
    REQUIRE(times.size() == (in_one_life ? 3 : 2));
    CHECK(std::ranges::is_sorted(times, std::ranges::less_equal()));
  }
}

TEST_CASE("what a life approved once is forgotten by the next") {
  lives rack;
  rack.start(with_fault_at(3.65));
  rack.start(with_fault_at(3.7));
  CHECK(rack.approve("ada", "engineer").outcome == outcome::done);
  rack.start(with_fault_at(3.7));
  CHECK_FALSE(rack.approve("eve", "service").is_stored);
}

TEST_CASE("who approved first is told until a second person did, or nobody in time") {
  lives rack;
  rack.start(with_fault_at(3.65));
  rack.start(with_fault_at(3.7));
  const auto staged = [&] {
    std::optional<configuration::version> found;
    for (const auto& record : rack.with.kept.newest(configuration::stream))
      if (record.key == configuration::staged_key("rack_0") && !record.body.empty())
        found = *configuration::decode_version(record.body);
    REQUIRE(found);
    return *found;
  };
  CHECK(staged().approvers.empty());
  CHECK(rack.approve("ada", "engineer").outcome == outcome::done);
  REQUIRE(staged().approvers.size() == 1);
  CHECK(staged().approvers[0].user == "ada");
  CHECK(rack.keeper->words(now) ==
        "version 1, another is staged, approved by ada, a second person has to");
  CHECK(rack.keeper->words({now.monotonic_us + approval_us, now.utc_us}) ==
        "version 1, another is staged");
  rack.start(with_fault_at(3.7)); // which forgets it
  CHECK(staged().approvers.empty());
  CHECK(rack.keeper->words(now) == "version 1, another is staged");
}

TEST_CASE("a profile that says other things is staged with the values before and after") {
  lives rack;
  const auto with_profile = [&](const std::string& json) {
    rack.words = configuration::profile_words(json);
    auto made = with_fault_at(3.65);
    made.profile_content = configuration::profile_content_hash(json);
    rack.start(made);
  };
  with_profile(R"({"points":{"current":{"scale":0.1}},"messages":[{"name":"a","id":"0x1"}]})");
  with_profile(R"({"points":{"current":{"scale":0.2}},"messages":[{"name":"a","id":"0x2"}]})");
  REQUIRE(rack.found.staged);
  const auto& changes = rack.found.staged->changes;
  REQUIRE(changes.size() == 3);
  CHECK(changes[0].starts_with("profile_content: "));
  CHECK(changes[1].starts_with("profile_content/messages/a/id: \"0x1\" -> \"0x2\""));
  CHECK(changes[2].starts_with("profile_content/points/current/scale: 0.1 -> 0.2"));
}

TEST_CASE("the warning of a staged configuration is shelved for a time, as any other") {
  lives rack;
  rack.start(with_fault_at(3.65));
  messages::command asked;
  asked.operation = "shelve";
  asked.lease_ms = 60'000;
  CHECK(rack.keeper->shelve(asked, now).size() == 1); // there is none
  rack.start(with_fault_at(3.7));
  CHECK(rack.keeper->shelve(asked, now).empty());
  CHECK(rack.keeper->shelf_event(nullptr).edge == "shelve");
  const auto at_ms = [](std::int64_t ms) {
    return messages::instant{now.monotonic_us + ms * messages::us_per_ms, now.utc_us};
  };
  CHECK_FALSE(rack.keeper->end_shelving(at_ms(59'999)));
  CHECK(rack.keeper->end_shelving(at_ms(60'000)));
  CHECK_FALSE(rack.keeper->end_shelving(at_ms(60'001)));
  CHECK(rack.keeper->shelf_event(nullptr).edge == "unshelve");
  asked.lease_ms = 9 * 3'600'000;
  CHECK(rack.keeper->shelve(asked, now).size() == 1); // for too long
  asked.lease_ms = 60'000;
  CHECK(rack.keeper->shelve(asked, now).empty());
  rack.start(with_fault_at(3.7));
  REQUIRE(rack.warned.size() == 2); // the next life counts it again
  CHECK(rack.warned[0].edge == "unshelve");
  CHECK(rack.warned[1].edge == "set");
  asked.operation = "unshelve";
  CHECK(rack.keeper->shelve(asked, now).size() == 1);
}

TEST_CASE("nobody from afar and nobody without a name loosens protection") {
  lives rack;
  rack.start(with_fault_at(3.65));
  rack.start(with_fault_at(3.7));
  CHECK(rack.approve("", "service").outcome == outcome::rejected);
  rack.priority = messages::command_priority::remote;
  CHECK(rack.approve("ada", "service").outcome == outcome::rejected);
}

TEST_CASE("an approval that the journal does not take loosens nothing, and says so") {
  lives rack;
  rack.start(with_fault_at(3.65));
  rack.start(with_fault_at(3.7));
  CHECK(rack.approve("ada", "engineer").outcome == outcome::done);
  rack.with.kept.refuse = true;
  const auto told = rack.approve("eve", "service");
  CHECK(told.outcome == outcome::unknown);
  CHECK_FALSE(told.is_stored);
  rack.start(with_fault_at(3.7));
  CHECK(rack.found.in_force.number == 1);
}

TEST_CASE("F-171 another rack than was approved bars closing until it is approved") {
  lives rack;
  rack.start(with_fault_at(3.65));
  auto moved = with_fault_at(3.65);
  moved.bus = "can7";
  rack.start(moved);
  CHECK(rack.keeper->bars_closing());
  CHECK(rack.approve("ada", "engineer").outcome == outcome::done);
  CHECK(rack.approve("eve", "service").is_stored);
  rack.start(moved);
  CHECK_FALSE(rack.keeper->bars_closing());
}

} // namespace configuration_keeper_test
