#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "messages/configuration/identity.hpp"
#include "support/played_site.hpp"

namespace identity_test {

using namespace voltaic;
using namespace voltaic::nodes;
using actors::simulator::override_kind;

namespace {

/// The demo's rack, whose state of health is taken for its serial number: the simulator can say
/// another one.
nlohmann::json profile() {
  std::ifstream file(std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/profiles/demo_rack.json");
  auto made = nlohmann::json::parse(file);
  auto& points = made["points"];
  points["serial_number"] = points["soh"];
  points["serial_number"].update({{"channel", "SerialNumber"}, {"scale", 1}, {"unit", ""}});
  points["serial_number"].erase("valid");
  points.erase("soh");
  for (auto& message : made["messages"])
    for (auto& signal : message["signals"])
      if (signal["point"] == "soh") signal["point"] = "serial_number";
  made["identity"] = {"serial_number"};
  return made;
}

constexpr const char* site_text = R"([site]
name = "serial"
[[bus]]
name = "can0"
port = "virtual:can0"
[[device]]
name = "bms_0"
profile = "profiles/serial.json"
bus = "can0"
[[rack]]
name = "rack_0"
device = "bms_0"
protection = "protection/lfp.toml"
)";

/// A site of one rack that says which one it is.
class serial_site : public tests::played_site {
 public:
  serial_site() : played_site(site_text, "serial", profile()) {}

  /// Another device stands in the rack's place.
  void say(int serial) {
    REQUIRE(running->set("rack_0", "soh", std::nullopt, override_kind::value, serial / 10.0));
  }

  messages::result accept(int serial) {
    namespace configuration = messages::configuration;
    return ask("accept",
               "rack_0/" + configuration::hash_of({{"serial_number", std::to_string(serial)}}));
  }

  [[nodiscard]] bool is_told(const std::string& candidate, const std::string& edge,
                             const std::string& reason) const {
    return std::ranges::any_of(events, [&](const messages::event& each) {
      return each.candidate == candidate && each.edge == edge && each.reason == reason;
    });
  }
};

} // namespace

TEST_CASE("F-171 a rack that is swapped for another one is not closed before that is accepted") {
  serial_site site;
  site.say(471);
  site.pass(10);
  CHECK(site.text("rack_0/identity") == "serial_number 471, not accepted");
  CHECK(site.is_told("identity_not_accepted", "set", "serial_number 471"));
  REQUIRE(site.accept(471).outcome == messages::outcome::done);
  CHECK(site.text("rack_0/identity") == "serial_number 471");
  REQUIRE(site.ask("close").outcome == messages::outcome::done);

  // It is closed and stays so; open, it stays open.
  site.say(472);
  site.pass(20);
  CHECK(site.text("rack_0/contactor") == "closed");
  CHECK(site.text("rack_0/identity") == "another device: serial_number: 471 -> 472");
  CHECK(site.text("rack_0/protection_level") == "alarm");
  CHECK(site.is_told("identity_changed", "set", "serial_number: 471 -> 472"));
  REQUIRE(site.ask("open").outcome == messages::outcome::done);
  site.pass(15);
  CHECK(site.ask("close").outcome == messages::outcome::rejected);

  // Also after the node was killed, and though nothing of itself is said any more.
  REQUIRE(site.running->set("rack_0", "soh", std::nullopt, override_kind::invalid, 0));
  site.events.clear();
  REQUIRE(site.running->kill("rack_0"));
  site.pass(20);
  CHECK(site.is_told("identity_changed", "set", "serial_number: 471 -> 472"));
  CHECK(site.ask("close").outcome == messages::outcome::rejected);

  site.say(472);
  site.pass(5);
  CHECK(site.accept(471).outcome == messages::outcome::rejected);
  REQUIRE(site.accept(472).outcome == messages::outcome::done);
  CHECK(site.text("rack_0/identity") == "serial_number 472");
  CHECK(site.ask("close").outcome == messages::outcome::done);
}

} // namespace identity_test
