#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace voltaic::tests {

/// `pymodbus_server.py` as a child: a Modbus server by a stranger's code.
class pymodbus_server {
 public:
  /// Whether Debian's python3-pymodbus and what it imports are installed.
  [[nodiscard]] static bool installed() {
    return std::system("/usr/bin/python3 -c 'import pymodbus.server' 2>/dev/null") == 0;
  }

  explicit pymodbus_server(std::uint16_t port = 0) {
    std::array<int, 2> input{};
    std::array<int, 2> output{};
    if (::pipe2(input.data(), O_CLOEXEC) != 0 || ::pipe2(output.data(), O_CLOEXEC) != 0)
      throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input[0], 0);
    ::posix_spawn_file_actions_adddup2(&actions, output[1], 1);
    std::string python = "/usr/bin/python3";
    std::string script = VOLTAIC_SOURCE_FOLDER "/tests/support/pymodbus_server.py";
    std::string wanted = std::to_string(port);
    std::array<char*, 4> arguments{python.data(), script.data(), wanted.data(), nullptr};
    const int failed =
        ::posix_spawn(&pid_, python.c_str(), &actions, nullptr, arguments.data(), ::environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(input[0]);
    ::close(output[1]);
    input_ = input[1];
    output_ = ::fdopen(output[0], "r");
    if (failed != 0) throw std::runtime_error("pymodbus server does not start");
    const std::string ready = read_line();
    if (ready.rfind("ready ", 0) != 0) throw std::runtime_error("pymodbus server is not ready");
    port_ = static_cast<std::uint16_t>(std::stoul(ready.substr(6)));
  }

  ~pymodbus_server() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(input_);
    ::fclose(output_);
  }
  pymodbus_server(const pymodbus_server&) = delete;
  pymodbus_server& operator=(const pymodbus_server&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// One command of the script; returns its answer.
  std::string tell(const std::string& command) {
    const std::string line = command + "\n";
    if (::write(input_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      throw std::runtime_error("pymodbus server does not listen");
    return read_line();
  }

 private:
  std::string read_line() {
    std::array<char, 256> line{};
    if (std::fgets(line.data(), static_cast<int>(line.size()), output_) == nullptr)
      throw std::runtime_error("pymodbus server ended");
    std::string text = line.data();
    if (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }
  pid_t pid_ = -1;
  int input_ = -1;
  FILE* output_ = nullptr;
  std::uint16_t port_ = 0;
};

} // namespace voltaic::tests
