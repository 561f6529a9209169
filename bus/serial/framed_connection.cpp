#include "bus/serial/framed_connection.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>
#include <utility>

#include "bus/modbus/stream.hpp"
#include "bus/serial/conversation.hpp"

namespace voltaic::bus::serial {
namespace {

using clock = std::chrono::steady_clock;
using modbus::exchange;
using modbus::outcome;
using std::chrono::milliseconds;

constexpr int drain_quiet_ms = 5;
// What has begun in time may last this much longer, whoever goes on speaking.
constexpr int overtime_ms_max = 1'000;
// Somebody who never stops speaking is asked over, and then judged by what comes.
constexpr int drain_ms_max = 50;

class framed_connection final : public modbus::connection {
 public:
  framed_connection(const modbus::line_options& options, std::function<void()> pulse)
      : options_(options), pulse_(std::move(pulse)) {}

  bool connected() const override { return stream_.descriptor() >= 0; }
  std::string connect() override { return stream_.open(options_, warning_); }

  exchange read(std::uint8_t unit, const modbus::read_request& request) override {
    const auto& spoken = dialect_of(options_, unit);
    return perform(conversation(unit, spoken, frame_of(spoken, unit, request)));
  }

  exchange write(const modbus::write_request& request) override {
    const auto& spoken = dialect_of(options_, request.unit);
    auto gave = perform(conversation(request.unit, spoken, frame_of(spoken, request)));
    gave.registers.clear();
    return gave;
  }

  std::optional<modbus::read_request> read_back_of(
      const modbus::write_request& request) const override {
    return serial::read_back_of(dialect_of(options_, request.unit), request);
  }

  void abort() override { stream_.abort(); }
  const modbus::traffic& traffic() const override { return traffic_; }
  std::string take_warning() override { return std::exchange(warning_, {}); }

 private:
  void clear_line() {
    // Nobody should speak now: it is a late answer, or another master.
    if (!stream_.wait_readable(0)) return;
    const auto bytes = stream_.drain(drain_quiet_ms, drain_ms_max);
    pulse_();
    traffic_.bytes_received += bytes;
    traffic_.strays += bytes > 0 ? 1 : 0;
  }

  /// 0, or the number of the error.
  [[nodiscard]] int send(std::span<const std::uint8_t> bytes, clock::time_point end) {
    while (!bytes.empty()) {
      const auto count = ::write(stream_.descriptor(), bytes.data(), bytes.size());
      if (count > 0) {
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        continue;
      }
      if (count < 0 && errno != EAGAIN && errno != EINTR) return errno;
      if (clock::now() >= end) return ETIMEDOUT;
      pollfd waited{stream_.descriptor(), POLLOUT, 0};
      (void)::poll(&waited, 1, pulse_ms);
      pulse_();
    }
    return 0;
  }

  exchange perform(conversation talk) {
    if (!connected()) return {outcome::disconnected, 0, {}, "not connected"};
    clear_line();
    const auto& request = talk.request();
    const auto end = clock::now() + milliseconds(wire_ms(request.size(), options_.serial.baud) +
                                                 options_.response_timeout_ms);
    if (const int error = send(request, end); error != 0) return lost(error);
    traffic_.bytes_sent += request.size();
    auto gave = await(talk, end);
    traffic_.strays += talk.strays();
    return gave;
  }

  exchange await(conversation& talk, clock::time_point end) {
    const auto last = end + milliseconds(overtime_ms_max);
    auto patience = end;
    while (clock::now() < patience) {
      const auto left = std::chrono::ceil<milliseconds>(patience - clock::now()).count();
      const auto wait_ms = std::clamp<std::int64_t>(left, 0, pulse_ms);
      const bool is_readable = stream_.wait_readable(static_cast<int>(wait_ms));
      pulse_();
      if (!is_readable) {
        if (stream_.is_aborted()) return {outcome::disconnected, 0, {}, "stopped", false};
        continue;
      }
      std::array<std::uint8_t, 512> bytes{};
      const auto count = ::read(stream_.descriptor(), bytes.data(), bytes.size());
      if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (count <= 0) return lost(count < 0 ? errno : EIO);
      traffic_.bytes_received += static_cast<std::uint64_t>(count);
      if (auto done = talk.take(std::span(bytes).first(static_cast<std::size_t>(count))))
        return *std::move(done);
      patience = std::min(last, patience_with(talk, end));
    }
    return talk.give_up();
  }

  // A frame that has begun in time goes on without a pause. Behind noise the answer may still come.
  static clock::time_point patience_with(const conversation& talk, clock::time_point end) {
    if (!talk.is_within_frame()) return end;
    return std::max(end, clock::now() + milliseconds(frame_slack_ms));
  }

  exchange lost(int error) {
    stream_.close();
    return {outcome::disconnected,
            0,
            {},
            fmt::format("{}: {}", options_.serial.device, std::strerror(error))};
  }

  modbus::line_options options_;
  std::function<void()> pulse_;
  modbus::stream stream_;
  modbus::traffic traffic_;
  std::string warning_;
};

} // namespace

std::unique_ptr<modbus::connection> make_framed_connection(const modbus::line_options& options,
                                                           std::function<void()> pulse) {
  return std::make_unique<framed_connection>(options, std::move(pulse));
}

} // namespace voltaic::bus::serial
