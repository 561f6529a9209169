#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/played_site.hpp"

// A rack whose device is read by a profile that is not its own.
namespace profile_mismatch_test {

using namespace voltaic;
using namespace voltaic::nodes;
using actors::simulator::override_kind;

namespace {

using change = std::function<void(nlohmann::json&)>;

nlohmann::json demo_profile() {
  std::ifstream file(std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/profiles/demo_rack.json");
  return nlohmann::json::parse(file);
}

/// Of a point's numbers of two bytes the first is taken for the last.
change swapped(const std::string& point) {
  return [point](nlohmann::json& profile) {
    std::size_t count = 0;
    for (auto& message : profile["messages"])
      for (auto& signal : message["signals"]) {
        if (signal["point"] != point) continue;
        REQUIRE(signal["length"] == 16);
        signal["order"] = "motorola";
        signal["start"] = signal["start"].get<int>() + 7; // its most significant bit
        ++count;
      }
    REQUIRE(count > 0);
  };
}

change scaled(const std::string& point, double scale) {
  return [=](nlohmann::json& profile) { profile["points"][point]["scale"] = scale; };
}

constexpr const char* site_text = R"([site]
name = "mismatch"
[[bus]]
name = "can0"
port = "virtual:can0"
[[device]]
name = "bms_0"
profile = "profiles/mismatch.json"
bus = "can0"
[[rack]]
name = "rack_0"
device = "bms_0"
protection = "protection/lfp.toml"
)";

class misread_site : public tests::played_site {
 public:
  explicit misread_site(const change& what)
      : played_site(site_text, "mismatch", [&] {
          auto profile = demo_profile();
          what(profile);
          return profile;
        }()) {}

  [[nodiscard]] const messages::event* told() const {
    const auto found = std::ranges::find(events, "PROFILE_MISMATCH", &messages::event::code);
    return found == events.end() ? nullptr : &*found;
  }
  [[nodiscard]] bool was_ever(const std::string& state) const {
    return std::ranges::any_of(events, [&](const messages::event& each) {
      return each.kind == "contactor" && each.state == state;
    });
  }
};

struct misreading {
  const char* what;
  change by;
  const char* told; ///< what of it the event says
};

} // namespace

TEST_CASE("F-074 F-093 a rack is never closed by a profile of another byte order or scale") {
  const std::vector<misreading> all = {
      {"cells swapped", swapped("cell_voltage"), "480 of 480 cell_voltage"},
      {"cells ten times", scaled("cell_voltage", 0.01), "480 of 480 cell_voltage"},
      {"cells a tenth", scaled("cell_voltage", 0.0001), "480 of 480 cell_voltage"},
      {"cells a fifth less", scaled("cell_voltage", 0.0008), "the cells add up to 12"},
      {"temperatures swapped", swapped("cell_temperature"), "240 of 240 cell_temperature"},
      {"temperatures ten times", scaled("cell_temperature", 1), "240 of 240 cell_temperature"},
      {"voltage swapped", swapped("voltage"), "voltage"},
      {"voltage ten times", scaled("voltage", 1), "voltage is no value that it has"},
      {"voltage a tenth", scaled("voltage", 0.01), "the rack says 15"},
      {"all swapped",
       [](nlohmann::json& profile) {
         for (const auto* point : {"cell_voltage", "cell_temperature", "voltage", "current", "soc"})
           swapped(point)(profile);
       },
       "voltage is no value that it has"}}; // what came first
  for (const auto& each : all) {
    INFO(each.what);
    misread_site site(each.by);
    site.pass(5);
    REQUIRE(site.told() != nullptr);
    CHECK(site.told()->candidate == "profile_mismatch");
    CHECK(site.told()->reason.find("profile voltaic-demo-rack version 1 does not fit") == 0);
    CHECK_THAT(site.told()->reason, Catch::Matchers::Contains(each.told));
    const auto asked = site.ask("close");
    CHECK(asked.outcome == messages::outcome::rejected);
    site.pass(20);
    CHECK(site.ask("close").outcome == messages::outcome::rejected);
    CHECK_FALSE(site.was_ever("precharge"));
    CHECK_FALSE(site.was_ever("closed"));
    CHECK(site.text("rack_0/discharge_current_limit") == "0.0");
  }
}

TEST_CASE("F-074 the right profile fits, also with modules that measure nothing") {
  misread_site site([](nlohmann::json&) {});
  for (std::uint32_t cell = 0; cell < 48; ++cell)
    REQUIRE(site.running->set("rack_0", "cell_voltage", cell * 10, override_kind::invalid, 0));
  site.pass(10);
  CHECK(site.told() == nullptr);
  for (std::uint32_t cell = 0; cell < 48; ++cell)
    REQUIRE(site.running->set("rack_0", "cell_voltage", cell * 10, override_kind::release, 0));
  site.pass(15);
  CHECK(site.ask("close").outcome == messages::outcome::done);
  site.pass(5);
  // What fails later is a sensor, not the profile.
  REQUIRE(site.running->set("rack_0", "voltage", std::nullopt, override_kind::value, 700));
  site.pass(2);
  CHECK(site.told() == nullptr);
}

} // namespace profile_mismatch_test
