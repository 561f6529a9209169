#include <catch2/catch.hpp>

#include "messages/points/catalogue.hpp"
#include "nodes/doctor/link_check_model.hpp"
#include "nodes/doctor/running_facts.hpp"
#include "support/one_rack_site.hpp"

namespace running_facts_test {

using namespace voltaic;
using namespace voltaic::nodes::doctor;

namespace {

constexpr std::int64_t now_us = 100 * messages::us_per_s;

/// A device that describes one point and has said it once, where a quality is given.
void describe(site_words& to, std::optional<messages::quality> quality) {
  messages::message said;
  said.header.source = "bms_0";
  auto catalogue = messages::points::make_catalogue(
      "bms_0", {{.name = "rack_0/soc", .channel = "bms_0/Soc", .raw_type = "f64", .scale = 1}});
  const auto fingerprint = catalogue.fingerprint;
  said.payload = std::move(catalogue);
  to.points.apply(said);
  if (!quality) return;
  messages::block block;
  block.source_time_us = now_us - 5 * messages::us_per_s;
  block.quality = *quality;
  block.values = messages::block::reals{50};
  said.header.sequence = 1;
  said.payload = messages::telemetry{"bms_0", fingerprint, {block}};
  to.points.apply(said);
}

site_words words_of_running_node() {
  site_words said;
  messages::bus_health bus;
  bus.name = "can0";
  bus.state = "error-active";
  bus.trouble = "noise";
  messages::health health;
  health.node = "rack_0";
  health.buses.push_back(bus);
  said.health["rack_0"] = health;
  return said;
}

presence presence_of(const site_words& said) {
  const auto plan = tests::one_rack_plan();
  auto links = links_of(plan);
  REQUIRE(links.size() == 1);
  add_words(links.front(), plan, said, now_us);
  REQUIRE(links.front().devices.size() == 1);
  return links.front().devices.front().presence;
}

} // namespace

TEST_CASE("a device speaks, fell silent, or never spoke, by the qualities of its points") {
  const auto after = [](std::optional<messages::quality> quality) {
    auto said = words_of_running_node();
    describe(said, quality);
    return presence_of(said);
  };
  CHECK(after(messages::quality::good) == presence::speaks);
  CHECK(after(messages::quality::invalid) == presence::speaks);
  CHECK(after(messages::quality::stale) == presence::silent);
  CHECK(after(messages::quality::never) == presence::never);
  CHECK(after(std::nullopt) == presence::never);
}

TEST_CASE("what a node said that does not run any more says nothing of its devices") {
  site_words said;
  describe(said, messages::quality::good);
  CHECK(presence_of(said) == presence::unknown);
}

TEST_CASE("what the nodes see of a bus is part of its facts") {
  const auto plan = tests::one_rack_plan();
  auto links = links_of(plan);
  auto said = words_of_running_node();
  describe(said, messages::quality::good);
  add_words(links.front(), plan, said, now_us);
  REQUIRE(links.front().bus);
  const auto found = check(links.front());
  REQUIRE(found.size() == 1);
  CHECK(found.front().code == "noise");
}

} // namespace running_facts_test
