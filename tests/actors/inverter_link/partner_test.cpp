#include <catch2/catch.hpp>

#include <map>

#include "actors/inverter_link/inverter_link_model.hpp"
#include "messages/event_codes.hpp"
#include "messages/inverter/inverter_profiles.hpp"
#include "messages/points/catalogue.hpp"

// Who is on the other side of a link, read while it lives.
namespace partner_test {

using namespace voltaic;
using namespace voltaic::actors::inverter_link;
namespace wires = messages::inverter;

namespace {

constexpr std::int64_t second = messages::us_per_s;

std::shared_ptr<const wires::compatibility_table> pairs(std::string_view entries) {
  auto loaded =
      wires::load_compatibility("{\"pairs\": [" + std::string(entries) + "]}", "pairs.json");
  REQUIRE(std::holds_alternative<wires::compatibility_table>(loaded));
  return std::make_shared<const wires::compatibility_table>(
      std::get<wires::compatibility_table>(std::move(loaded)));
}

/// An inverter that says each second that it lives and who it is, and its link.
struct partners {
  explicit partners(std::shared_ptr<const wires::compatibility_table> table)
      : link(options(std::move(table))) {
    rack = messages::points::make_catalogue(
        "bms_0", {messages::points::describe("rack_0", {"model", "Model", "", 0, "text"}, second),
                  messages::points::describe("rack_0", {"firmware_version", "V", "", 0}, second)});
    link.learn(rack);
  }
  static model_options options(std::shared_ptr<const wires::compatibility_table> table) {
    model_options made;
    made.name = "inverter_0";
    made.profile = tests::shared_inverter("victron.json");
    made.wire = made.profile->options;
    made.racks = {{"rack_0", "bms_0", 280, true, {"rack", 1}}};
    made.pairs = std::move(table);
    return made;
  }
  void hear(std::uint32_t id, std::string_view text) {
    messages::can::frame frame;
    frame.id = id;
    frame.length = 8;
    for (std::size_t i = 0; i < text.size(); ++i)
      frame.data[4 + i] = static_cast<std::uint8_t>(text[i]);
    link.take({&frame, 1}, now_us);
  }
  void say_battery(const std::string& model, double firmware) {
    messages::block text;
    text.source_time_us = now_us;
    text.quality = messages::quality::good;
    text.values = model;
    auto number = text;
    number.point = 1;
    number.values = messages::block::reals{firmware};
    link.take({"bms_0", rack.fingerprint, {text, number}}, now_us);
  }
  void pass(int seconds) {
    for (int i = 0; i < seconds * 10; ++i) {
      now_us += second / 10;
      if (i % 10 == 0 && lives) hear(0x305, "");
      if (i % 10 == 0 && lives && !maker.empty()) hear(0x307, maker);
      auto out = link.step({now_us, now_us});
      for (auto& each : out.reports)
        if (each.code == messages::event_codes::inverter_compatibility) told.push_back(each);
      if (out.said) said = *std::move(out.said);
    }
  }
  [[nodiscard]] std::string text(std::size_t point) const {
    return std::get<std::string>(said.blocks.at(point).values);
  }
  [[nodiscard]] std::vector<std::string> states() const {
    std::vector<std::string> all;
    for (const auto& each : told) all.push_back(each.state);
    return all;
  }

  model link;
  messages::catalogue rack;
  messages::telemetry said;
  std::vector<report> told;
  std::string maker;
  bool lives = true;
  std::int64_t now_us = 3'600 * second;
};

constexpr std::size_t compatibility_point = 3;
constexpr std::size_t identity_point = 12;
using all = std::vector<std::string>;

} // namespace

TEST_CASE("an incompatible inverter is told nothing but zero") {
  partners on(pairs(R"({"battery": "rack", "inverter": "victron", "compatible": false})"));
  on.pass(6);
  CHECK(on.link.told().charge_current_a == 0);
  CHECK(on.link.told().charge.front().cause == cause::incompatible);
  CHECK(on.states() == all{"incompatible"});
}

TEST_CASE("an inverter whose type nobody knows is warned of, when it says it or says nothing") {
  const auto* table = R"({"battery": "rack", "inverter": "victron",
                          "inverter_manufacturer": "VIC", "compatible": true})";
  partners silent(pairs(table));
  silent.pass(8);
  CHECK(silent.states().empty());
  CHECK(silent.text(compatibility_point) == "awaited");
  silent.pass(8);
  CHECK(silent.states() == all{"unknown"});
  CHECK(silent.text(compatibility_point) == "unknown");
  partners other(pairs(table));
  other.maker = "XYZ";
  other.pass(4);
  CHECK(other.states() == all{"unknown"});
  CHECK(other.told.front().reason ==
        "rack_0: rack version 1 is not known to work with XYZ (victron version 1)");
  CHECK(other.text(identity_point) == "XYZ");
  // It is warned of, and not stopped.
  CHECK(other.link.told().charge.front().cause != cause::incompatible);
  partners known(pairs(table));
  known.maker = "VIC";
  known.pass(20);
  CHECK(known.states().empty());
  CHECK(known.text(compatibility_point) == "compatible");
  partners nobody(nullptr);
  nobody.pass(4);
  CHECK(nobody.states() == all{"unknown"});
}

TEST_CASE("an inverter that is exchanged while its link lives is judged anew") {
  partners on(pairs(R"({"battery": "rack", "inverter": "victron", "inverter_manufacturer": "VIC",
                        "compatible": true},
                       {"battery": "rack", "inverter": "victron", "inverter_manufacturer": "BAD",
                        "compatible": false})"));
  on.maker = "VIC";
  on.pass(10);
  CHECK(on.text(compatibility_point) == "compatible");
  on.lives = false;
  on.pass(10);
  CHECK(on.text(identity_point).empty());
  on.lives = true;
  on.maker = "BAD";
  on.pass(6);
  CHECK(on.states() == all{"incompatible"});
  CHECK(on.link.told().discharge.front().cause == cause::incompatible);
  on.lives = false;
  on.pass(10);
  CHECK(on.text(compatibility_point) == "incompatible"); // until it is known who follows
  on.lives = true;
  on.maker = "VIC";
  on.pass(6);
  CHECK(on.text(compatibility_point) == "compatible");
  CHECK(on.states().back() == "compatible");
}

TEST_CASE("a battery is known by what its controller says of itself as well") {
  partners on(pairs(R"({"battery": "rack", "battery_model": "B2", "battery_firmware": ["3", "5"],
                        "inverter": "victron", "compatible": true})"));
  on.say_battery("B2", 4);
  on.pass(6);
  CHECK(on.text(compatibility_point) == "compatible");
  on.say_battery("B2", 6);
  on.pass(2);
  CHECK(on.text(compatibility_point) == "unknown");
  CHECK(on.told.back().reason ==
        "rack_0: B2 6 (rack version 1) is not known to work with victron version 1");
}

} // namespace partner_test
