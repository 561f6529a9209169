#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "bus/message/record/recording.hpp"
#include "messages/points/point_table.hpp"
#include "nodes/process/child_process.hpp"
#include "support/temporary_folder.hpp"

namespace replay_kona_test {

using namespace voltaic;
using namespace std::chrono_literals;

namespace {

constexpr const char* capture =
    "/logs/kona_gvret/230112-7-2019-pcan-ccan-power-off-on-ready-off.csv";
using series = std::map<std::string, std::vector<double>>;

struct recorded_frame {
  int bus = 0;
  std::uint32_t id = 0;
  std::array<std::uint8_t, 8> data{};
  [[nodiscard]] int word(std::size_t at) const { return data[at] | data[at + 1] << 8; }
  [[nodiscard]] int signed_word(std::size_t at) const {
    return static_cast<std::int16_t>(static_cast<std::uint16_t>(word(at)));
  }
};

// Line by line, without the reader that is tested.
std::vector<recorded_frame> read_capture(const std::string& path) {
  std::vector<recorded_frame> frames;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::stringstream fields(line);
    std::vector<std::string> all;
    for (std::string one; std::getline(fields, one, ',');) all.push_back(one);
    if (all.size() < 13) continue;
    recorded_frame frame;
    frame.bus = std::stoi(all[3]);
    frame.id = static_cast<std::uint32_t>(std::stoul(all[1], nullptr, 16));
    for (std::size_t i = 0; i < 8; ++i)
      frame.data[i] = static_cast<std::uint8_t>(std::stoul(all[5 + i], nullptr, 16));
    frames.push_back(frame);
  }
  return frames;
}

// While the car is off it says 0 V, which is outside of what the profiles call valid.
void put_voltage(std::vector<double>& values, double voltage) {
  if (voltage >= 50 && voltage <= 500) values.push_back(voltage);
}

// What the layouts of the two buses mean, written down a second time.
series expected_values(const std::vector<recorded_frame>& frames) {
  series out;
  for (const auto& frame : frames) {
    if (frame.bus == 0 && frame.id == 0x595) {
      out["vehicle_battery/current"].push_back(frame.signed_word(4) * 0.1);
      put_voltage(out["vehicle_battery/voltage"], frame.word(6) * 0.1);
    } else if (frame.bus == 0 && frame.id == 0x594) {
      out["vehicle_battery/charge_power_limit"].push_back(frame.word(0) * 0.01);
      out["vehicle_battery/discharge_power_limit"].push_back(frame.word(2) * 0.01);
    } else if (frame.bus == 1 && frame.id == 0x595) {
      out["vehicle_charging/current"].push_back(frame.signed_word(2) * 0.1);
      put_voltage(out["vehicle_charging/voltage"], frame.word(4) * 0.1);
    }
  }
  return out;
}

bool contains(const std::vector<double>& values, double wanted) {
  return std::any_of(values.begin(), values.end(),
                     [&](double value) { return std::abs(value - wanted) < 1e-6; });
}

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

/// What the command shows while the site runs, and how that ends.
std::map<std::string, bool> watch(nodes::process::child_process& site,
                                  const std::string& environment, const char* program) {
  std::map<std::string, bool> shown;
  std::optional<nodes::process::exit_status> ended;
  for (int turn = 0; turn < 600 && !(ended = site.reap()); ++turn) {
    const auto points = points_of(environment, program);
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
  REQUIRE(ended);
  CHECK(*ended == nodes::process::exit_status{false, 0});
  return shown;
}

/// Everything good that a recorded site said, in order; counts the golden ones.
series read_recording(const std::string& path, const std::vector<golden*>& all) {
  std::map<std::string, messages::catalogue> catalogues;
  messages::points::point_table table;
  series heard;
  auto source = bus::message::recording::open(path);
  REQUIRE(source);
  bus::message::recorded one;
  while (source->next(one)) {
    const auto message = messages::decode(*one.frame);
    REQUIRE(message);
    table.apply(*message);
    if (const auto* described = std::get_if<messages::catalogue>(&message->payload)) {
      catalogues[message->header.source] = *described;
    }
    const auto* said = std::get_if<messages::telemetry>(&message->payload);
    if (said == nullptr) continue;
    for (const auto& block : said->blocks) {
      if (block.quality != messages::quality::good) continue;
      const auto& name = catalogues.at(said->owner).points.at(block.point).name;
      heard[name].push_back(table.find(name)->numbers[0]);
    }
    for (auto* wanted : all) {
      if (wanted->owner == said->owner) count(*wanted, catalogues.at(said->owner), *said);
    }
  }
  return heard;
}

/// The first pass of the recording, frame by frame.
void check_first_pass(const std::vector<double>& told, const std::vector<double>& values) {
  INFO(told.size() << " of " << values.size());
  // It is played at its own speed: the end of it falls into the last seconds.
  REQUIRE(told.size() > values.size() * 3 / 4);
  const auto passed = static_cast<std::ptrdiff_t>(std::min(told.size(), values.size()));
  CHECK(std::equal(told.begin(), told.begin() + passed, values.begin(),
                   [](double a, double b) { return std::abs(a - b) < 1e-6; }));
}

} // namespace

TEST_CASE("the two-bus capture of a car gives both devices' values, frame by frame, exactly") {
  const char* program = std::getenv("VOLTAIC");
  REQUIRE(program != nullptr);
  const char* data = std::getenv("VOLTAIC_TEST_DATA");
  if (data == nullptr) {
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
  const auto shown = watch(**site, runtime + " " + state, program);
  std::ifstream output(place / "output");
  INFO(std::string(std::istreambuf_iterator<char>(output), {}));
  for (const auto& [what, seen] : shown) {
    INFO(what);
    CHECK(seen);
  }

  golden battery{"vehicle_battery", {{"current", 27}, {"voltage", 3550}, {"precharge", 0}}};
  golden limits{"vehicle_battery",
                {{"charge_power_limit", 17000}, {"discharge_power_limit", 16076}}};
  // The same identifier on the other bus has another layout.
  golden charging{"vehicle_charging", {{"current", 24}, {"voltage", 3550}}};
  const auto heard = read_recording(place / "bus.rec", {&battery, &limits, &charging});
  CHECK(battery.seen > 0);
  CHECK(limits.seen > 0);
  CHECK(charging.seen > 0);
  for (const auto& [name, values] : expected_values(read_capture(std::string(data) + capture))) {
    INFO(name);
    REQUIRE(heard.contains(name));
    check_first_pass(heard.at(name), values);
  }
  CHECK(contains(heard.at("vehicle_battery/current"), 2.7));
  CHECK(contains(heard.at("vehicle_battery/voltage"), 355.0));
  CHECK(contains(heard.at("vehicle_battery/charge_power_limit"), 170.00));
  CHECK(contains(heard.at("vehicle_battery/discharge_power_limit"), 160.76));
  CHECK(contains(heard.at("vehicle_charging/current"), 2.4));
  CHECK(contains(heard.at("vehicle_charging/voltage"), 355.0));
}

} // namespace replay_kona_test
