#include "bus/serial/pty_line.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <system_error>
#include <thread>
#include <utility>

#include "bus/serial/terminal.hpp"
#include "bus/thread_name.hpp"

namespace voltaic::bus::serial {
namespace {

using clock = std::chrono::steady_clock;

constexpr int idle_ms = 1'000;

class threaded_line final : public pty_line {
 public:
  threaded_line(terminal made, std::string path, heard_handler on_heard, int wake)
      : terminal_(std::move(made)),
        path_(std::move(path)),
        on_heard_(std::move(on_heard)),
        wake_(wake) {
    thread_ = std::thread([this] {
      name_thread("pty");
      run();
    });
  }

  ~threaded_line() override {
    stopping_ = true;
    const std::uint64_t one = 1;
    (void)!::write(wake_, &one, sizeof(one));
    thread_.join();
    // Another process may have taken the path over.
    std::array<char, 128> target{};
    const auto length = ::readlink(path_.c_str(), target.data(), target.size() - 1);
    if (length > 0 &&
        terminal_.path == std::string(target.data(), static_cast<std::size_t>(length)))
      (void)::unlink(path_.c_str());
    ::close(terminal_.other);
    ::close(terminal_.mine);
    ::close(wake_);
  }

  void speak(std::span<const std::uint8_t> bytes) override {
    // What has no room is lost, as on a wire that nobody reads.
    (void)!::write(terminal_.mine, bytes.data(), bytes.size());
  }

 private:
  struct waiting {
    clock::time_point at;
    std::vector<std::uint8_t> bytes;
  };

  void run() {
    while (!stopping_) {
      std::array<pollfd, 2> waited{{{terminal_.mine, POLLIN, 0}, {wake_, POLLIN, 0}}};
      (void)::poll(waited.data(), waited.size(), wait_ms());
      if (stopping_) return;
      if ((waited[0].revents & POLLIN) != 0) hear();
      send_due();
    }
  }

  [[nodiscard]] int wait_ms() const {
    if (pieces_.empty()) return idle_ms;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(pieces_.front().at - clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, idle_ms));
  }

  void hear() {
    std::array<std::uint8_t, 512> bytes{};
    const auto count = ::read(terminal_.mine, bytes.data(), bytes.size());
    if (count <= 0) return;
    for (auto& piece : on_heard_(std::span(bytes).first(static_cast<std::size_t>(count)))) {
      if (pieces_.size() >= pieces_max) return;
      const waiting next{clock::now() + std::chrono::microseconds(piece.delay_us),
                         std::move(piece.bytes)};
      const auto place =
          std::upper_bound(pieces_.begin(), pieces_.end(), next,
                           [](const waiting& a, const waiting& b) { return a.at < b.at; });
      pieces_.insert(place, next);
    }
  }

  void send_due() {
    while (!pieces_.empty() && pieces_.front().at <= clock::now()) {
      speak(pieces_.front().bytes);
      pieces_.pop_front();
    }
  }

  terminal terminal_;
  std::string path_;
  heard_handler on_heard_;
  int wake_;
  std::deque<waiting> pieces_; ///< by rising time
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

} // namespace

messages::expected<std::unique_ptr<pty_line>> serve_pty(const std::string& path,
                                                        heard_handler on_heard) {
  terminal made;
  std::string reason = open_terminal(path, made);
  const int wake = reason.empty() ? ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
  if (reason.empty() && wake < 0) reason = std::strerror(errno);
  if (reason.empty()) {
    try {
      return std::unique_ptr<pty_line>(
          std::make_unique<threaded_line>(made, path, std::move(on_heard), wake));
    } catch (const std::system_error& refused) {
      reason = refused.what();
    }
  }
  for (const int each : {made.mine, made.other, wake})
    if (each >= 0) ::close(each);
  return messages::failure{fmt::format("no simulated serial line: {}", reason)};
}

} // namespace voltaic::bus::serial
