#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "bus/message/record/recording.hpp"
#include "nodes/process/child_process.hpp"
#include "support/temporary_folder.hpp"

using namespace voltaic;
using namespace std::chrono_literals;

namespace {

/// A number of a block, in its point's own resolution.
std::optional<std::int64_t> raw(const messages::telemetry& said, std::size_t point) {
  for (const auto& block : said.blocks) {
    if (block.point != point || block.quality != messages::quality::good) continue;
    if (const auto* words = std::get_if<messages::block::words>(&block.values)) {
      return static_cast<std::int16_t>(words->at(0));
    }
  }
  return std::nullopt;
}

/// How often an owner said these raw values in one message.
struct golden {
  std::string owner;
  std::vector<std::pair<std::string, std::int64_t>> values;
  int seen = 0;
};

void count(golden& wanted, const messages::catalogue& described, const messages::telemetry& said) {
  for (const auto& [name, value] : wanted.values) {
    std::size_t at = 0;
    while (described.points.at(at).name != wanted.owner + "/" + name) ++at;
    const auto is = raw(said, at);
    if (!is || static_cast<std::uint16_t>(*is) != static_cast<std::uint16_t>(value)) return;
  }
  ++wanted.seen;
}

/// What `voltaic points --json` shows now.
std::map<std::string, double> points_of(const std::string& environment, const char* program) {
  std::map<std::string, double> all;
  const auto line = fmt::format("env {} {} points 'vehicle_*' --json 2>&1", environment, program);
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(line.c_str(), "r"), ::pclose);
  std::array<char, 4096> text{};
  while (std::fgets(text.data(), text.size(), pipe.get()) != nullptr) {
    const auto point = nlohmann::json::parse(text.data(), nullptr, false);
    if (point.is_object() && point.value("quality", "") == "good") {
      all[point.at("point")] = point.at("value");
    }
  }
  return all;
}

} // namespace

TEST_CASE("the two-bus capture of a car gives the exact golden values of both devices") {
  const char* program = std::getenv("VOLTAIC");
  REQUIRE(program != nullptr);
  if (std::getenv("VOLTAIC_TEST_DATA") == nullptr) {
    WARN("skipped: VOLTAIC_TEST_DATA is not set");
    return;
  }
  const tests::temporary_folder place;
  const auto runtime = "VOLTAIC_RUNTIME_DIR=" + (place / "run");
  const auto state = "VOLTAIC_STATE_DIR=" + (place / "state");
  auto site = nodes::process::child_process::start(
      {{program, "run", std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/replay_kona.toml", "--for",
        "13s", "--record", place / "bus.rec"},
       place / "output",
       {runtime, state}});
  REQUIRE(site);
  std::map<std::string, bool> shown;
  std::optional<nodes::process::exit_status> ended;
  for (int turn = 0; turn < 600 && !(ended = (*site)->reap()); ++turn) {
    const auto points = points_of(runtime + " " + state, program);
    const auto is = [&](const char* point, double value) {
      const auto found = points.find(point);
      return found != points.end() && found->second == value;
    };
    shown["battery"] |= is("vehicle_battery/voltage", 355.0);
    shown["charge limit"] |= is("vehicle_battery/charge_power_limit", 170.0);
    shown["discharge limit"] |= is("vehicle_battery/discharge_power_limit", 160.76);
    shown["charging"] |= is("vehicle_charging/voltage", 355.0);
    std::this_thread::sleep_for(100ms);
  }
  std::ifstream output(place / "output");
  INFO(std::string(std::istreambuf_iterator<char>(output), {}));
  REQUIRE(ended);
  CHECK(*ended == nodes::process::exit_status{false, 0});

  golden battery{"vehicle_battery", {{"current", 27}, {"voltage", 3550}, {"precharge", 0}}};
  golden limits{"vehicle_battery",
                {{"charge_power_limit", 17000}, {"discharge_power_limit", 16076}}};
  // The same identifier on the other bus has another layout.
  golden charging{"vehicle_charging", {{"current", 24}, {"voltage", 3550}}};
  std::map<std::string, messages::catalogue> catalogues;
  auto source = bus::message::recording::open(place / "bus.rec");
  REQUIRE(source);
  bus::message::recorded one;
  while (source->next(one)) {
    const auto message = messages::decode(*one.frame);
    REQUIRE(message);
    if (const auto* described = std::get_if<messages::catalogue>(&message->payload)) {
      catalogues[message->header.source] = *described;
    }
    const auto* said = std::get_if<messages::telemetry>(&message->payload);
    if (said == nullptr) continue;
    for (auto* wanted : {&battery, &limits, &charging}) {
      if (wanted->owner == said->owner) count(*wanted, catalogues.at(said->owner), *said);
    }
  }
  CHECK(battery.seen > 0);
  CHECK(limits.seen > 0);
  CHECK(charging.seen > 0);
  for (const auto& [what, seen] : shown) {
    INFO(what);
    CHECK(seen);
  }
}
