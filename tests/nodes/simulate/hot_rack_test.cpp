#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "messages/alarms/alarm_texts.hpp"
#include "nodes/simulate/simulation.hpp"
#include "nodes/site/load.hpp"

namespace hot_rack_test {

using namespace voltaic;
using namespace voltaic::nodes;
using nlohmann::json;

namespace {

constexpr const char* site_file = VOLTAIC_SOURCE_FOLDER "/configs/hot_rack.toml";
constexpr const char* scenario = VOLTAIC_SOURCE_FOLDER "/configs/scenarios/hot_rack.csv";
constexpr std::int64_t duration_ms = 330'000;
constexpr double rated_a = 140;
constexpr std::int64_t acknowledged_ms = 310'000;
constexpr std::int64_t reset_ms = 315'000;

site::plan hot_rack() {
  auto loaded = site::load(site_file);
  if (const auto* found = std::get_if<messages::findings>(&loaded)) FAIL(found->front().text);
  return std::get<site::plan>(std::move(loaded));
}

std::vector<simulate::deed> deeds_of(const site::plan& plan, const std::string& commands) {
  auto loaded = simulate::load_trace(scenario, plan, simulate::trace_player::devices);
  if (const auto* found = std::get_if<messages::findings>(&loaded)) FAIL(found->front().text);
  auto all = std::get<std::vector<simulate::deed>>(std::move(loaded));
  const auto read = simulate::parse_trace("t_ms,point,index,value\n" + commands, "commands.csv");
  REQUIRE(std::holds_alternative<simulate::trace>(read));
  auto more = simulate::resolve_trace(std::get<simulate::trace>(read), plan, "commands.csv");
  if (const auto* found = std::get_if<messages::findings>(&more)) FAIL(found->front().text);
  std::ranges::move(std::get<std::vector<simulate::deed>>(more), std::back_inserter(all));
  return all;
}

/// What is said while it happens.
std::vector<json> play(const std::string& commands) {
  const auto plan = hot_rack();
  std::vector<json> said;
  simulate::simulation_options how;
  how.duration_ms = duration_ms;
  how.deeds = deeds_of(plan, commands);
  how.out = [&](const std::string& line) { said.push_back(json::parse(line)); };
  simulate::simulated_site site(plan, {});
  REQUIRE(simulate::run_simulation(site, plan, how));
  return said;
}

/// The first line that has all of these, from a place on; the end, if none has.
std::vector<json>::const_iterator find(const std::vector<json>& said,
                                       std::vector<json>::const_iterator from, const json& keys) {
  return std::find_if(from, said.end(), [&](const json& line) {
    return std::ranges::all_of(keys.items(), [&](const auto& each) {
      return line.contains(each.key()) && line[each.key()] == each.value();
    });
  });
}

bool does(const json& line, const char* action) {
  return std::ranges::any_of(line["actions"], [&](const json& each) {
    return each.get<std::string>().starts_with(action);
  });
}

} // namespace

TEST_CASE(
    "a rack that overheats is derated by its trend, stopped, opened, latched, acknowledged and "
    "reset") {
  const auto without = play("");
  const json fault{{"candidate", "charge_overtemperature"}, {"level", "fault"}, {"edge", "set"}};
  const auto number = find(without, without.begin(), fault);
  REQUIRE(number != without.end());
  const auto said =
      play(std::to_string(acknowledged_ms) + ",command,,acknowledge rack_0-simulated-" +
           std::to_string((*number)["sequence"].get<int>()) + "\n" + std::to_string(reset_ms) +
           ",command,,reset rack_0\n");
  auto at = said.begin();
  const auto next = [&](const json& keys) {
    INFO(keys.dump());
    const auto found = find(said, at, keys);
    REQUIRE(found != said.end());
    at = found;
    return *found;
  };
  const auto of = [](const char* level, const char* edge) {
    return json{{"candidate", "charge_overtemperature"}, {"level", level}, {"edge", edge}};
  };
  // The trend lowers the limit while every temperature is still well.
  const auto warning_at = find(said, said.begin(), of("warning", "set"));
  const auto led = std::find_if(said.begin(), warning_at, [](const json& line) {
    return line["kind"] == "limits" && line["charge_current_limit_a"] < rated_a &&
           line["reasons"].front() == "derating/temperature_trend";
  });
  CHECK(led != warning_at);
  const auto warning = next(of("warning", "set"));
  CHECK(warning["scope"] == "module_3:temperature_1");
  CHECK(does(warning, "fan_on"));
  CHECK(does(warning, "derate_charge"));
  const auto alarm = next(of("alarm", "set"));
  CHECK(does(alarm, "stop_charge"));
  CHECK(next({{"kind", "limits"}})["charge_current_limit_a"] == 0.0);
  CHECK(does(next(fault), "open_ordered"));
  next({{"kind", "contactor"}, {"state", "opening"}});
  next({{"kind", "contactor"}, {"state", "open"}});
  next(of("fault", "latch"));
  CHECK(next({{"edge", "acknowledge"}})["t_ms"] >= acknowledged_ms);
  CHECK(next(of("fault", "reset"))["t_ms"] >= reset_ms);
  // Nothing closes by itself, nothing happens to the neighbour.
  CHECK(find(said, said.begin(), {{"kind", "contactor"}, {"state", "closed"}}) == said.end());
  CHECK(find(said, said.begin(), {{"rack", "rack_1"}}) == said.end());
}

TEST_CASE("the limits of a rack that overheats are told when they change, not each half second") {
  std::vector<json> limits;
  for (const auto& line : play(""))
    if (line.value("kind", "") == "limits") limits.push_back(line);
  CHECK(limits.size() > 5);
  CHECK(limits.size() < 30);
  for (std::size_t i = 2; i < limits.size(); ++i) {
    INFO(limits[i].dump());
    const auto& before = limits[i - 1];
    const bool is_same =
        before["charge_current_limit_a"] == limits[i]["charge_current_limit_a"] &&
        before["discharge_current_limit_a"] == limits[i]["discharge_current_limit_a"];
    // Nothing comes and goes at the same value.
    CHECK_FALSE((is_same && limits[i]["reasons"] == limits[i - 2]["reasons"]));
  }
}

TEST_CASE("everything that the scenario of the hot rack says can be read in words") {
  const auto& texts = messages::alarms::texts_in("en");
  for (const auto& line : play("")) {
    messages::event said;
    said.kind = line.value("kind", "");
    said.candidate = line.value("candidate", "");
    said.level = line.value("level", "");
    said.edge = line.value("edge", "");
    said.state = line.value("state", "");
    said.reason = line.value("reason", "");
    const auto words = texts.of(said);
    INFO(line.dump());
    for (const auto* part : {&words.text, &words.cause, &words.consequence, &words.remedy})
      CHECK_FALSE(part->empty());
  }
}

} // namespace hot_rack_test
