#include "bench/running_site.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "bench/harness.hpp"
#include "bus/control/control_socket.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::bench {
namespace {

constexpr const char* folder_variable = "VOLTAIC_RUNTIME_DIR";
constexpr std::int64_t reachable_within_us = 20'000'000;
constexpr std::chrono::milliseconds answer_time{2'000};
constexpr unsigned look_period_us = 50'000;

} // namespace

std::string voltaic_program() {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  return self.parent_path().parent_path().parent_path() / "voltaic";
}

running_site::running_site(const std::string& text, const std::string& mode,
                           const std::function<void(const std::string& configs)>& prepare) {
  const auto folder = folder_.path();
  const auto configs = folder + "/configs";
  std::filesystem::copy("configs", configs, std::filesystem::copy_options::recursive);
  if (prepare) prepare(configs);
  const auto file = configs + "/site.toml";
  std::ofstream(file) << text;
  setenv(folder_variable, folder.c_str(), 1);
  auto loaded = nodes::site::load(file);
  if (const auto* findings = std::get_if<messages::findings>(&loaded)) {
    throw std::runtime_error(nodes::site::to_string(findings->front()));
  }
  plan_ = std::get<nodes::site::plan>(std::move(loaded));
  const auto program = voltaic_program();
  const auto log = folder + "/site.log";
  const pid_t parent = getpid();
  started_us_ = now_us();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    if (freopen(log.c_str(), "w", stderr) == nullptr) _exit(1);
    if (freopen("/dev/null", "w", stdout) == nullptr) _exit(1);
    // `run` is quiet by itself.
    const char* quiet = mode == "up" ? "--quiet" : nullptr;
    execl(program.c_str(), "voltaic", mode.c_str(), file.c_str(), quiet, nullptr);
    _exit(1);
  }
  const auto there = [&] { return std::filesystem::exists(plan_.control_path()); };
  if (wait_until(there, reachable_within_us)) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  std::ostringstream said;
  said << "the site does not start: " << std::ifstream(log).rdbuf();
  throw std::runtime_error(said.str());
}

running_site::~running_site() {
  kill(pid_, SIGINT);
  waitpid(pid_, nullptr, 0);
  unsetenv(folder_variable);
}

void running_site::wait_until_ready(std::int64_t within_us) const {
  const auto until_us = now_us() + within_us;
  while (now_us() < until_us) {
    const auto said =
        bus::control::control_request(plan_.control_path(), R"({"do":"status"})", answer_time);
    const auto status = said ? nlohmann::json::parse(*said, nullptr, false) : nlohmann::json();
    if (status.is_object() && status.value("ready", false)) return;
    usleep(look_period_us);
  }
  throw std::runtime_error("the site does not get ready");
}

std::vector<running_site::member> running_site::members() const {
  const auto said =
      bus::control::control_request(plan_.control_path(), R"({"do":"status"})", answer_time);
  const auto status = said ? nlohmann::json::parse(*said, nullptr, false) : nlohmann::json();
  if (!status.is_object()) throw std::runtime_error("the site does not answer");
  std::vector<member> found;
  for (const auto* part : {"nodes", "processes"}) {
    for (const auto& one : status[part]) {
      const pid_t pid = one.value("pid", 0);
      // In `voltaic run` all nodes are one process.
      const bool is_new =
          std::ranges::none_of(found, [&](const member& each) { return each.pid == pid; });
      if (pid > 0 && is_new)
        found.push_back({one.value("name", ""), pid, std::string(part) == "nodes"});
    }
  }
  return found;
}

process_cost cost_of(pid_t pid) {
  process_cost cost;
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &used) == 0)
    cost.cpu_s = static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
  std::ifstream rollup(fmt::format("/proc/{}/smaps_rollup", pid));
  for (std::string line; std::getline(rollup, line);) {
    std::istringstream words(line);
    std::string name;
    double kb = 0;
    words >> name >> kb;
    if (name == "Rss:") cost.rss_mb = kb / 1024;
    if (name == "Pss:") cost.pss_mb = kb / 1024;
    if (name == "Anonymous:") cost.anonymous_mb = kb / 1024;
    if (name == "Private_Dirty:" || name == "Private_Clean:") cost.private_mb += kb / 1024;
  }
  std::error_code gone;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid), gone))
    ++cost.files;
  return cost;
}

std::map<pid_t, double> cpu_of(const std::vector<running_site::member>& members) {
  std::map<pid_t, double> all;
  for (const auto& each : members) all[each.pid] = cost_of(each.pid).cpu_s;
  return all;
}

} // namespace voltaic::bench
