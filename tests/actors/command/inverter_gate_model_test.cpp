#include "actors/command/inverter_gate_model.hpp"

#include <catch2/catch.hpp>
#include <optional>

#include "messages/points/catalogue.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::command::inverter_gate_model_test {

namespace {

messages::command to_close(const std::string& rack) {
  messages::command made;
  made.operation = "close";
  made.point = rack;
  return made;
}

/// The site's inverters and the gate; the link of inverter_0 speaks.
struct bench {
  void say(const std::string& word) {
    gate.learn(described);
    messages::block block;
    block.quality = messages::quality::good;
    block.source_time_us = said_us.value_or(now_us);
    block.values = word;
    gate.take({"inverter_0/link", described.fingerprint, {block}}, now_us);
  }
  [[nodiscard]] std::vector<std::string> refuse(const messages::command& asked) const {
    return gate.refuse(asked, now_us);
  }

  std::int64_t now_us = 100 * messages::us_per_s;
  std::optional<std::int64_t> said_us;
  messages::catalogue described = messages::points::make_catalogue(
      "inverter_0/link",
      {messages::points::describe("inverter_0", {"compatibility", "Compatibility", "", 0, "text"},
                                  messages::us_per_s)});
  inverter_gate_model gate{{{"rack_0", "inverter_0"}, {"rack_1", "inverter_1"}}, {"inverter_0"}};
};

const std::vector<std::string> not_heard{
    "inverter_incompatible: whether inverter_0 works with this battery was not heard for 3 s, and "
    "it may not"};

} // namespace

TEST_CASE("no rack is closed behind an inverter that said that it does not fit") {
  bench site;
  CHECK(site.gate.sources() == std::vector<std::string>{"inverter_0/link", "inverter_1/link"});
  for (const auto* fine : {"unknown", "compatible"}) {
    site.say(fine);
    CHECK(site.refuse(to_close("rack_0")).empty());
  }
  site.say("incompatible");
  const std::vector<std::string> refused{
      "inverter_incompatible: inverter_0 does not work with this battery"};
  CHECK(site.refuse(to_close("rack_0")) == refused);
  CHECK(site.refuse(to_close("rack_1")).empty());
  CHECK(site.refuse(to_close("rack_2")).empty());
  auto opening = to_close("rack_0");
  opening.operation = "open";
  CHECK(site.refuse(opening).empty());
  auto set = to_close("rack_0/contactor");
  set.operation = "set";
  set.value = std::string("close");
  CHECK(site.refuse(set).size() == 1);
  site.now_us += 60 * messages::us_per_s; // that it does not fit holds until it is said otherwise
  CHECK(site.refuse(to_close("rack_0")) == refused);
}

TEST_CASE("where an inverter may not fit, its link has to say that it does, and lately") {
  bench site;
  CHECK(site.refuse(to_close("rack_0")) == not_heard); // after a restart nobody said anything yet
  CHECK(site.refuse(to_close("rack_1")).empty());      // the table says nothing of that one
  site.say("compatible");
  site.now_us += compatibility_age_us_max;
  CHECK(site.refuse(to_close("rack_0")).empty());
  site.now_us += 1;
  CHECK(site.refuse(to_close("rack_0")) == not_heard);
  site.say("compatible");
  CHECK(site.refuse(to_close("rack_0")).empty());
}

TEST_CASE("a closing waits for who an inverter is where it may not fit, and not for ever") {
  bench site;
  site.say("awaited");
  const auto refused = site.refuse(to_close("rack_0"));
  REQUIRE(refused.size() == 1);
  CHECK(refused.front() ==
        "inverter_awaited: whether inverter_0 works with this battery is not known before both say "
        "what they are, and it may not; that is waited for, 15 s more at most");
  CHECK(site.refuse(to_close("rack_1")).empty()); // no pair says that it may not
  const auto end_us = site.now_us + identity_wait_us_max;
  for (; site.now_us < end_us; site.now_us += messages::us_per_s / 2) {
    site.say("awaited");
    CHECK(site.refuse(to_close("rack_0")).size() == 1);
  }
  // One that never says it, or is off until the rack is closed, warns and bars nothing.
  site.say("awaited");
  CHECK(site.refuse(to_close("rack_0")).empty());
  // Who is known ends the wait; who comes in its place begins another.
  site.say("compatible");
  CHECK(site.refuse(to_close("rack_0")).empty());
  site.say("awaited");
  CHECK(site.refuse(to_close("rack_0")).size() == 1);
  site.say("unknown");
  CHECK(site.refuse(to_close("rack_0")).empty());
}

TEST_CASE("what a dead link said is not fresh where a relay tells it anew") {
  bench site;
  site.said_us = site.now_us - compatibility_age_us_max - 1;
  site.say("compatible");
  CHECK(site.refuse(to_close("rack_0")) == not_heard);
}

} // namespace voltaic::actors::command::inverter_gate_model_test
