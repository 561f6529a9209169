#pragma once

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "messages/modbus/frame.hpp"

namespace voltaic::tests {

/// A piece of what goes back over the wire, and how long before it nothing does.
struct piece {
  int after_ms = 0;
  std::vector<std::uint8_t> bytes;
};

/// The other end of a serial line: a pseudo terminal on which each request is
/// answered as a function wants, bit for bit.
class rtu_unit {
 public:
  using script = std::function<std::vector<piece>(const messages::modbus::rtu_frame& request)>;

  explicit rtu_unit(std::string link, script answer)
      : link_(std::move(link)), answer_(std::move(answer)) {
    mine_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    std::array<char, 128> path{};
    if (mine_ < 0 || ::grantpt(mine_) != 0 || ::unlockpt(mine_) != 0 ||
        ::ptsname_r(mine_, path.data(), path.size()) != 0)
      throw std::runtime_error("no pseudo terminal");
    termios raw{};
    const int other = ::open(path.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    ::tcgetattr(other, &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(other, TCSANOW, &raw);
    other_ = other;
    ::unlink(link_.c_str());
    if (::symlink(path.data(), link_.c_str()) != 0) throw std::runtime_error("no link");
    thread_ = std::thread([this] { run(); });
  }
  ~rtu_unit() {
    stopping_ = true;
    thread_.join();
    ::close(other_);
    ::close(mine_);
    ::unlink(link_.c_str());
  }
  rtu_unit(const rtu_unit&) = delete;
  rtu_unit& operator=(const rtu_unit&) = delete;

  [[nodiscard]] const std::string& link() const { return link_; }
  /// As a second master, or a fault, does: bytes that nobody asked for.
  void speak(const std::vector<std::uint8_t>& bytes) const {
    (void)!::write(mine_, bytes.data(), bytes.size());
  }

 private:
  void run() {
    std::vector<std::uint8_t> received;
    while (!stopping_) {
      pollfd waited{mine_, POLLIN, 0};
      if (::poll(&waited, 1, 10) <= 0) continue;
      std::array<std::uint8_t, 512> bytes{};
      const auto length = ::read(mine_, bytes.data(), bytes.size());
      if (length <= 0) continue;
      received.insert(received.end(), bytes.begin(), bytes.begin() + length);
      const auto expected = messages::modbus::rtu_request_bytes(received);
      if (!expected || received.size() < *expected) continue;
      const auto frame = messages::modbus::parse_rtu(received);
      received.clear();
      if (!frame) continue;
      for (const auto& each : answer_(*frame)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(each.after_ms));
        speak(each.bytes);
      }
    }
  }

  std::string link_;
  script answer_;
  int mine_ = -1;
  int other_ = -1;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

} // namespace voltaic::tests
