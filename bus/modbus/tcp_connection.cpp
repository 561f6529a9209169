#include <fmt/format.h>
#include <modbus/modbus.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <new>
#include <span>
#include <utility>

#include "bus/modbus/connection.hpp"
#include "bus/modbus/stream.hpp"
#include "messages/modbus/frame.hpp"
#include "messages/modbus/pdu.hpp"

namespace voltaic::bus::modbus {
namespace {

namespace wire = messages::modbus;
using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::uint32_t ms_per_s = 1'000;
constexpr std::uint32_t us_per_ms = 1'000;
// So many requests in a row without an answer, and it is the connection's turn:
// behind some gateways only a new one is answered.
constexpr int unanswered_max = 3;
// Answers that are remembered as still to come; the oldest are forgotten.
constexpr std::size_t owed_max = 64;
// A frame that has begun before a request has this long to end.
constexpr milliseconds frame_rest(100);
// So many late frames before one request are answers to nobody.
constexpr int late_frames_max = 64;

class tcp_connection final : public connection {
 public:
  explicit tcp_connection(const line_options& options)
      : options_(options), context_(modbus_new_tcp(options.host.c_str(), options.port)) {
    if (!context_) throw std::bad_alloc();
    modbus_set_error_recovery(context_.get(), MODBUS_ERROR_RECOVERY_NONE);
    // Without a timeout of its own each byte counts against the whole answer's,
    // so that a dribbling peer cannot stretch a request.
    modbus_set_byte_timeout(context_.get(), 0, 0);
  }

  bool connected() const override { return stream_.descriptor() >= 0; }

  std::string connect() override {
    std::string unused;
    std::string reason = stream_.open(options_, unused);
    modbus_set_socket(context_.get(), stream_.descriptor());
    owed_.clear();
    unanswered_ = 0;
    return reason;
  }

  exchange read(std::uint8_t unit, const read_request& request) override {
    assert(request.count >= 1 && request.count <= read_registers_max);
    return perform(unit, request_of(request));
  }

  exchange write(const write_request& request) override {
    assert(!request.registers.empty() && request.registers.size() <= read_registers_max);
    // Function 16 also for one register, as on a serial line.
    return perform(request.unit,
                   {wire::function::write_registers, request.address, 0, 0, request.registers});
  }

  void abort() override { stream_.abort(); }
  const modbus::traffic& traffic() const override { return traffic_; }

 private:
  struct free_context {
    void operator()(modbus_t* context) const { modbus_free(context); }
  };

  exchange perform(std::uint8_t unit, const wire::request& asked) {
    if (!connected()) return {outcome::disconnected, 0, {}, "not connected"};
    if (auto broken = clear_line()) return *std::move(broken);
    // libmodbus would number requests by itself, and take the first answer of
    // another number for an end of the connection.
    ++transaction_;
    const auto request = wire::encode_tcp({transaction_, unit, wire::encode(asked)});
    if (const int error = stream_.send(request); error != 0)
      return closed(outcome::disconnected, std::strerror(error));
    traffic_.bytes_sent += request.size();
    const auto end = clock::now() + milliseconds(options_.response_timeout_ms);
    exchange result{outcome::timeout, 0, {}, "no answer in time"};
    while (true) {
      const auto left = std::chrono::ceil<milliseconds>(end - clock::now());
      if (left.count() <= 0 || !stream_.wait_readable(static_cast<int>(left.count())))
        return unanswered(std::move(result));
      wire::tcp_frame answer;
      if (auto broken = receive(left, answer)) return *std::move(broken);
      if (answer.transaction == transaction_) return judge(unit, asked, answer);
      if (!is_late(answer))
        result = {outcome::bad_answer, 0, {}, "an answer to a request that was never sent"};
    }
  }

  /// Whatever has come before a request answers an earlier one.
  std::optional<exchange> clear_line() {
    for (int i = 0; stream_.wait_readable(0); ++i) {
      if (i == late_frames_max)
        return closed(outcome::bad_answer, "it sends what nobody asked for");
      wire::tcp_frame answer;
      if (auto broken = receive(frame_rest, answer)) return broken;
      (void)is_late(answer);
    }
    return std::nullopt;
  }

  /// One frame that has begun; an exchange that ended with it, if it cannot be read.
  std::optional<exchange> receive(milliseconds within, wire::tcp_frame& answer) {
    const auto within_ms = static_cast<std::uint32_t>(within.count());
    modbus_set_response_timeout(context_.get(), within_ms / ms_per_s,
                                within_ms % ms_per_s * us_per_ms);
    std::array<std::uint8_t, MODBUS_TCP_MAX_ADU_LENGTH> bytes{};
    const int length = modbus_receive_confirmation(context_.get(), bytes.data());
    if (length < 0) {
      const int error = errno;
      if (error == ETIMEDOUT) return closed(outcome::timeout, "the answer did not end in time");
      if (error >= MODBUS_ENOBASE) return closed(outcome::bad_answer, modbus_strerror(error));
      return closed(outcome::disconnected, std::strerror(error));
    }
    const auto count = static_cast<std::size_t>(length);
    traffic_.bytes_received += count;
    auto parsed = wire::parse_tcp(std::span(bytes).first(count));
    if (parsed.state != wire::framing::complete || parsed.bytes != count)
      return closed(outcome::bad_answer, "the answer's head is wrong");
    answer = std::move(parsed.frame);
    return std::nullopt;
  }

  /// Counts an answer that nobody waits for. False: nobody ever did.
  bool is_late(const wire::tcp_frame& answer) {
    const bool was_owed = std::erase(owed_, answer.transaction) > 0;
    ++(was_owed ? traffic_.late : traffic_.strays);
    return was_owed;
  }

  exchange judge(std::uint8_t unit, const wire::request& asked, const wire::tcp_frame& answer) {
    if (answer.unit != unit)
      return closed(outcome::bad_answer, fmt::format("unit {} answered", answer.unit));
    auto parsed = wire::parse_answer(asked, answer.pdu);
    if (!parsed) return closed(outcome::bad_answer, parsed.error().text);
    unanswered_ = 0;
    if (const auto code = parsed->exception_code)
      return {outcome::exception, *code, {}, fmt::format("exception {:02X}", *code)};
    return {outcome::done, 0, std::move(parsed->values), ""};
  }

  exchange unanswered(exchange result) {
    if (++unanswered_ >= unanswered_max) return closed(result.outcome, std::move(result.reason));
    if (owed_.size() == owed_max) owed_.pop_front();
    owed_.push_back(transaction_);
    return result;
  }

  exchange closed(modbus::outcome why, std::string reason) {
    stream_.close();
    modbus_set_socket(context_.get(), -1);
    return {why, 0, {}, std::move(reason)};
  }

  line_options options_;
  std::unique_ptr<modbus_t, free_context> context_;
  stream stream_;
  modbus::traffic traffic_;
  std::uint16_t transaction_ = 0;  ///< of the request that was sent last
  std::deque<std::uint16_t> owed_; ///< transactions whose answers may still come
  int unanswered_ = 0;             ///< requests in a row
};

} // namespace

std::unique_ptr<connection> make_tcp_connection(const line_options& options) {
  return std::make_unique<tcp_connection>(options);
}

} // namespace voltaic::bus::modbus
