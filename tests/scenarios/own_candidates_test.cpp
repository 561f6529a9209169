#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "actors/simulator/simulated_rack_model.hpp"
#include "support/command_line.hpp"

// Points that only one kind of rack has: its profile or its site file makes them be judged.
namespace own_candidates_test {

using namespace voltaic;
using actors::simulator::slot_us;
using messages::us_per_s;
using nlohmann::json;
using tests::run_voltaic;

namespace {

constexpr std::int64_t begin_us = 1'700'000'000 * us_per_s;

/// What the rack's own sensors say, in their units; NaN: its invalid word, and negative pressure:
/// it says nothing.
struct own_values {
  double busbar_c = 40;
  double other_busbar_c = 40;
  double humidity_percent = 30;
  bool speaks = true;
};

messages::can::frame own_frame(const own_values& said) {
  messages::can::frame item;
  item.id = 0x7A0;
  item.length = 8;
  const auto put = [&](std::size_t at, double value) {
    const auto word = static_cast<std::uint16_t>(static_cast<std::int16_t>(value * 10));
    item.data[at] = static_cast<std::uint8_t>(word & 0xFF);
    item.data[at + 1] = static_cast<std::uint8_t>(word >> 8);
  };
  put(0, said.busbar_c);
  put(2, said.other_busbar_c);
  put(4, said.humidity_percent);
  return item;
}

/// A rack of the demo's kind with three sensors more, played from a log of its frames.
class own_rack {
 public:
  own_rack() {
    namespace files = std::filesystem;
    files::copy(VOLTAIC_SOURCE_FOLDER "/configs/protection", place / "protection");
    std::ifstream source(VOLTAIC_SOURCE_FOLDER "/configs/profiles/demo_rack.json");
    profile = json::parse(source);
    auto& points = profile["points"];
    points["busbar_temperature"] = {{"channel", "BusbarTemperature"},
                                    {"type", "i16"},
                                    {"count", 2},
                                    {"scale", 0.1},
                                    {"unit", "degC"},
                                    {"period_ms", 100},
                                    {"valid", {-60, 200}},
                                    {"reaction_limit_ms", 10'000},
                                    {"protection", {"busbar_temperature_high"}}};
    points["pack_humidity"] = {{"channel", "PackHumidity"},
                               {"type", "u16"},
                               {"scale", 0.1},
                               {"unit", "%"},
                               {"period_ms", 100},
                               {"valid", {0, 100}},
                               {"protection", {"pack_humidity_high"}},
                               {"reaction_limit_ms", 20'000}};
    json signals = json::array();
    for (int each = 0; each < 2; ++each)
      signals.push_back({{"point", "busbar_temperature"},
                         {"index", each},
                         {"start", 16 * each},
                         {"length", 16},
                         {"order", "intel"}});
    signals.push_back(
        {{"point", "pack_humidity"}, {"start", 32}, {"length", 16}, {"order", "intel"}});
    profile["messages"].push_back({{"name", "own"},
                                   {"id", "0x7A0"},
                                   {"length", 8},
                                   {"period_ms", 100},
                                   {"signals", signals}});
  }

  /// One that says what `say` answers for each tenth of a second, for so long.
  template <class Say>
  void record(int seconds, Say say) {
    std::ofstream log(place / "rack.log");
    actors::simulator::rack_options options;
    options.spread = false;
    actors::simulator::simulated_rack_model rack(options);
    const auto write = [&](std::int64_t now_us, const messages::can::frame& frame) {
      log << fmt::format("({}.{:06}) can0 {:03X}#", (begin_us + now_us) / us_per_s,
                         now_us % us_per_s, frame.id);
      for (std::size_t each = 0; each < frame.length; ++each)
        log << fmt::format("{:02X}", frame.data[each]);
      log << '\n';
    };
    for (std::int64_t now_us = 0; now_us < seconds * us_per_s; now_us += slot_us) {
      for (const auto& frame : rack.step(now_us, {})) write(now_us, frame);
      if (now_us % 100'000 != 0) continue;
      const own_values said = say(static_cast<double>(now_us) / us_per_s);
      if (said.speaks) write(now_us, own_frame(said));
    }
  }

  /// The site's file; `overrides` goes on in the table of the rack.
  std::string site(const std::string& overrides, const std::string& protection = "lfp") {
    std::filesystem::create_directories(place / "profiles");
    std::ofstream(place / "profiles/own_rack.json") << profile.dump(2);
    std::ofstream(place / "site.toml") << fmt::format(
        "[site]\nname = \"own\"\n[[bus]]\nname = \"can0\"\nport = \"replay:{}#can0\"\n"
        "[[device]]\nname = \"bms_0\"\nprofile = \"profiles/own_rack.json\"\nbus = \"can0\"\n"
        "[[rack]]\nname = \"rack_0\"\ndevice = \"bms_0\"\nprotection = \"protection/{}.toml\"\n{}",
        place / "rack.log", protection, overrides);
    return place / "site.toml";
  }

  /// Events of protection, each as "T candidate scope level edge".
  std::vector<std::string> simulate(const std::string& file, int seconds) {
    const auto done =
        run_voltaic(place, fmt::format("simulate {} --for {}s --json", file, seconds));
    INFO(done.errors);
    REQUIRE(done.code == 0);
    std::vector<std::string> told;
    std::istringstream lines(done.output);
    for (std::string line; std::getline(lines, line);) {
      const auto event = json::parse(line);
      if (event["kind"] != "protection") continue;
      told.push_back(
          fmt::format("{} {} {} {} {}", event["t_ms"].get<std::int64_t>(),
                      event["candidate"].get<std::string>(), event["scope"].get<std::string>(),
                      event["level"].get<std::string>(), event["edge"].get<std::string>()));
      newest[event["candidate"].get<std::string>() + "/" + event["level"].get<std::string>()] =
          event;
    }
    return told;
  }

  tests::temporary_folder place;
  json profile;
  std::map<std::string, json> newest;
};

bool is_told(const std::vector<std::string>& told, const std::string& what) {
  return std::ranges::any_of(
      told, [&](const std::string& line) { return line.substr(line.find(' ') + 1) == what; });
}

std::int64_t time_of(const std::vector<std::string>& told, const std::string& what) {
  for (const auto& line : told)
    if (line.substr(line.find(' ') + 1) == what) return std::stoll(line);
  FAIL("not told: " << what);
  return -1;
}

const std::string humidity = R"([rack.override.pack_humidity_high]
unit = "%"
period_ms = 1000
envelope = [0, 100]
warning = { set = 70, clear = 60, set_ms = 5000, clear_ms = 5000, latch = "none", actions = ["log"] }
fault = { set = 90, clear = 70, set_ms = 10000, clear_ms = 10000, latch = "user", actions = ["stop_charge", "stop_discharge", "open_ordered"] }
)";

/// One step, one period and 20 ms, as every level is in time; and a second for the grid.
bool is_between(std::int64_t time_ms, std::int64_t from_ms, std::int64_t within_ms) {
  return time_ms >= from_ms && time_ms <= from_ms + within_ms;
}

} // namespace

TEST_CASE("a point that a profile says is protected has the default limits of its quantity") {
  own_rack rack;
  rack.record(50, [](double t_s) {
    own_values said;
    if (t_s >= 10 && t_s < 30) said.other_busbar_c = 96;
    return said;
  });
  const auto told = rack.simulate(rack.site(humidity), 49);
  for (const auto* level : {"warning", "alarm", "fault"}) {
    const auto set = fmt::format("busbar_temperature_high element_1 {} set", level);
    CHECK(is_between(time_of(told, set), 15'000, 1'120));
    CHECK_FALSE(is_told(told, fmt::format("busbar_temperature_high element_0 {} set", level)));
  }
  // Those of terminal_overtemperature: clear at 85, 78 and 70, ten seconds later.
  CHECK(is_between(time_of(told, "busbar_temperature_high element_1 alarm clear"), 40'000, 1'120));
  CHECK(is_between(time_of(told, "busbar_temperature_high element_1 fault latch"), 40'000, 1'120));
  const auto& fault = rack.newest["busbar_temperature_high/fault"];
  CHECK(fault["actions"] == json({"stop_charge", "stop_discharge", "open_ordered"}));
  CHECK_FALSE(is_told(told, "pack_humidity_high rack warning set"));
}

TEST_CASE("a point without default limits is judged by what the site file states") {
  own_rack rack;
  rack.record(40, [](double t_s) {
    own_values said;
    if (t_s >= 5 && t_s < 15) said.humidity_percent = 75;
    if (t_s >= 15) said.humidity_percent = 90;
    return said;
  });
  const auto told = rack.simulate(rack.site(humidity), 39);
  CHECK(is_between(time_of(told, "pack_humidity_high rack warning set"), 10'000, 1'120));
  CHECK(is_between(time_of(told, "pack_humidity_high rack fault set"), 25'000, 1'120));
}

TEST_CASE("an own point that is unusable or silent is told and has consequences as any other") {
  own_rack rack;
  rack.record(40, [](double t_s) {
    own_values said;
    said.speaks = t_s < 20;
    if (t_s >= 10 && t_s < 12) said.busbar_c = 300;
    return said;
  });
  const auto told = rack.simulate(rack.site(humidity), 39);
  // One of two elements is more than one of a hundred: alarm at once, and no trip by its value.
  CHECK(is_between(time_of(told, "sensor_invalid element_0 alarm set"), 10'000, 200));
  CHECK_FALSE(is_told(told, "busbar_temperature_high element_0 fault set"));
  // Silence: 300 ms, 1 s and 5 s, because its levels open.
  CHECK(is_between(time_of(told, "communication_loss busbar_temperature alarm set"), 20'900, 200));
  CHECK(is_between(time_of(told, "communication_loss busbar_temperature fault set"), 24'900, 200));
  CHECK(is_told(told, "communication_loss pack_humidity fault set"));
}

TEST_CASE("a point whose limits nobody knows is refused with what to write, and where") {
  own_rack rack;
  rack.record(1, [](double) { return own_values{}; });
  const auto refused = run_voltaic(rack.place, "check " + rack.site(""));
  CHECK(refused.code == 1);
  CHECK(refused.output.find("site.toml:13:14: protection: the profile voltaic-demo-rack asks for "
                            "pack_humidity_high at its point pack_humidity, but its limits are not "
                            "known: a quantity in '%' has none by default; state \"quantity\" at "
                            "that point (soc), or write [pack_humidity_high] in the protection "
                            "file or [rack.override.pack_humidity_high] in the site file, with "
                            "unit = \"%\"") != std::string::npos);
  SECTION("a quantity is enough where its limits fit") {
    rack.profile["points"]["pack_humidity"]["quantity"] = "soc";
    CHECK(run_voltaic(rack.place, "check " + rack.site("")).code == 0);
    const auto printed = run_voltaic(rack.place, "check --print-protection " + rack.site(""));
    CHECK(printed.output.find("pack_humidity_high,%,high,warning,95,93") != std::string::npos);
  }
  SECTION("a candidate of a point that is not there, has another unit or is configured") {
    const auto says = [&](const std::string& overrides) {
      return run_voltaic(rack.place, "check " + rack.site(humidity + overrides)).output;
    };
    auto other = humidity;
    other.replace(other.find("pack_humidity"), 13, "room_humidity");
    CHECK(says(other).find("room_humidity_high judges the point room_humidity, which the profile "
                           "voltaic-demo-rack does not have") != std::string::npos);
    rack.profile["points"]["pack_humidity"]["unit"] = "A";
    CHECK(says("").find("pack_humidity_high is in '%', but the profile voltaic-demo-rack has "
                        "pack_humidity in 'A'") != std::string::npos);
    rack.profile["points"]["pack_humidity"]["category"] = "configuration";
    CHECK(says("").find("pack_humidity is not measured but configured") != std::string::npos);
  }
}

TEST_CASE("F-153 a profile in other units is refused where they are named, and trips where not") {
  own_rack rack;
  rack.record(20, [](double) { return own_values{}; });
  SECTION("named") {
    rack.profile["points"]["cell_voltage"]["unit"] = "A";
    const auto refused = run_voltaic(rack.place, "check " + rack.site(humidity));
    CHECK(refused.code == 1);
    CHECK(refused.output.find("expected V for cell_voltage") != std::string::npos);
  }
  SECTION("millivolt said to be volt: every cell is out of range, none is a number") {
    rack.profile["points"]["cell_voltage"]["scale"] = 1;
    const auto told = rack.simulate(rack.site(humidity), 19);
    CHECK(is_told(told, "sensor_invalid cell_voltage fault set"));
    CHECK_FALSE(is_told(told, "cell_overvoltage module_0:cell_0 fault set"));
  }
}

TEST_CASE("a chemistry of the user's own gives own points its own limits") {
  own_rack rack;
  rack.record(30, [](double t_s) {
    own_values said;
    if (t_s >= 10) said.busbar_c = 66;
    return said;
  });
  auto text = tests::contents(rack.place / "protection/lfp.toml");
  for (const auto& [what, by] : {std::pair("chemistry = \"lfp\"", "chemistry = \"lto\""),
                                 std::pair("set = 75, clear = 70", "set = 65, clear = 60")})
    text.replace(text.find(what), std::string(what).size(), by);
  std::ofstream(rack.place / "protection/lto.toml") << text;
  rack.profile["chemistry"] = "lto";
  const auto told = rack.simulate(rack.site(humidity, "lto"), 29);
  CHECK(is_between(time_of(told, "busbar_temperature_high element_0 warning set"), 15'000, 1'120));
  // That of another chemistry is refused for it.
  CHECK(run_voltaic(rack.place, "check " + rack.site(humidity, "nmc")).code == 1);
}

} // namespace own_candidates_test
