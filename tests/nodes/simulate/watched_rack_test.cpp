#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "support/played_site.hpp"

namespace watched_rack_test {

using namespace voltaic;
using namespace voltaic::nodes;

namespace {

/// How the profile of a rack without orders tells where its contactors stand.
enum class feedback : std::uint8_t { none, open, closed };

/// The demo's rack as a battery that takes no orders. The simulated one is open; turned round,
/// its feedback says closed.
nlohmann::json profile_with(feedback told) {
  std::ifstream file(std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/profiles/demo_rack.json");
  auto profile = nlohmann::json::parse(file);
  auto& commands = profile["commands"];
  commands.erase(std::remove_if(commands.begin(), commands.end(),
                                [](const auto& one) { return one.contains("purpose"); }),
                 commands.end());
  profile.erase("lease");
  for (const auto* name : {"minus_closed", "plus_closed", "precharge_closed"}) {
    auto& points = profile["points"];
    if (told == feedback::closed)
      points[name].update({{"type", "i16"}, {"scale", -1}, {"offset", 1}});
    if (told != feedback::none) continue;
    const auto renamed = std::string("device_") + name;
    points[renamed] = points[name];
    points.erase(name);
    for (auto& message : profile["messages"])
      for (auto& signal : message["signals"])
        if (signal["point"] == name) signal["point"] = renamed;
  }
  return profile;
}

// rack_0 takes no orders, rack_1 is one of the demo.
constexpr const char* site_text = R"([site]
name = "watched"
accept_common_loss = true
[[bus]]
name = "can0"
port = "virtual:can0"
[[device]]
name = "bms_0"
profile = "profiles/watched.json"
bus = "can0"
[[device]]
name = "bms_1"
profile = "profiles/demo_rack.json"
bus = "can0"
id_offset = 0xC0
[[rack]]
name = "rack_{0..1}"
device = "bms_{0..1}"
protection = "protection/lfp.toml"
dc_bus = "dc_0"
)";

/// A site of one rack without orders and, on the same DC bus, one of the demo.
class watched_site : public tests::played_site {
 public:
  explicit watched_site(feedback told) : played_site(site_text, "watched", profile_with(told)) {}

  [[nodiscard]] std::vector<std::string> contactor_events() const {
    std::vector<std::string> told;
    for (const auto& event : events)
      if (event.kind == "contactor" && event.subject == "rack_0")
        told.push_back(event.state + " " + event.reason);
    return told;
  }
};

} // namespace

TEST_CASE("a rack that takes no orders is active by its feedback and has its true limits") {
  watched_site on(feedback::closed);
  on.pass(10);
  CHECK(on.text("rack_0/contactor") == "closed");
  CHECK(on.text("rack_0/contactor_lock") == "not_controllable");
  CHECK(on.text("rack_0/charge_current_limit") == "140.0");
  CHECK(on.text("system/racks_active") == "1");
  CHECK(on.text("system/charge_current_limit") == "140.0");
  CHECK(on.contactor_events() == std::vector<std::string>{"closed feedback"});
  CHECK_FALSE(on.running->points().find("rack_0/contactor_operations"));

  watched_site off(feedback::open);
  off.pass(10);
  CHECK(off.text("rack_0/contactor") == "open");
  CHECK(off.text("rack_0/charge_current_limit") == "140.0");
  CHECK(off.text("system/racks_active") == "0");
  CHECK(off.text("system/charge_current_limit") == "0.0");

  watched_site blind(feedback::none);
  blind.pass(10);
  CHECK(blind.text("rack_0/contactor") == "unknown");
  CHECK(blind.text("system/racks_active") == "1");
  CHECK(blind.text("system/charge_current_limit") == "140.0");
  CHECK(blind.contactor_events() == std::vector<std::string>{"unknown no_feedback"});
}

TEST_CASE("nobody opens or closes a rack that takes no orders, and who asks is told why") {
  watched_site site(feedback::open);
  site.pass(5);
  for (const auto* operation : {"close", "open"}) {
    const auto told = site.ask(operation);
    CHECK(told.outcome == messages::outcome::rejected);
    REQUIRE(told.reasons.size() == 1);
    CHECK(told.reasons.front() ==
          "not_controllable: bms_0 takes no orders, so nothing here can open or close rack_0");
  }
  CHECK(site.text("rack_0/contactor") == "open");
}

TEST_CASE("a fault of a rack that nothing here can open stops its current and says what is left") {
  for (const auto told : {feedback::closed, feedback::none}) {
    watched_site site(told);
    site.pass(5);
    using actors::simulator::override_kind;
    REQUIRE(site.running->set("rack_0", "cell_voltage", 19, override_kind::value, 3.7));
    site.pass(5);
    CHECK(site.text("rack_0/protection_level") == "fault");
    CHECK(site.text("rack_0/charge_current_limit") == "0.0");
    CHECK(site.text("rack_0/discharge_current_limit") == "0.0");
    CHECK(site.text("system/discharge_current_limit") == "0.0");
    const bool tells = told == feedback::closed;
    CHECK(site.text("rack_0/contactor") == (tells ? "closed" : "unknown"));
    CHECK(site.text("system/racks_active") == (tells ? "1" : "0"));
    CHECK(site.contactor_events().back() == (tells ? "closed cannot_open" : "unknown cannot_open"));
    const auto fault = std::ranges::find_if(site.events, [](const messages::event& one) {
      return one.kind == "protection" && one.level == "fault" && one.edge == "set";
    });
    REQUIRE(fault != site.events.end());
    CHECK(fault->actions ==
          std::vector<std::string>{"stop_charge", "stop_discharge", "cannot_open"});
    const auto limits = std::ranges::find_if(site.events, [](const messages::event& one) {
      return one.kind == "limits" && one.discharge_current_a == 0 && !one.reasons.empty() &&
             one.reasons.front() == "cannot_open";
    });
    CHECK(limits != site.events.end());
    // It is latched like any other, and a reset asks for no open contactors.
    REQUIRE(site.running->set("rack_0", "cell_voltage", 19, override_kind::value, 3.3));
    site.pass(20);
    CHECK(site.text("rack_0/charge_current_limit") == "0.0");
    CHECK(site.ask("reset").outcome == messages::outcome::done);
    CHECK(site.text("rack_0/protection_level") == "none");
  }
}

TEST_CASE("current through a rack that takes no orders and reads open is an alarm as well") {
  watched_site site(feedback::open);
  site.pass(5);
  using actors::simulator::override_kind;
  REQUIRE(site.running->set("rack_0", "current", std::nullopt, override_kind::value, 30));
  site.pass(4);
  const auto alarm =
      std::ranges::find(site.events, "current_while_open", &messages::event::candidate);
  REQUIRE(alarm != site.events.end());
  CHECK(alarm->subject == "rack_0");
  CHECK(alarm->edge == "set");
  CHECK(site.text("rack_0/protection_level") == "alarm");
}

TEST_CASE("F-165 a rack that takes no orders is looked at before another joins its DC bus") {
  watched_site site(feedback::closed);
  site.pass(5);
  using actors::simulator::override_kind;
  REQUIRE(site.running->set("rack_0", "voltage", std::nullopt, override_kind::value, 1'570));
  site.pass(2);
  const auto refused = site.ask("close", "rack_1");
  CHECK(refused.outcome == messages::outcome::rejected);
  REQUIRE_FALSE(refused.reasons.empty());
  CHECK(refused.reasons.front().starts_with("parallel_block: rack_0 has 1570.0 V"));
}

TEST_CASE("check names a rack that nothing here can open, and states no time for it to open") {
  watched_site site(feedback::closed);
  REQUIRE_FALSE(site.plan.warnings.empty());
  const auto& warning = site.plan.warnings.front();
  CHECK(warning.line == 18);
  CHECK(warning.text ==
        "device: nothing here can open or close rack_0: watched.json has no command of the purpose "
        "\"order\". rack_0 is watched and judged; a fault sets its limits to zero, and the battery "
        "itself or a person has to open it");
  const auto times_of = [&](const std::string& rack) {
    return std::ranges::count(site.plan.reactions, rack, &site::reaction::rack);
  };
  CHECK(times_of("rack_0") == 0);
  CHECK(times_of("rack_1") > 0);
}

TEST_CASE("an input that should open a rack which takes no orders is refused") {
  const watched_site site(feedback::closed);
  auto text = std::string(site_text);
  text.insert(text.find("dc_bus"), "interlock = \"rack_0/opened_by_lease\"\n");
  text.replace(text.find("rack_{0..1}"), 11, "rack_0");
  text.replace(text.find("bms_{0..1}"), 10, "bms_0");
  const auto loaded = site.load(text);
  const auto* found = std::get_if<messages::findings>(&loaded);
  REQUIRE(found != nullptr);
  REQUIRE(found->size() == 1);
  CHECK(found->front().text ==
        "interlock: nothing here can open rack_0: the profile voltaic-demo-rack has no command of "
        "the purpose \"order\"; wire rack_0/opened_by_lease to what opens the battery");
}

TEST_CASE("a key that should reset a rack which takes no orders is refused") {
  const watched_site site(feedback::closed);
  auto text = std::string(site_text);
  text.insert(text.find("dc_bus"), "reset_key = \"dio_0/key\"\n");
  text.replace(text.find("rack_{0..1}"), 11, "rack_0");
  text.replace(text.find("bms_{0..1}"), 10, "bms_0");
  text +=
      "\n[[digital]]\nname = \"dio_0\"\nchip = \"simulated\"\n[[digital.input]]\nname = \"key\"\n"
      "line = 20\nnormally_closed = false\n";
  const auto loaded = site.load(text);
  const auto* found = std::get_if<messages::findings>(&loaded);
  REQUIRE(found != nullptr);
  REQUIRE(found->size() == 1);
  CHECK(found->front().text ==
        "reset_key: rack_0 takes no orders, and is not known to be open: its latches are reset by "
        "voltaic reset");
}

} // namespace watched_rack_test
