#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "bus/can/can_support.hpp"
#include "bus/can/clock.hpp"
#include "nodes/simulator/simulated_bus.hpp"
#include "nodes/site/folders.hpp"
#include "nodes/site/load.hpp"

namespace bus_process_test {

using namespace can_support;
using voltaic::bus::can::controller_state;
using voltaic::bus::can::port;

namespace {

/// The voltaic command as a process of its own; killed with its owner.
class process {
 public:
  explicit process(std::vector<std::string> arguments) {
    const char* command = std::getenv("VOLTAIC");
    arguments.insert(arguments.begin(), command != nullptr ? command : "voltaic");
    std::vector<char*> raw;
    for (std::string& each : arguments) raw.push_back(each.data());
    raw.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execv(raw[0], raw.data());
      ::_exit(127);
    }
  }
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  ~process() {
    if (status_ >= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  void signal(int number) const { ::kill(pid_, number); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Its exit code once it ended by itself, -1 when it does not end.
  int wait_for_exit() {
    const bool ended = eventually([&] { return ::waitpid(pid_, &status_, WNOHANG) == pid_; });
    return ended && WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
  }

 private:
  pid_t pid_ = 0;
  int status_ = -1;
};

/// A site of two simulated racks with all its folders below one temporary folder.
struct site_file {
  explicit site_file(const temporary_folder& folder) : path(folder.path() + "/site.toml") {
    ::setenv("VOLTAIC_RUNTIME_DIR", folder.path().c_str(), 1);
    const std::string source = VOLTAIC_SOURCE_FOLDER "/configs/";
    std::filesystem::copy_file(source + "profiles/demo_rack.json", folder.path() + "/rack.json");
    std::filesystem::copy_file(source + "protection/lfp.toml", folder.path() + "/lfp.toml");
    std::ofstream(path) << "[site]\nname = \"sim\"\n"
                           "[[bus]]\nname = \"can0\"\nport = \"virtual:can0\"\n"
                           "[[device]]\nname = \"bms_{0..1}\"\nbus = \"can0\"\n"
                           "id_offset = \"{0..1}*0xC0\"\nprofile = \"rack.json\"\n"
                           "[[rack]]\nname = \"rack_{0..1}\"\ndevice = \"bms_{0..1}\"\n"
                           "protection = \"lfp.toml\"\n"
                           "[simulator]\ninitial = \"open\"\n";
    auto loaded = voltaic::nodes::site::load(path);
    if (const auto* wrong = std::get_if<voltaic::messages::findings>(&loaded)) {
      FAIL(voltaic::nodes::site::to_string(wrong->front()));
    }
    plan = std::get<voltaic::nodes::site::plan>(std::move(loaded));
    REQUIRE(voltaic::nodes::site::create(plan.folders).has_value());
  }
  site_file(const site_file&) = delete;
  site_file& operator=(const site_file&) = delete;
  ~site_file() { ::unsetenv("VOLTAIC_RUNTIME_DIR"); }
  [[nodiscard]] const std::string& sockets() const { return plan.folders.runtime; }

  std::string path;
  voltaic::nodes::site::plan plan;
};

bool up(const port& who) {
  return who.read_statistics().state == controller_state::error_active;
}

} // namespace

TEST_CASE("a bus in a process of its own survives its clients and ends in order") {
  const temporary_folder folder;
  const site_file site(folder);
  process bus({"bus", site.path, "can0"});
  collector heard;
  const auto a = open(site.sockets(), "virtual:can0", heard.handler());
  REQUIRE(eventually([&] { return up(*a); }));
  for (int round = 0; round < 3; ++round) {
    const auto b = open(site.sockets(), "virtual:can0", [](batch&&) {});
    REQUIRE(eventually(
        [&] { return b->send(make_frame(0x10)) == voltaic::bus::can::send_result::sent; }));
    REQUIRE(heard.wait_for_frames(static_cast<std::size_t>(round) + 1));
  }
  process second({"bus", site.path, "can0"});
  CHECK(second.wait_for_exit() == 4);
  bus.signal(SIGTERM);
  CHECK(bus.wait_for_exit() == 0);
  CHECK(eventually([&] { return !up(*a); }));
}

TEST_CASE("F-009 a bus ends when the process that it serves has ended") {
  const temporary_folder folder;
  const site_file site(folder);
  const pid_t parent = ::fork();
  if (parent == 0) {
    for (;;) ::pause();
  }
  process bus({"bus", site.path, "can0", "--parent-pid", std::to_string(parent)});
  const auto a = open(site.sockets(), "virtual:can0", [](batch&&) {});
  CHECK(eventually([&] { return up(*a); }));
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  CHECK(bus.wait_for_exit() == 0);
  // One that starts too late to see its parent ends as well.
  process late({"bus", site.path, "can0", "--parent-pid", std::to_string(parent)});
  CHECK(late.wait_for_exit() == 0);
}

TEST_CASE("simulated racks on a bus send every frame at its rate and open without a lease") {
  const temporary_folder folder;
  voltaic::bus::can::virtual_bus_options options;
  options.name = "can0";
  options.runtime_folder = folder.path();
  const auto bus = serve(options);
  collector heard;
  const auto edge = open(folder.path(), "virtual:can0", heard.handler());
  voltaic::bus::can::port_options simulated;
  simulated.uri = "virtual:can0";
  simulated.runtime_folder = folder.path();
  std::vector<voltaic::nodes::simulator::played_rack> racks(2);
  racks[0].options.controller.initially_closed = true;
  racks[1].options.id_offset = 0xC0;
  const auto played = voltaic::nodes::simulator::simulated_bus::open(simulated, racks);
  REQUIRE(played.has_value());
  const auto status_of = [&](std::uint32_t id) {
    int state = -1;
    for (const frame& item : heard.frames()) {
      if (item.id == id) state = item.data[0];
    }
    return state;
  };
  REQUIRE(eventually([&] { return status_of(0x084) == 2; }));
  REQUIRE(eventually([&] { return status_of(0x084) == 0; }));
  CHECK(status_of(0x084 + 0xC0) == 0);
  REQUIRE(heard.wait_for_frames(2 * 690));
}

TEST_CASE("voltaic sim plays the racks of a site and ends with its parent") {
  const temporary_folder folder;
  const site_file site(folder);
  process bus({"bus", site.path, "can0"});
  collector heard;
  const auto edge = open(site.sockets(), "virtual:can0", heard.handler());
  const auto heard_id = [&](std::uint32_t id) {
    const auto frames = heard.frames();
    return std::any_of(frames.begin(), frames.end(),
                       [&](const frame& item) { return item.id == id; });
  };
  {
    const process one({"sim", site.path, "--rack", "rack_1"});
    REQUIRE(eventually([&] { return heard_id(0x13B + 0xC0); }));
    CHECK_FALSE(heard_id(0x084));
  }
  process nobody({"sim", site.path, "--rack", "rack_7"});
  CHECK(nobody.wait_for_exit() == 1);
  process all({"sim", site.path, "--parent-pid", std::to_string(bus.pid())});
  REQUIRE(eventually([&] { return heard_id(0x13B); }));
  const auto frames = heard.frames();
  std::set<std::uint32_t> ids;
  for (const frame& item : frames) ids.insert(item.id);
  CHECK(ids.size() == 2 * 187);
  // F-009: what the bus's process started would end with it.
  bus.signal(SIGKILL);
  CHECK(all.wait_for_exit() == 0);
}

TEST_CASE("voltaic sim plays a scenario, finds its place in it, and refuses a wrong one") {
  const temporary_folder folder;
  const site_file site(folder);
  process bus({"bus", site.path, "can0"});
  const auto scenario = folder.path() + "/scenario.csv";
  const auto write = [&](const std::string& rows) {
    std::ofstream(scenario) << "t_ms,point,index,value\n" << rows;
  };
  write(
      "0,rack_0/cell_voltage,0,3.561\n"
      "60000,rack_1/cell_voltage,0,3.561\n"
      "500,rack_0/cell_voltage,1,3.562\n");
  collector heard;
  const auto edge = open(site.sockets(), "virtual:can0", heard.handler());
  const auto says = [&](std::uint32_t id, std::size_t at, int wanted_mv) {
    const auto frames = heard.frames();
    return std::any_of(frames.begin(), frames.end(), [&](const frame& item) {
      return item.id == id && (item.data[at] | item.data[at + 1] << 8) == wanted_mv;
    });
  };
  {
    const process played({"sim", site.path, "--scenario", scenario});
    CHECK(eventually([&] { return says(0x088, 0, 3561) && says(0x088, 2, 3562); }));
    CHECK_FALSE(says(0x088 + 0xC0, 0, 3561));
  }
  // One that starts later finds what has happened meanwhile.
  const auto long_ago = voltaic::bus::can::monotonic_now_us() - 61'000'000;
  {
    const process again({"sim", site.path, "--rack", "rack_1", "--scenario", scenario,
                         "--scenario-start", std::to_string(long_ago)});
    CHECK(eventually([&] { return says(0x088 + 0xC0, 0, 3561); }));
  }
  for (const auto* wrong : {"0,rack_0/cell_voltage,480,3\n", "0,command,,open rack_0\n",
                            "0,rack_0/cell_voltage,1,late 5\n", "soon,rack_0/soc,,1\n"}) {
    write(wrong);
    process refused({"sim", site.path, "--scenario", scenario});
    CHECK(refused.wait_for_exit() == 1);
  }
}

} // namespace bus_process_test
