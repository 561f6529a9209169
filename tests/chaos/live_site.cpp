#include "chaos/live_site.hpp"

#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/demo_site.hpp"
#include "support/own_ports.hpp"

namespace chaos {

namespace {

constexpr auto ready_bound = 20s;

std::vector<json> lines_of(const std::string& text) {
  std::vector<json> result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (auto parsed = json::parse(line, nullptr, false); parsed.is_object())
      result.push_back(std::move(parsed));
  return result;
}

std::string only_folder_below(const std::string& root) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root, error))
    if (entry.path().filename().string().starts_with("demo-")) return entry.path().string();
  return {};
}

} // namespace

live_site::live_site(equipment with, int racks) {
  for (const auto* part : {"profiles", "protection", "inverters"}) {
    const auto to = folder_ / (std::string("configs/") + part);
    std::filesystem::create_directories(to);
    std::filesystem::copy(VOLTAIC_SOURCE_FOLDER "/configs/" + std::string(part), to,
                          std::filesystem::copy_options::recursive);
  }
  auto text = voltaic::tests::demo_site(racks);
  // Racks alone, unless the power equipment is what is asked for.
  const auto begin = text.find("[[modbus]]");
  const auto end = text.find("[simulator]");
  if (with == equipment::none && begin < end) text.erase(begin, end - begin);
  // What a link tells its inverter would be between a test and the equipment that it looks at.
  if (with == equipment::all) {
    const auto link = text.find("[[inverter]]");
    text.erase(link, text.find("[[modbus]]", link) - link);
  }
  write(text + voltaic::tests::own_ports());
}

live_site::~live_site() {
  if (up_ == nullptr || !up_->runs()) return;
  const auto family = children_of(up_->pid());
  up_->signal(SIGTERM);
  static_cast<void>(up_->wait(5s));
  up_.reset();
  for (const pid_t pid : family) // they die with their parent
    static_cast<void>(eventually([&] { return !alive(pid); }, 2s));
}

std::string live_site::runtime_folder() const {
  return only_folder_below(runtime_root());
}

std::string live_site::state_folder() const {
  return only_folder_below(runtime_root() + "/state");
}

void live_site::add(const std::string& text) const {
  std::ofstream(file(), std::ios::app) << text;
}

void live_site::write(const std::string& text) const {
  std::ofstream(file()) << text;
}

launch live_site::surroundings(launch how) const {
  how.environment.push_back("VOLTAIC_RUNTIME_DIR=" + runtime_root());
  how.environment.push_back("VOLTAIC_STATE_DIR=");
  how.environment.insert(how.environment.end(), variables_.begin(), variables_.end());
  return how;
}

void live_site::set_racks(int count) const {
  write(voltaic::tests::with_racks(read_file(file()), count));
}

void live_site::launch_up(std::vector<std::string> more, chaos::launch how) {
  how.arguments = {"up", file(), "--quiet"};
  how.arguments.insert(how.arguments.end(), more.begin(), more.end());
  how.output = folder_ / "up.log";
  up_ = std::make_unique<child>(surroundings(std::move(how)));
}

void live_site::up(std::vector<std::string> more, chaos::launch how) {
  launch_up(std::move(more), std::move(how));
  const bool ready = eventually(
      [&] {
        if (!up_->runs()) return true;
        const auto seen = status();
        if (!seen.is_object() || seen["nodes"].empty()) return false;
        for (const auto& one : seen["nodes"])
          if (one["state"] != "running" || (one["name"] != "relay" && one["actors"].empty()))
            return false;
        return true;
      },
      ready_bound);
  INFO(log());
  REQUIRE(ready);
  REQUIRE(up_->runs());
}

pid_t live_site::player() const {
  for (const auto pid : children_of(up_->pid()))
    if (read_file("/proc/" + std::to_string(pid) + "/cmdline").find("--equipment") !=
        std::string::npos)
      return pid;
  return 0;
}

std::optional<int> live_site::stop() {
  up_->signal(SIGTERM);
  return up_->wait(10s);
}

std::unique_ptr<child> live_site::begin(std::vector<std::string> arguments,
                                        const std::string& output) const {
  launch how;
  how.arguments = std::move(arguments);
  how.output = output;
  how.errors = output + ".errors";
  return std::make_unique<child>(surroundings(std::move(how)));
}

answer live_site::voltaic(std::vector<std::string> arguments, std::chrono::milliseconds bound,
                          chaos::launch how) const {
  const auto output = folder_ / ("call" + std::to_string(++calls_));
  how.arguments = std::move(arguments);
  how.output = output;
  how.errors = output + ".errors";
  const auto process = std::make_unique<child>(surroundings(std::move(how)));
  answer result;
  result.code = process->wait(bound).value_or(-1);
  result.output = read_file(output);
  result.errors = read_file(output + ".errors");
  std::filesystem::remove(output);
  std::filesystem::remove(output + ".errors");
  return result;
}

json live_site::status() const {
  const auto said = voltaic({"status", "--json", "--site", file()});
  auto parsed = json::parse(said.output, nullptr, false);
  return said.code == 0 && parsed.is_object() ? parsed : json();
}

json live_site::node(const std::string& name) const {
  const auto seen = status();
  if (seen.is_object())
    for (const auto& one : seen["nodes"])
      if (one["name"] == name) return one;
  return {};
}

pid_t live_site::pid_of(const std::string& name) const {
  const auto found = node(name);
  return found.is_object() ? found.value("pid", 0) : 0;
}

pid_t live_site::wait_for_successor(const std::string& name, pid_t old) const {
  pid_t result = 0;
  static_cast<void>(eventually([&] {
    const auto found = node(name);
    if (!found.is_object() || found.value("state", "") != "running") return false;
    result = found.value("pid", 0);
    return result != 0 && result != old;
  }));
  return result == old ? 0 : result;
}

bool live_site::wait_for_state(const std::string& name, const std::string& state,
                               std::chrono::milliseconds bound) const {
  return eventually(
      [&] {
        const auto found = node(name);
        return found.is_object() && found.value("state", "") == state;
      },
      bound);
}

std::map<std::string, json> live_site::points(const std::string& glob) const {
  std::map<std::string, json> result;
  const auto said = voltaic({"points", glob, "--json", "--site", file()});
  for (auto& one : lines_of(said.output)) result[one.value("point", "")] = one;
  return result;
}

bool live_site::good(const std::string& rack) const {
  const auto seen = points(rack + "/*");
  if (!seen.contains(rack + "/cell_voltage")) return false;
  for (const auto& [name, point] : seen)
    if (point["quality"] != "good") return false;
  return true;
}

std::string live_site::contactor(const std::string& rack) const {
  const auto seen = points(rack + "/contactor");
  const auto value = seen.empty() ? json() : seen.begin()->second["value"];
  return value.is_string() ? value.get<std::string>() : ""; // null: nobody knows
}

std::vector<json> live_site::events(std::chrono::milliseconds bound) const {
  return lines_of(voltaic({"events", "--json", "--site", file()}, bound).output);
}

void live_site::close(const std::vector<std::string>& racks) const {
  for (const auto& rack : racks) {
    REQUIRE(eventually([&] { return good(rack); }));
    // Just started, or just back: what was missing has to be there for a while.
    answer said;
    static_cast<void>(eventually(
        [&] {
          said = voltaic({"set", rack + "/contactor", "closed", "--json", "--site", file()});
          return said.code != 4;
        },
        20s));
    INFO(said.output << said.errors << log());
    REQUIRE(said.code == 0);
    REQUIRE(contactor(rack) == "closed");
  }
}

std::string shipped_site(const std::string& name) {
  return read_file(std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/" + name + ".toml");
}

} // namespace chaos
