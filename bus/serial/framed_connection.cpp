#include "bus/serial/framed_connection.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "bus/modbus/stream.hpp"
#include "messages/serial/dialect.hpp"
#include "messages/serial/receiver.hpp"

namespace voltaic::bus::serial {
namespace {

namespace wire = messages::serial;
using clock = std::chrono::steady_clock;
using modbus::exchange;
using modbus::outcome;
using std::chrono::milliseconds;

constexpr int bits_per_byte = 11;
// What an adapter may hold back of a frame that has begun.
constexpr int frame_slack_ms = 100;
// Behind a broken frame: nothing more of it comes, and nothing else.
constexpr int quiet_ms = 20;
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
    const auto& spoken = dialect_of(unit);
    assert(request.address < spoken.questions.size());
    const auto& question = spoken.questions[request.address];
    return perform(unit, spoken, wire::fill(question, unit));
  }

  exchange write(const modbus::write_request& request) override {
    const auto& spoken = dialect_of(request.unit);
    assert(request.address < spoken.settings.size());
    std::vector<std::uint8_t> value;
    for (const auto word : request.registers) value.push_back(static_cast<std::uint8_t>(word));
    auto gave = perform(request.unit, spoken,
                        wire::fill(spoken.settings[request.address].order, request.unit, value));
    gave.registers.clear();
    return gave;
  }

  modbus::read_request read_back_of(const modbus::write_request& request) const override {
    const auto& setting = dialect_of(request.unit).settings[request.address];
    return {modbus::table::holding, setting.read_back, 1};
  }

  void abort() override { stream_.abort(); }
  const modbus::traffic& traffic() const override { return traffic_; }
  std::string take_warning() override { return std::exchange(warning_, {}); }

 private:
  const wire::dialect& dialect_of(std::uint8_t unit) const {
    const auto found = std::ranges::find(options_.units, unit, &modbus::unit_plan::unit);
    assert(found != options_.units.end() && found->dialect != nullptr);
    return *found->dialect;
  }

  /// How long this many bytes take on the wire.
  [[nodiscard]] milliseconds wire_time(std::size_t bytes) const {
    const auto bits = static_cast<std::int64_t>(bytes) * bits_per_byte;
    return milliseconds(bits * 1'000 / options_.serial.baud);
  }

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

  exchange perform(std::uint8_t unit, const wire::dialect& spoken, const wire::frame& asked) {
    if (!connected()) return {outcome::disconnected, 0, {}, "not connected"};
    clear_line();
    const auto request = wire::encode(spoken.framing, wire::direction::request, asked);
    const auto end =
        clock::now() + wire_time(request.size()) + milliseconds(options_.response_timeout_ms);
    if (const int error = send(request, end); error != 0) return lost(error);
    traffic_.bytes_sent += request.size();
    conversation talk{unit, spoken, asked, request,
                      wire::receiver(spoken.framing, wire::direction::answer)};
    return await(talk, end);
  }

  /// One request and what came since.
  struct conversation {
    std::uint8_t unit;
    const wire::dialect& spoken;
    const wire::frame& asked;
    const std::vector<std::uint8_t>& request;
    wire::receiver receiver;
    exchange worst = {outcome::timeout, 0, {}, "no answer in time", false};
  };

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
      talk.receiver.push(std::span(bytes).first(static_cast<std::size_t>(count)));
      if (auto done = judge(talk, talk.receiver.next())) return *std::move(done);
      patience = std::min(last, patience_with(talk, end));
    }
    const bool is_cut = talk.receiver.is_within_frame();
    if (auto done = judge(talk, talk.receiver.next_after_silence())) return *std::move(done);
    if (is_cut && talk.worst.outcome == outcome::timeout)
      return {outcome::bad_answer, 0, {}, "the answer ended too soon", true};
    return std::move(talk.worst);
  }

  // A frame that has begun goes on without a pause, and behind a broken one nothing has to come.
  static clock::time_point patience_with(const conversation& talk, clock::time_point end) {
    const auto now = clock::now();
    if (talk.receiver.is_within_frame()) return now + milliseconds(frame_slack_ms);
    return talk.worst.checksum_error ? now + milliseconds(quiet_ms) : end;
  }

  /// What all frames that came so far are; the exchange, once it is over.
  std::optional<exchange> judge(conversation& talk, std::optional<wire::receiver::found> found) {
    for (; found; found = talk.receiver.next()) {
      if (const auto* broken = std::get_if<wire::broken_frame>(&*found)) {
        if (!broken->is_damaged) ++traffic_.strays;
        talk.worst = {outcome::bad_answer,
                      0,
                      {},
                      "the answer is broken: " + broken->reason,
                      broken->is_damaged};
        continue;
      }
      if (auto done = take(talk, std::get<wire::frame>(*found))) return done;
    }
    return std::nullopt;
  }

  std::optional<exchange> take(conversation& talk, const wire::frame& said) {
    const auto& rules = talk.spoken.framing;
    const auto bytes = wire::encode(rules, wire::direction::answer, said);
    if (bytes == talk.request) return std::nullopt; // the adapter's echo
    std::string foreign;
    if (said.address && *said.address != talk.unit)
      foreign = fmt::format("address {} answered", *said.address);
    else if (said.code && *said.code != talk.asked.code)
      foreign = fmt::format("{:02X} was answered and not {:02X}", *said.code, *talk.asked.code);
    else if (is_request(talk, bytes))
      foreign = "another master asks on this line";
    if (!foreign.empty()) {
      ++traffic_.strays;
      talk.worst = {outcome::bad_answer, 0, {}, std::move(foreign), false};
      return std::nullopt;
    }
    if (said.result && *said.result != rules.good_result)
      return exchange{outcome::exception,
                      *said.result,
                      {},
                      fmt::format("the device refuses with {:02X}", *said.result)};
    return exchange{outcome::done, 0, {said.data.begin(), said.data.end()}, ""};
  }

  static bool is_request(const conversation& talk, const std::vector<std::uint8_t>& bytes) {
    return std::ranges::any_of(talk.spoken.questions, [&](const wire::ask& each) {
      return bytes == wire::encode(talk.spoken.framing, wire::direction::request,
                                   wire::fill(each, talk.unit));
    });
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
