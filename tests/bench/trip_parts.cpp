#include <fmt/format.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "actors/runtime/real_time.hpp"
#include "bench/trip.hpp"
#include "nodes/site/folders.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::bench::trip_bench {
namespace {

constexpr const char* profile_path = "configs/profiles/demo_rack.json";
constexpr const char* folder_variable = "VOLTAIC_RUNTIME_DIR";

constexpr const char* site_text = R"([site]
name = "trip"
[[bus]]
name = "can0"
port = "virtual:can0"
bitrate = 500000
[[device]]
name = "bms_0"
profile = "rack.json"
bus = "can0"
[[rack]]
name = "rack_0"
device = "bms_0"
protection = "trip_limits.toml"
)";

constexpr const char* limits_text = R"([protection]
name = "trip"
chemistry = "lfp"
[cell_overvoltage]
unit = "V"
direction = "high"
period_ms = 100
envelope = [3.0, 3.8]
fault = { set = 3.65, clear = 3.40, set_ms = 0, clear_ms = 0, latch = "none", actions = ["stop_charge", "open_ordered"], reason = "it trips over and over" }
[cell_undervoltage]
unit = "V"
direction = "low"
period_ms = 100
envelope = [1.8, 3.4]
fault = { set = 2.50, clear = 2.80, set_ms = 1000, clear_ms = 10000, latch = "user", actions = ["stop_discharge", "open_ordered"] }
)";

/// The demo's rack as the benchmark plays it: its values come every 3 ms, each an instant at which
/// the chain acts. Who declares 100 ms and does that is a babbler, whom nobody believes; the rate
/// of what is declared slower than this is not judged.
constexpr int unjudged_period_ms = 600;
/// It is closed again at once, and for 100,000 times by a resistor that never gets hot.
constexpr double closing_spacing_s = 0.001;
constexpr double tireless_resistor_j = 1e12;

void write_profile(const std::string& path) {
  std::ifstream file(profile_path);
  auto profile = nlohmann::json::parse(file);
  const auto slow = [](nlohmann::json& one) {
    if (one.contains("period_ms") && one["period_ms"] < unjudged_period_ms)
      one["period_ms"] = unjudged_period_ms;
  };
  for (auto& [name, point] : profile["points"].items()) slow(point);
  for (auto& message : profile["messages"]) slow(message);
  profile["ratings"]["closing_spacing_s"] = closing_spacing_s;
  profile["ratings"]["precharge_energy_j"] = tireless_resistor_j;
  std::ofstream(path) << profile.dump(1);
}

void give_back() {
  const sched_param ordinary{};
  sched_setscheduler(0, SCHED_OTHER, &ordinary);
  munlockall();
}

void put(messages::can::frame& to, std::size_t byte, std::uint16_t value) {
  to.data[byte] = static_cast<std::uint8_t>(value & 0xFF);
  to.data[byte + 1] = static_cast<std::uint8_t>(value >> 8);
}

messages::can::frame make_frame(std::uint32_t id) {
  messages::can::frame made;
  made.id = id;
  made.length = 8;
  return made;
}

} // namespace

void take(rights asked) {
  if (asked == rights::real_time) (void)actors::runtime::request_real_time();
}

bool real_time_is_granted() {
  const bool granted = actors::runtime::request_real_time().granted;
  give_back();
  return granted;
}

borrowed_rights::~borrowed_rights() {
  give_back();
}

two_cores::two_cores() : before_(sizeof(cpu_set_t)) {
  cpu_set_t mine;
  sched_getaffinity(0, sizeof mine, &mine);
  std::memcpy(before_.data(), &mine, sizeof mine);
  int kept = 0;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &mine) && ++kept > 2) CPU_CLR(core, &mine);
  }
  sched_setaffinity(0, sizeof mine, &mine);
}

two_cores::~two_cores() {
  cpu_set_t former;
  std::memcpy(&former, before_.data(), sizeof former);
  sched_setaffinity(0, sizeof former, &former);
}

trip_site::trip_site() {
  const auto folder = folder_.path();
  std::ofstream(folder + "/trip_limits.toml") << limits_text;
  std::ofstream(folder + "/trip.toml") << site_text;
  write_profile(folder + "/rack.json");
  setenv(folder_variable, folder.c_str(), 1);
  auto loaded = nodes::site::load(folder + "/trip.toml");
  if (const auto* findings = std::get_if<messages::findings>(&loaded)) {
    throw std::runtime_error(nodes::site::to_string(findings->front()));
  }
  plan_ = std::get<nodes::site::plan>(std::move(loaded));
  if (const auto made = nodes::site::create(plan_.folders); !made) {
    throw std::runtime_error(made.error().text);
  }
}

trip_site::~trip_site() {
  unsetenv(folder_variable);
}

std::vector<messages::can::frame> cell_frames(std::uint16_t last_cell_mv) {
  constexpr std::uint32_t first_cells_id = 0x088;
  std::vector<messages::can::frame> scan;
  for (std::uint32_t id = first_cells_id; id <= last_cells_id; ++id) {
    auto one = make_frame(id);
    for (std::size_t byte = 0; byte < 8; byte += 2) put(one, byte, good_cell_mv);
    scan.push_back(one);
  }
  put(scan.back(), 6, last_cell_mv);
  return scan;
}

std::vector<messages::can::frame> temperature_frames() {
  constexpr std::uint32_t first_id = 0x100;
  constexpr std::uint32_t frames = 60;
  constexpr std::uint32_t terminals_id = 0x13D;
  constexpr std::uint16_t mild = 250; // 0.1 degC
  std::vector<messages::can::frame> scan;
  for (std::uint32_t id = first_id; id < first_id + frames; ++id) scan.push_back(make_frame(id));
  scan.push_back(make_frame(terminals_id));
  for (auto& one : scan)
    for (std::size_t byte = 0; byte < 8; byte += 2) put(one, byte, mild);
  return scan;
}

std::vector<messages::can::frame> answer_to(std::uint8_t contactor) {
  constexpr std::uint16_t rack_voltage = 15'840;             // 0.1 V
  constexpr std::uint16_t soc = 500;                         // 0.1 %
  constexpr std::uint16_t limit = 1'400;                     // 0.1 A
  constexpr std::uint8_t feedback[] = {0b000, 0b101, 0b011}; // open, precharge, closed
  auto status = make_frame(0x084);
  status.data[0] = contactor;
  status.data[1] = feedback[contactor];
  auto values = make_frame(0x085);
  put(values, 0, rack_voltage);
  put(values, 4, soc);
  put(values, 6, contactor == 0 ? std::uint16_t{0} : rack_voltage);
  auto limits = make_frame(0x086);
  put(limits, 0, limit);
  put(limits, 2, limit);
  return {status, values, limits};
}

} // namespace voltaic::bench::trip_bench
