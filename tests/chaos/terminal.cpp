#include "chaos/terminal.hpp"

#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "chaos/child.hpp"

namespace chaos {

namespace {

constexpr int exec_failed = 127;

bool is_named(const std::vector<std::string>& added, std::string_view variable) {
  const auto name = variable.substr(0, variable.find('=') + 1);
  for (const auto& one : added)
    if (one.starts_with(name)) return true;
  return false;
}

} // namespace

terminal_child::terminal_child(std::vector<std::string> arguments,
                               std::vector<std::string> environment) {
  const char* command = std::getenv("VOLTAIC");
  arguments.insert(arguments.begin(), command != nullptr ? command : "build/voltaic");
  environment.emplace_back("TERM=xterm-256color");
  environment.emplace_back("LC_ALL=C.UTF-8");
  environment.emplace_back("NO_COLOR=");
  std::vector<char*> raw;
  for (auto& one : arguments) raw.push_back(one.data());
  raw.push_back(nullptr);
  std::vector<char*> variables;
  for (char** one = ::environ; *one != nullptr; ++one)
    if (!is_named(environment, *one)) variables.push_back(*one);
  for (auto& one : environment) variables.push_back(one.data());
  variables.push_back(nullptr);
  const winsize size{40, 120, 0, 0};
  const pid_t parent = ::getpid();
  if (::openpty(&terminal_, &keep_open_, nullptr, nullptr, &size) != 0) return;
  ::fcntl(terminal_, F_SETFL, O_NONBLOCK);
  ::fcntl(terminal_, F_SETFD, FD_CLOEXEC);
  ::tcgetattr(keep_open_, &before_);
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent || ::login_tty(keep_open_) != 0) ::_exit(exec_failed);
  ::execve(raw[0], raw.data(), variables.data());
  ::_exit(exec_failed);
}

terminal_child::~terminal_child() {
  if (!status_ && pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(terminal_);
  ::close(keep_open_);
}

void terminal_child::press(const std::string& keys) const {
  static_cast<void>(::write(terminal_, keys.data(), keys.size()));
}

void terminal_child::resize(int columns, int lines) const {
  winsize room{};
  room.ws_col = static_cast<unsigned short>(columns);
  room.ws_row = static_cast<unsigned short>(lines);
  if (::ioctl(terminal_, TIOCSWINSZ, &room) != 0)
    throw std::runtime_error("the terminal cannot be resized");
}

void terminal_child::hang_up() {
  ::close(terminal_);
  terminal_ = -1;
}

const std::string& terminal_child::written() {
  char part[4096];
  for (ssize_t count = 0; (count = ::read(terminal_, part, sizeof(part))) > 0;)
    written_.append(part, static_cast<std::size_t>(count));
  return written_;
}

bool terminal_child::shows(const std::string& text, std::size_t from,
                           std::chrono::milliseconds bound) {
  return eventually([&] { return written().find(text, from) != std::string::npos; }, bound);
}

std::optional<int> terminal_child::wait(std::chrono::milliseconds bound) {
  static_cast<void>(eventually(
      [&] {
        static_cast<void>(written()); // a full terminal holds up who writes
        int status = 0;
        if (status_ || ::waitpid(pid_, &status, WNOHANG) != pid_) return status_.has_value();
        status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return true;
      },
      bound));
  return status_;
}

bool terminal_child::is_as_before() const {
  termios now{};
  if (::tcgetattr(keep_open_, &now) != 0) return false;
  return now.c_lflag == before_.c_lflag && now.c_iflag == before_.c_iflag &&
         now.c_oflag == before_.c_oflag &&
         std::memcmp(now.c_cc, before_.c_cc, sizeof(now.c_cc)) == 0;
}

} // namespace chaos
