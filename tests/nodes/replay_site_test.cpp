#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "bus/message/client.hpp"
#include "messages/points/point_table.hpp"
#include "nodes/process/local_site.hpp"
#include "nodes/site/folders.hpp"
#include "nodes/site/load.hpp"
#include "support/temporary_folder.hpp"

using namespace voltaic;
using namespace voltaic::nodes;
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

// Every good value that an observer of the site hears, in order, until nothing
// good was said for a second.
series listen(const std::string& relay) {
  bus::message::zmq_context context;
  auto client = bus::message::connect_client(context, {.relay = relay});
  REQUIRE(client);
  messages::points::point_table table;
  series out;
  auto until = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < until) {
    const auto update = (*client)->next(100ms);
    if (!update) continue;
    CHECK(update->kind != bus::message::update::kind::gap);
    table.apply(update->message);
    const auto* told = std::get_if<messages::telemetry>(&update->message.payload);
    if (told == nullptr || update->kind != bus::message::update::kind::message) continue;
    const auto* catalogue = table.catalogue_of(told->owner);
    if (catalogue == nullptr) continue;
    for (const auto& block : told->blocks) {
      if (block.quality != messages::quality::good) continue;
      const auto& name = catalogue->points[block.point].name;
      out[name].push_back(table.find(name)->numbers[0]);
      until = std::chrono::steady_clock::now() + 1s;
    }
  }
  return out;
}

bool contains(const std::vector<double>& values, double wanted) {
  return std::any_of(values.begin(), values.end(),
                     [&](double value) { return std::abs(value - wanted) < 1e-6; });
}

} // namespace

TEST_CASE("the replayed car shows both buses' own values, frame by frame, exactly") {
  const char* data = std::getenv("VOLTAIC_TEST_DATA");
  if (data == nullptr) {
    WARN("skipped: VOLTAIC_TEST_DATA is not set");
    return;
  }
  const tests::temporary_folder folder;
  std::stringstream text;
  text << std::ifstream(std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/replay_kona.toml").rdbuf();
  auto site_text = text.str();
  const auto loop = site_text.find("loop = true");
  REQUIRE(loop != std::string::npos);
  site_text.replace(loop, 11, "speed = 2.0");
  auto loaded =
      site::load_text(site_text, std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/replay_kona.toml");
  REQUIRE(std::holds_alternative<site::plan>(loaded));
  auto& plan = std::get<site::plan>(loaded);
  plan.folders = {folder / "run", folder / "state", folder / "log"};
  REQUIRE(site::create(plan.folders));

  auto running = process::local_site::start(plan, nullptr);
  REQUIRE(running);
  const auto heard = listen(plan.relay_address());
  const auto expected = expected_values(read_capture(std::string(data) + capture));

  for (const auto& [name, values] : expected) {
    INFO(name);
    const auto found = heard.find(name);
    REQUIRE(found != heard.end());
    const auto& told = found->second;
    // The observer came a little late, so it heard the end of the recording.
    REQUIRE(told.size() > 50);
    REQUIRE(told.size() <= values.size());
    CHECK(std::equal(told.begin(), told.end(),
                     values.end() - static_cast<std::ptrdiff_t>(told.size()),
                     [](double a, double b) { return std::abs(a - b) < 1e-6; }));
  }
  CHECK(contains(heard.at("vehicle_battery/current"), 2.7));
  CHECK(contains(heard.at("vehicle_battery/voltage"), 355.0));
  CHECK(contains(heard.at("vehicle_battery/charge_power_limit"), 170.00));
  CHECK(contains(heard.at("vehicle_battery/discharge_power_limit"), 160.76));
  CHECK(contains(heard.at("vehicle_charging/current"), 2.4));
  CHECK(contains(heard.at("vehicle_charging/voltage"), 355.0));
}
