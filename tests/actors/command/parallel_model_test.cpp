#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

#include "actors/command/parallel_model.hpp"
#include "messages/points/catalogue.hpp"

namespace voltaic::actors::command::parallel_model_test {

namespace {

constexpr std::int64_t ms = 1'000;
using all = std::vector<std::string>;

/// What ends it stands in it, also where the rack was switched off for good.
constexpr const char* not_heard =
    "parallel_block: rack_2 on the same DC bus dc_0 is not heard; bring the device of rack_2 back, "
    "or, where rack_2 is cut off from the DC bus by hand, take it out of the site file";

/// Three racks on one DC bus and one on its own; each speaks as its actors do.
struct bench {
  parallel_model model{
      {{"rack_0", "dc_0"}, {"rack_1", "dc_0"}, {"rack_2", "dc_0"}, {"rack_3", "dc_1"}},
      {{"rack_0", "bms_0"}, {"rack_1", "bms_1"}, {"rack_2", "bms_2"}, {"rack_3", "bms_3"}}};
  std::int64_t now_us = 100'000 * ms;
  std::int64_t source_age_us = 0;
  messages::quality said_quality = messages::quality::good;
  bool is_standing_unknown = false; ///< feedback does not show whether it is joined

  messages::quality measured_quality = messages::quality::good;

  void say(const std::string& rack, double voltage_v, double current_a,
           const std::string& contactor, const std::string& lock = "none",
           std::optional<bool> joined = std::nullopt) {
    const auto catalogue = [](const std::string& owner, const all& names) {
      std::vector<messages::point_description> points;
      for (const auto& name : names) {
        messages::point_description point;
        point.name = name;
        points.push_back(point);
      }
      return messages::points::make_catalogue(owner, points);
    };
    const auto device = catalogue("bms" + rack.substr(4), {rack + "/voltage", rack + "/current"});
    const auto actor =
        catalogue(rack + "/contactor",
                  {rack + "/contactor", rack + "/contactor_lock", rack + "/contactor_joined"});
    for (const auto& each : {device, actor}) model.learn(each);
    const auto block = [this](std::uint16_t point, auto values) {
      messages::block made;
      made.point = point;
      made.source_time_us = now_us - source_age_us;
      made.quality = said_quality;
      made.values = values;
      return made;
    };
    using reals = messages::block::reals;
    auto voltage = block(0, reals{voltage_v});
    auto current = block(1, reals{current_a});
    if (measured_quality != messages::quality::good)
      voltage.quality = current.quality = measured_quality;
    model.take({device.owner, device.fingerprint, {voltage, current}}, now_us);
    const bool is_joined = joined.value_or(contactor == "closed");
    auto standing = block(2, messages::block::integers{is_joined ? 1 : 0});
    if (is_standing_unknown) standing.quality = messages::quality::stale;
    model.take({actor.owner, actor.fingerprint, {block(0, contactor), block(1, lock), standing}},
               now_us);
  }
  [[nodiscard]] all close(const std::string& point = "rack_0",
                          const std::string& operation = "close") const {
    messages::command asked;
    asked.operation = operation;
    asked.point = point;
    if (operation == "set") asked.value = std::string("closed");
    return model.refuse(asked, now_us);
  }
};

} // namespace

TEST_CASE("F-165 the racks that block a closing are named, each with its reason") {
  bench site;
  site.say("rack_0", 1'584, 0, "open");
  site.say("rack_1", 1'594, 5, "closed");
  site.say("rack_2", 1'584.5, -25, "closed");
  const all expected{
      "parallel_block: rack_1 has 1594.0 V on dc_0, rack_0 1584.0 V: 10.0 V apart, at most 3 V "
      "are joined",
      "parallel_block: rack_2 carries -25.0 A on dc_0, at most 20 A while rack_0 is joined to it"};
  CHECK(site.close() == expected);
  CHECK(site.close("rack_0/contactor", "set") == expected);
  CHECK(site.close("rack_0", "open").empty());
  CHECK(site.close("rack_3").empty());
}

TEST_CASE("a rack that is charged a little carries little, also where 16 bits keep its current") {
  bench site;
  site.say("rack_0", 1'584, 0, "open");
  site.say("rack_2", 1'584, 0, "open");
  site.say("rack_1", 1'584, 0, "closed");
  std::vector<messages::point_description> points(2);
  points[0].name = "rack_1/voltage";
  points[0].raw_type = "f64";
  points[1].name = "rack_1/current";
  points[1].raw_type = "i16";
  points[1].scale = 0.1;
  const auto device = messages::points::make_catalogue("bms_1", points);
  site.model.learn(device);
  for (const int tenths : {-50, -200, -201}) {
    messages::block voltage;
    voltage.source_time_us = site.now_us;
    voltage.quality = messages::quality::good;
    voltage.values = messages::block::reals{1'584};
    auto current = voltage;
    current.point = 1;
    current.values = messages::block::words{static_cast<std::uint16_t>(tenths)};
    site.model.take({device.owner, device.fingerprint, {voltage, current}}, site.now_us);
    CHECK(site.close().empty() == (tenths >= -200));
  }
}

TEST_CASE("F-165 the gate is symmetric, and what lies on its bounds may be joined") {
  bench site;
  site.say("rack_0", 1'584, 0, "open");
  site.say("rack_2", 900, 0, "open"); // open racks block nobody
  for (const double other_v : {1'581.0, 1'587.0}) {
    site.say("rack_1", other_v, 20, "closed");
    CHECK(site.close().empty());
  }
  for (const double other_v : {1'580.9, 1'587.1}) {
    site.say("rack_1", other_v, 0, "closed");
    CHECK(site.close().size() == 1);
  }
}

TEST_CASE("F-159 a welded rack inhibits the closing of all others of its DC bus") {
  bench site;
  for (const auto* rack : {"rack_0", "rack_1"}) site.say(rack, 1'584, 0, "open");
  site.say("rack_2", 1'584, 0, "fault", "break_under_load, contactor_weld");
  const all expected{"parallel_block: rack_2 on the same DC bus dc_0 has contactor_weld"};
  CHECK(site.close("rack_0") == expected);
  CHECK(site.close("rack_1") == expected);
}

TEST_CASE("F-165 racks of the bus that are not heard block, and what is old is not heard") {
  bench site;
  site.say("rack_0", 1'584, 0, "open");
  site.say("rack_1", 1'584, 0, "open");
  CHECK(site.close() == all{not_heard});
  site.say("rack_2", 1'584, 0, "open");
  CHECK(site.close().empty());
  site.now_us += parallel_age_us_max + ms;
  CHECK(site.close().size() == 2);
}

TEST_CASE("F-165 a rack in fault or open blocks like a closed one unless feedback shows it apart") {
  for (const auto* contactor : {"fault", "open"}) {
    for (const bool is_known : {true, false}) {
      bench site;
      site.say("rack_0", 1'584, 0, "open");
      site.say("rack_1", 1'584, 0, "open");
      site.say("rack_2", 1'400, 0, contactor, "contactor_feedback");
      CHECK(site.close().empty());
      site.is_standing_unknown = !is_known;
      site.say("rack_2", 1'400, 0, contactor, "contactor_feedback", true);
      CHECK(site.close() ==
            all{"parallel_block: rack_2 has 1400.0 V on dc_0, rack_0 1584.0 V: 184.0 V apart, at "
                "most 3 V are joined"});
    }
  }
}

TEST_CASE("F-165 a rack that was opened in order and switched off says what ends its blocking") {
  bench site;
  site.say("rack_0", 1'584, 0, "open");
  site.say("rack_1", 1'584, 0, "open");
  site.say("rack_2", 1'584, 0, "open");
  CHECK(site.close().empty());
  site.is_standing_unknown = true;
  site.measured_quality = messages::quality::stale;
  site.say("rack_2", 1'584, 0, "open");
  CHECK(site.close() ==
        all{"parallel_block: rack_2 is on dc_0, and its voltage is not known; bring the device of "
            "rack_2 back, or, where rack_2 is cut off from the DC bus by hand, take it out of the "
            "site file"});
}

TEST_CASE("what a relay tells anew of a rack that is gone blocks as if it were not heard") {
  bench site;
  site.say("rack_0", 1'584, 0, "open");
  site.say("rack_1", 1'584, 0, "open");
  site.source_age_us = parallel_age_us_max + ms;
  site.say("rack_2", 1'584, 0, "open");
  CHECK(site.close() == all{not_heard});
  // Nor does the same, once more and once more, keep it.
  site.source_age_us = 0;
  site.say("rack_2", 1'584, 0, "open");
  CHECK(site.close().empty());
  const auto last_us = site.now_us;
  while (site.now_us <= last_us + parallel_age_us_max) {
    site.now_us += messages::us_per_s;
    site.source_age_us = 0;
    for (const auto* rack : {"rack_0", "rack_1"}) site.say(rack, 1'584, 0, "open");
    site.source_age_us = site.now_us - last_us;
    site.say("rack_2", 1'584, 0, "open");
  }
  CHECK(site.close() == all{not_heard});
}

TEST_CASE("a word whose speaker does not know it blocks as if it were not said") {
  bench site;
  site.say("rack_0", 1'584, 0, "open");
  site.say("rack_1", 1'584, 0, "open");
  site.said_quality = messages::quality::stale;
  site.say("rack_2", 1'584, 0, "open");
  CHECK(site.close() == all{not_heard});
}

TEST_CASE("a rack that nobody knows is not closed, but what closes nothing goes on") {
  bench site;
  const auto unknown = [](const std::string& name) {
    return all{"parallel_block: no rack '" + name + "' is known, nor who shares its DC bus"};
  };
  CHECK(site.close("rack_4") == unknown("rack_4"));
  CHECK(site.close("rack_4/contactor", "set") == unknown("rack_4"));
  CHECK(site.close("") == unknown(""));
  CHECK(site.close("rack_4", "open").empty());
  CHECK(site.close("rack_4/charge_current_limit", "set").empty());
  CHECK(parallel_model({}, {{"rack_0", "bms_0"}}).refuse({}, 0).empty());
}

TEST_CASE("without a shared DC bus nobody is listened to and nothing refused") {
  const parallel_model alone({{"rack_0", "dc_0"}, {"rack_1", "dc_1"}},
                             {{"rack_0", "bms_0"}, {"rack_1", "bms_1"}});
  CHECK(alone.sources().empty());
}

} // namespace voltaic::actors::command::parallel_model_test
