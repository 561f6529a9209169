#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "chaos/device_bench.hpp"
#include "chaos/live_site.hpp"
#include "chaos/observer.hpp"

namespace resources_test {

using namespace chaos;

namespace {

int connect_to(const std::string& path) {
  const int file = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  static_cast<void>(::connect(file, reinterpret_cast<sockaddr*>(&address), sizeof(address)));
  return file;
}

/// The next child of a process beside those that are known; 0 when none comes.
pid_t next_child(pid_t parent, const std::vector<pid_t>& known) {
  const auto path =
      "/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children";
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (std::chrono::steady_clock::now() < end) { // without a pause: moments count
    std::istringstream children(read_file(path));
    for (pid_t one = 0; children >> one;)
      if (std::find(known.begin(), known.end(), one) == known.end()) return one;
  }
  return 0;
}

/// A control group with too little memory for a node.
class small_memory {
 public:
  small_memory() : folder_("/sys/fs/cgroup/memory/voltaic-" + std::to_string(::getpid())) {
    std::error_code error;
    if (!std::filesystem::create_directory(folder_, error) || error) return;
    std::ofstream limit(folder_ + "/memory.limit_in_bytes");
    limit << bytes << std::flush;
    usable_ = limit.good();
  }
  ~small_memory() {
    static_cast<void>(eventually([&] { return ::rmdir(folder_.c_str()) == 0; }, 1s));
  }
  small_memory(const small_memory&) = delete;
  small_memory& operator=(const small_memory&) = delete;
  [[nodiscard]] bool usable() const { return usable_; }
  void take(pid_t pid) const { std::ofstream(folder_ + "/cgroup.procs") << pid << std::flush; }
  [[nodiscard]] bool has_killed() const {
    return read_file(folder_ + "/memory.oom_control").find("oom_kill 0") == std::string::npos;
  }

 private:
  // What it had before it came here does not count, so that the rest must be next to nothing.
  static constexpr int bytes = 64 << 10;
  std::string folder_;
  bool usable_ = false;
};

/// A control group in which only so many processes and threads may live.
class few_processes {
 public:
  few_processes() : folder_("/sys/fs/cgroup/pids/voltaic-" + std::to_string(::getpid())) {
    std::error_code error;
    usable_ = std::filesystem::create_directory(folder_, error) && !error;
  }
  ~few_processes() {
    static_cast<void>(eventually([&] { return ::rmdir(folder_.c_str()) == 0; }, 1s));
  }
  few_processes(const few_processes&) = delete;
  few_processes& operator=(const few_processes&) = delete;
  [[nodiscard]] bool usable() const { return usable_; }
  /// With all its threads; children that it has already stay where they are.
  void take(pid_t pid) const { std::ofstream(folder_ + "/cgroup.procs") << pid << std::flush; }
  /// Room for so many beside those that are there.
  void leave_room_for(int more) const {
    const int here = std::stoi(read_file(folder_ + "/pids.current"));
    std::ofstream(folder_ + "/pids.max") << here + more << std::flush;
  }
  void lift() const { std::ofstream(folder_ + "/pids.max") << "max" << std::flush; }

 private:
  std::string folder_;
  bool usable_ = false;
};

/// What was told of a part of the system by this code.
std::vector<json> told(const live_site& site, const std::string& code, const std::string& subject) {
  std::vector<json> found;
  for (auto& each : site.events())
    if (each.value("code", "") == code && each.value("subject", "") == subject)
      found.push_back(std::move(each));
  return found;
}

/// A site of two closed racks whose supervisor starts processes again almost without end.
void close_both(live_site& site) {
  site.add("[supervision]\nrestarts_max = 100\n");
  site.up({"--no-simulator"});
  site.close({"rack_0", "rack_1"});
}

/// Rack 0 is back and open, rack 1 was never disturbed.
void check_only_first_disturbed(live_site& site, device_bench& devices) {
  REQUIRE(site.wait_for_state("rack_0", "running", 30s));
  REQUIRE(eventually([&] { return site.good("rack_0"); }, 30s));
  INFO(site.log());
  CHECK_FALSE(devices.conducts(0));
  CHECK(devices.conducts(1));
  CHECK(devices.closings(1) == 1);
  for (const auto* other : {"rack_1", "relay", "site"}) CHECK(site.node(other)["restarts"] == 0);
}

} // namespace

TEST_CASE("F-018: a node whose threads are refused says so and waits, the others run on") {
  const few_processes cage;
  if (!cage.usable()) {
    WARN("skipped: no control group for processes can be made here");
    return;
  }
  live_site site;
  device_bench devices(site);
  close_both(site);
  cage.take(site.process().pid());
  cage.leave_room_for(3); // for the process, and for a third of what it needs
  ::kill(site.pid_of("rack_0"), SIGKILL);
  REQUIRE(eventually([&] { return site.node("rack_0")["restarts"] >= 3; }, 30s));
  const auto down = told(site, "NODE_DOWN", "rack_0");
  REQUIRE(down.size() >= 3);
  INFO(down.back());
  CHECK(down.back()["exit_code"] == 7);
  CHECK(down.back()["reason"].get<std::string>().find("the system refuses thread") !=
        std::string::npos);
  CHECK(devices.conducts(1));
  cage.lift();
  check_only_first_disturbed(site, devices);
  CHECK(site.stop() == 0);
}

TEST_CASE("F-018: where no process is made, that is told once, and the node comes back later") {
  const few_processes cage;
  if (!cage.usable()) {
    WARN("skipped: no control group for processes can be made here");
    return;
  }
  live_site site;
  device_bench devices(site);
  close_both(site);
  cage.take(site.process().pid());
  cage.leave_room_for(0);
  ::kill(site.pid_of("rack_0"), SIGKILL);
  REQUIRE(eventually([&] { return !told(site, "PID_LOW", "rack_0").empty(); }));
  std::this_thread::sleep_for(1s); // for several attempts more
  CHECK(site.node("rack_0")["state"] == "backoff");
  CHECK(devices.conducts(1));
  cage.lift();
  check_only_first_disturbed(site, devices);
  const auto low = told(site, "PID_LOW", "rack_0");
  REQUIRE(low.size() == 2);
  CHECK(low[0]["edge"] == "set");
  CHECK(low[1]["edge"] == "clear");
  CHECK(site.node("rack_0")["restarts"] == 1);
  CHECK(site.stop() == 0);
}

TEST_CASE("F-016: a node that runs out of memory is killed alone and comes back") {
  const small_memory cage;
  if (!cage.usable()) {
    WARN("skipped: no memory control group can be made here");
    return;
  }
  live_site site;
  device_bench devices(site);
  close_both(site);
  const auto family = children_of(site.process().pid());
  const pid_t pid = site.pid_of("rack_0");
  ::kill(pid, SIGKILL);
  // Its successor grows up where there is no room, from its first moments on.
  const pid_t born = next_child(site.process().pid(), family);
  REQUIRE(born > 0);
  cage.take(born);
  // A kernel that is out of memory may take seconds to find whom to kill.
  constexpr auto kernel_bound = 30s;
  REQUIRE(eventually([&] { return !alive(born); }, kernel_bound));
  CHECK(cage.has_killed());
  REQUIRE(site.wait_for_state("rack_0", "running", kernel_bound));
  REQUIRE(eventually([&] { return !devices.conducts(0) && site.good("rack_0"); }, kernel_bound));
  const auto after = site.node("rack_0");
  INFO(after << site.log());
  CHECK(after["restarts"] == 2);
  CHECK(after["last_exit"].get<std::string>().find("signal 9") != std::string::npos);
  CHECK(after["last_exit"].get<std::string>().find("out of memory") != std::string::npos);
  const auto killed = told(site, "OOM", "rack_0");
  REQUIRE(killed.size() == 1);
  CHECK(killed[0]["pid"] == born);
  CHECK_FALSE(devices.conducts(0));
  CHECK(devices.conducts(1));
  CHECK(devices.closings(1) == 1);
  CHECK(site.node("rack_1")["restarts"] == 0);
}

TEST_CASE("F-017: with 64 open files a site runs, and those who take them all harm nobody") {
  live_site site;
  device_bench devices(site);
  site.up({"--no-simulator"}, {.files_max = 64});
  site.close({"rack_0", "rack_1"});
  const auto before = site.status();
  std::vector<int> files;
  for (const auto* name : {"control", "relay.cmd", "relay.sub", "relay.pub"})
    for (int i = 0; i < 100; ++i) files.push_back(connect_to(site.runtime_folder() + "/" + name));
  std::this_thread::sleep_for(2s);
  CHECK(devices.conducts(0));
  CHECK(devices.conducts(1));
  for (const int file : files) ::close(file);
  REQUIRE(eventually([&] { return site.good("rack_0") && site.good("rack_1"); }));
  for (const auto& was : before["nodes"]) {
    // Everybody may connect to the relay, so it may have to pay for it.
    if (was["name"] == "relay") continue;
    const auto is = site.node(was["name"]);
    INFO(is << site.log());
    CHECK(is["pid"] == was["pid"]);
    CHECK(is["restarts"] == 0);
  }
  CHECK(devices.closings(0) == 1);
  CHECK(devices.conducts(0));
  CHECK(site.stop() == 0);
}

TEST_CASE("F-022: the library of the message bus ends the relay, and only it is replaced") {
  live_site site;
  device_bench devices(site);
  const auto mark = site.folder() + "/abort";
  const char* given = std::getenv("ASAN_OPTIONS");
  const auto asan_options = given != nullptr ? std::string(given) + ":" : "";
  site.up({"--no-simulator"},
          {.environment = {"LD_PRELOAD=" VOLTAIC_ABORT_IN_SEND, "VOLTAIC_TEST_ABORT_MARK=" + mark,
                           "ASAN_OPTIONS=" + asan_options + "verify_asan_link_order=0"}});
  site.close({"rack_0", "rack_1"});
  std::ofstream(mark) << "now";
  // Who takes the mark away has the fault.
  REQUIRE(eventually([&] { return !std::filesystem::exists(mark); }));
  REQUIRE(eventually([&] {
    const auto relay = site.node("relay");
    return relay.is_object() && relay["restarts"] == 1 && relay["state"] == "running";
  }));
  CHECK(site.node("relay")["last_exit"].get<std::string>().find("signal 6") != std::string::npos);
  REQUIRE(eventually([&] { return site.good("rack_0") && site.good("rack_1"); }));
  for (std::size_t rack = 0; rack < 2; ++rack) {
    CHECK(devices.conducts(rack));
    CHECK(devices.closings(rack) == 1);
    CHECK(site.node("rack_" + std::to_string(rack))["restarts"] == 0);
  }
  CHECK(site.node("site")["restarts"] == 0);
}

} // namespace resources_test
