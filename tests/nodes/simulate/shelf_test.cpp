#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "nodes/simulate/simulated_site.hpp"
#include "nodes/simulate/targets.hpp"
#include "nodes/site/load.hpp"

namespace shelf_test {

using namespace voltaic;
using namespace voltaic::nodes;

namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::uint64_t length_ms = 20'000;

site::plan two_racks() {
  auto loaded = site::load(VOLTAIC_SOURCE_FOLDER "/configs/hot_rack.toml");
  if (const auto* found = std::get_if<messages::findings>(&loaded)) FAIL(found->front().text);
  return std::get<site::plan>(std::move(loaded));
}

/// A site on virtual time to which commands are given.
class watched_site {
 public:
  watched_site() : plan_(two_racks()), site_(plan_, {}) { pass(3); }

  void pass(int seconds) {
    for (int i = 0; i < seconds * 100; ++i) site_.step();
    for (auto& said : site_.take_messages()) {
      if (auto* event = std::get_if<messages::event>(&said.payload)) events_.push_back(*event);
      if (auto* result = std::get_if<messages::result>(&said.payload)) last_ = *result;
    }
  }
  /// A cell at this voltage for long enough that the warning comes, or goes.
  void stand(double volt = 3.56) {
    using actors::simulator::override_kind;
    REQUIRE(site_.set("rack_0", "cell_voltage", 5, override_kind::value, volt));
    pass(6);
  }
  messages::result ask(const std::string& operation, std::uint64_t lease_ms,
                       const std::string& role, const std::string& reason) {
    auto command = simulate::make_command(operation, "rack_0/cell_overvoltage", ++asked_);
    command.lease_ms = lease_ms;
    command.role = role;
    command.user = "ada";
    command.reason = reason;
    command.deadline_utc_us = site_.now().utc_us + 10 * second_us;
    site_.send(command);
    last_ = {};
    pass(2);
    return last_;
  }
  /// Protection's events of an edge.
  [[nodiscard]] std::vector<messages::event> edges(const std::string& edge) const {
    std::vector<messages::event> found;
    std::ranges::copy_if(events_, std::back_inserter(found), [&](const messages::event& one) {
      return one.kind == "protection" && one.edge == edge;
    });
    return found;
  }
  simulate::simulated_site& site() { return site_; }

 private:
  site::plan plan_;
  simulate::simulated_site site_;
  std::vector<messages::event> events_;
  messages::result last_;
  std::uint32_t asked_ = 0;
};

} // namespace

TEST_CASE("a warning is shelved with role and reason, goes on to act, and ends in an event") {
  watched_site rack;
  CHECK(rack.ask("shelve", length_ms, "operator", "in advance").outcome ==
        messages::outcome::rejected);
  rack.stand();
  const auto refused = rack.ask("shelve", length_ms, "viewer", "tired of it");
  CHECK(refused.outcome == messages::outcome::rejected);
  CHECK(rack.ask("shelve", length_ms, "operator", "").outcome == messages::outcome::rejected);
  CHECK(rack.ask("unshelve", 0, "operator", "why not").outcome == messages::outcome::rejected);
  CHECK(rack.edges("shelve").empty());
  REQUIRE(rack.ask("shelve", length_ms, "operator", "meter at work").outcome ==
          messages::outcome::done);
  REQUIRE(rack.edges("shelve").size() == 1);
  const auto shelved = rack.edges("shelve").front();
  CHECK(shelved.candidate == "cell_overvoltage");
  CHECK(shelved.level == "warning");
  CHECK(shelved.user == "ada");
  CHECK(shelved.role == "operator");
  CHECK(shelved.reason == "meter at work");
  rack.stand(3.3);
  REQUIRE(rack.edges("clear").size() == 1);
  rack.stand();
  REQUIRE(rack.edges("set").size() == 2); // as if it were not shelved
  CHECK(rack.edges("set").back().actions == std::vector<std::string>{"derate_charge:50"});
  CHECK(rack.edges("unshelve").empty());
  rack.pass(16);
  CHECK(rack.edges("unshelve").size() == 1);
}

TEST_CASE("a shelved warning is shown again when somebody asks for it") {
  watched_site rack;
  rack.stand();
  REQUIRE(rack.ask("shelve", length_ms, "operator", "meter at work").outcome ==
          messages::outcome::done);
  REQUIRE(rack.ask("unshelve", 0, "operator", "done").outcome == messages::outcome::done);
  REQUIRE(rack.edges("unshelve").size() == 1);
  CHECK(rack.edges("unshelve").front().reason == "done");
  rack.pass(25);
  CHECK(rack.edges("unshelve").size() == 1);
}

} // namespace shelf_test
