#include "chaos/child.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace chaos {

namespace {

constexpr auto look_period = 5ms;
constexpr int exec_failed = 127;

int open_output(const std::string& path) {
  if (path.empty()) return ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

// Fields 3 and 4 of /proc/PID/stat, behind the name that may hold anything.
std::pair<char, pid_t> state_and_parent(pid_t pid) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/stat");
  const auto end = text.rfind(')');
  if (end == std::string::npos) return {'X', 0};
  std::istringstream rest(text.substr(end + 1));
  char state = 'X';
  pid_t parent = 0;
  rest >> state >> parent;
  return {state, parent};
}

} // namespace

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds bound) {
  const auto end = std::chrono::steady_clock::now() + bound * patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(look_period);
  }
  return true;
}

child::child(const launch& how) {
  const char* command = std::getenv("VOLTAIC");
  std::vector<std::string> arguments{command != nullptr ? command : "build/voltaic"};
  arguments.insert(arguments.end(), how.arguments.begin(), how.arguments.end());
  std::vector<char*> raw;
  for (auto& one : arguments) raw.push_back(one.data());
  raw.push_back(nullptr);
  auto environment = how.environment;
  std::vector<char*> variables;
  for (auto& one : environment) variables.push_back(one.data());
  for (char** one = ::environ; *one != nullptr; ++one) {
    const std::string_view text(*one);
    const auto name = text.substr(0, text.find('=') + 1);
    bool replaced = false;
    for (const auto& other : environment) replaced = replaced || other.starts_with(name);
    if (!replaced) variables.push_back(*one);
  }
  variables.push_back(nullptr);
  const int output = open_output(how.output);
  const int errors = open_output(how.errors.empty() ? how.output : how.errors);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(exec_failed);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(errors, STDERR_FILENO);
    if (how.files_max > 0) {
      const rlimit limit{how.files_max, how.files_max};
      ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (how.user != 0 &&
        (::setgroups(0, nullptr) != 0 || ::setresgid(how.group, how.group, how.group) != 0 ||
         ::setresuid(how.user, how.user, how.user) != 0))
      ::_exit(exec_failed);
    ::execve(raw[0], raw.data(), variables.data());
    ::_exit(exec_failed);
  }
  ::close(output);
  ::close(errors);
}

child::~child() {
  if (status_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void child::signal(int number) const {
  if (!status_) ::kill(pid_, number);
}

std::optional<int> child::wait(std::chrono::milliseconds bound) {
  static_cast<void>(eventually([&] { return !runs(); }, bound));
  return status_;
}

bool child::runs() {
  if (status_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

bool alive(pid_t pid) {
  const auto state = state_and_parent(pid).first;
  return state != 'X' && state != 'Z';
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> result;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto one = static_cast<pid_t>(std::stol(name));
    const auto [state, parent] = state_and_parent(one);
    if (parent == pid && state != 'Z') result.push_back(one);
  }
  return result;
}

pid_t stop_thread(pid_t pid, const std::string& begin) {
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    if (!read_file(entry.path() / "comm").starts_with(begin)) continue;
    const auto thread = static_cast<pid_t>(std::stol(entry.path().filename().string()));
    if (::ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0) return 0;
    return ::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) == 0 ? thread : 0;
  }
  return 0;
}

bool thread_ended(pid_t thread) {
  return eventually([&] {
    int status = 0;
    return ::waitpid(thread, &status, __WALL | WNOHANG) == thread && !WIFSTOPPED(status);
  });
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

} // namespace chaos
