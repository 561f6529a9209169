#include "nodes/process/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "bus/control/ready.hpp"

namespace voltaic::nodes::process {

namespace {

constexpr int exec_failed = 127;

int open_log(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && info.st_size > log_bytes_max)
    ::rename(path.c_str(), (path + ".1").c_str());
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

// The descriptors that a start takes of this process. Closes what it still has.
struct start_files {
  int ready_here = -1; ///< the child writes to the other end
  int ready_there = -1;
  int log = -1;
  int null = -1;

  start_files() = default;
  start_files(const start_files&) = delete;
  start_files& operator=(const start_files&) = delete;
  ~start_files() {
    for (const int file : {ready_here, ready_there, log, null})
      if (file >= 0) ::close(file);
  }
  // What was refused, errno says why; null when all are there. A log that cannot
  // be written for other reasons than a shortage does not keep a process from its work.
  const char* open(const std::string& log_path) {
    int ready[2] = {-1, -1};
    if (::pipe2(ready, O_CLOEXEC) != 0) return "no pipe";
    ready_here = ready[0];
    ready_there = ready[1];
    ::fcntl(ready_here, F_SETFL, O_NONBLOCK);
    null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0) return "no input";
    if (!log_path.empty()) log = open_log(log_path);
    return !log_path.empty() && log < 0 && shortage_of(errno) != shortage::none ? "no log"
                                                                                : nullptr;
  }
};

// Everything that the new process needs, made before fork: between fork and
// exec of a program with threads nothing may allocate.
struct launch {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  int log = -1;
  int null = -1;
  int ready = -1;
  pid_t parent = 0;
  bool on_terminal = false;
};

[[noreturn]] void become(const launch& start) {
  if (!start.on_terminal) ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, start.on_terminal ? SIGTERM : SIGKILL);
  if (::getppid() != start.parent) ::_exit(exec_failed); // it died before the line above
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);
  if (!start.on_terminal) ::dup2(start.null, STDIN_FILENO);
  if (start.log >= 0) {
    ::dup2(start.log, STDOUT_FILENO);
    ::dup2(start.log, STDERR_FILENO);
  }
  ::fcntl(start.ready, F_SETFD, 0);
  ::execve(start.arguments[0], start.arguments.data(), start.environment.data());
  ::_exit(exec_failed);
}

} // namespace

std::string exit_status::text() const {
  if (!by_signal) return fmt::format("exit {}", value);
  return fmt::format("signal {} ({})", value, ::strsignal(value));
}

shortage shortage_of(int error) {
  if (error == EMFILE || error == ENFILE) return shortage::descriptors;
  return error == EAGAIN ? shortage::processes : shortage::none;
}

messages::expected<std::unique_ptr<child_process>> child_process::start(
    const child_options& options, shortage* lacks) {
  refusal why;
  if (auto child = attempt(options, why)) return child;
  if (lacks != nullptr) *lacks = shortage_of(why.error);
  return messages::failure{fmt::format("{}: {}", why.what, std::strerror(why.error))};
}

std::unique_ptr<child_process> child_process::attempt(const child_options& options, refusal& why) {
  const auto refused = [&why](const char* what) {
    why = {what, errno};
    return nullptr;
  };
  start_files files;
  if (const char* what = files.open(options.log_path)) return refused(what);
  auto arguments = options.arguments;
  auto ready_text = fmt::format("{}={}", bus::control::ready_variable, files.ready_there);
  launch start;
  for (auto& argument : arguments) start.arguments.push_back(argument.data());
  start.arguments.push_back(nullptr);
  const auto own = std::string(bus::control::ready_variable) + "=";
  for (char** entry = ::environ; *entry != nullptr; ++entry)
    if (std::strncmp(*entry, own.c_str(), own.size()) != 0) start.environment.push_back(*entry);
  auto added = options.environment;
  for (auto& entry : added) start.environment.push_back(entry.data());
  start.environment.push_back(ready_text.data());
  start.environment.push_back(nullptr);
  start.log = files.log;
  start.null = files.null;
  start.ready = files.ready_there;
  start.parent = ::getpid();
  start.on_terminal = options.on_terminal;
  const pid_t pid = ::fork();
  if (pid == 0) become(start);
  if (pid < 0) return refused("no new process");
  const int exit_file = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (exit_file < 0) {
    refused("no pidfd");
    const child_process ended(pid, -1, -1);
    return nullptr;
  }
  return std::unique_ptr<child_process>(
      new child_process(pid, exit_file, std::exchange(files.ready_here, -1)));
}

child_process::~child_process() {
  if (!reaped_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (exit_file_ >= 0) ::close(exit_file_);
  if (ready_file_ >= 0) ::close(ready_file_);
}

bool child_process::take_ready() {
  if (is_ready_ || ready_file_ < 0) return is_ready_;
  char byte = 0;
  const auto count = ::read(ready_file_, &byte, 1);
  if (count < 0) return false;
  is_ready_ = count == 1;
  ::close(ready_file_);
  ready_file_ = -1;
  return is_ready_;
}

void child_process::signal(int number) const {
  if (!reaped_) ::kill(pid_, number);
}

std::optional<exit_status> child_process::reap() {
  int status = 0;
  if (reaped_ || ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  reaped_ = true;
  if (WIFSIGNALED(status)) return exit_status{true, WTERMSIG(status)};
  return exit_status{false, WEXITSTATUS(status)};
}

} // namespace voltaic::nodes::process
