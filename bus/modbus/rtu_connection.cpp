#include <fmt/format.h>
#include <modbus/modbus.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstring>
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

constexpr int us_per_ms = 1'000;
constexpr int us_per_s = 1'000'000;
constexpr int bits_per_byte = 11;
// Frames end by their length; silence only after what could not be read. Behind
// adapters that buffer, the protocol's 3.5 characters cannot be seen.
constexpr int quiet_ms_min = 5;
constexpr int drain_ms_max = 500;
// What an adapter may hold back of a frame that has begun.
constexpr int frame_slack_ms = 100;

class rtu_connection final : public connection {
 public:
  explicit rtu_connection(const line_options& options)
      : options_(options),
        // Only its frames are used: the port is opened here.
        context_(modbus_new_rtu("/dev/null", static_cast<int>(options.serial.baud), 'N', 8, 1)) {
    if (!context_) throw std::bad_alloc();
    modbus_set_error_recovery(context_.get(), MODBUS_ERROR_RECOVERY_NONE);
    modbus_set_byte_timeout(context_.get(), 0, 0);
  }

  bool connected() const override { return stream_.descriptor() >= 0; }

  std::string connect() override {
    std::string reason = stream_.open(options_, warning_);
    modbus_set_socket(context_.get(), stream_.descriptor());
    return reason;
  }

  exchange read(std::uint8_t unit, const read_request& request) override {
    assert(request.count >= 1 && request.count <= read_registers_max);
    return perform(unit, request_of(request));
  }

  exchange write(const write_request& request) override {
    return perform(request.unit,
                   {wire::function::write_registers, request.address, 0, 0, request.registers});
  }

  void abort() override { stream_.abort(); }
  const modbus::traffic& traffic() const override { return traffic_; }
  std::string take_warning() override { return std::exchange(warning_, {}); }

 private:
  struct free_context {
    void operator()(modbus_t* context) const { modbus_free(context); }
  };

  /// How long this many bytes take on the wire, and their adapter.
  [[nodiscard]] int frame_ms(std::size_t bytes) const {
    const auto bits = static_cast<std::int64_t>(bytes) * bits_per_byte;
    return static_cast<int>(bits * 1'000 / options_.serial.baud) + frame_slack_ms;
  }

  void clear_line() {
    // Nobody should speak now: it is a late answer, or another master.
    if (!stream_.wait_readable(0)) return;
    const auto bytes = stream_.drain(quiet_ms_min, drain_ms_max);
    traffic_.bytes_received += bytes;
    traffic_.strays += bytes > 0 ? 1 : 0;
  }

  exchange perform(std::uint8_t unit, const wire::request& asked) {
    if (!connected()) return {outcome::disconnected, 0, {}, "not connected"};
    clear_line();
    auto request = wire::encode(asked);
    request.insert(request.begin(), unit);
    modbus_set_slave(context_.get(), unit);
    if (modbus_send_raw_request(context_.get(), request.data(), static_cast<int>(request.size())) <
        0)
      return lost(errno);
    traffic_.bytes_sent += request.size() + 2;
    const auto end = clock::now() + milliseconds(options_.response_timeout_ms) +
                     milliseconds(frame_ms(request.size()) - frame_slack_ms);
    exchange result{outcome::timeout, 0, {}, "no answer in time"};
    while (true) {
      const auto left = std::chrono::ceil<milliseconds>(end - clock::now()).count();
      if (left <= 0 || !stream_.wait_readable(static_cast<int>(left))) return result;
      auto received = receive(unit, asked);
      // What is no answer to this request is passed over, and remembered if
      // nothing better comes.
      if (received.outcome != outcome::bad_answer || received.checksum_error) return received;
      ++traffic_.strays;
      result = std::move(received);
    }
  }

  /// One frame that has begun.
  exchange receive(std::uint8_t unit, const wire::request& asked) {
    const int timeout_us = frame_ms(wire::rtu_frame_bytes_max) * us_per_ms;
    modbus_set_response_timeout(context_.get(), static_cast<std::uint32_t>(timeout_us / us_per_s),
                                static_cast<std::uint32_t>(timeout_us % us_per_s));
    std::array<std::uint8_t, MODBUS_RTU_MAX_ADU_LENGTH> bytes{};
    const int length = modbus_receive_confirmation(context_.get(), bytes.data());
    if (length < 0) {
      const int error = errno;
      if (error == ETIMEDOUT) return broken("the answer ended too soon");
      if (error >= MODBUS_ENOBASE) return broken(modbus_strerror(error));
      return lost(error);
    }
    // libmodbus ignores a frame to another unit, and does not look at its sum.
    const auto expected =
        length > 0 ? static_cast<std::size_t>(length) : wire::rtu_answer_bytes(bytes).value_or(0);
    const auto frame = wire::parse_rtu(std::span(bytes).first(std::min(expected, bytes.size())));
    if (!frame) return broken("the answer's checksum is wrong");
    traffic_.bytes_received += expected;
    if (frame->unit != unit)
      return {outcome::bad_answer, 0, {}, fmt::format("unit {} answered", frame->unit)};
    auto parsed = wire::parse_answer(asked, frame->pdu);
    if (!parsed) return {outcome::bad_answer, 0, {}, parsed.error().text};
    if (const auto code = parsed->exception_code)
      return {outcome::exception, *code, {}, fmt::format("exception {:02X}", *code)};
    return {outcome::done, 0, std::move(parsed->values), ""};
  }

  exchange broken(std::string reason) {
    traffic_.bytes_received += stream_.drain(quiet_ms_min, drain_ms_max);
    return {outcome::bad_answer, 0, {}, std::move(reason), true};
  }

  exchange lost(int error) {
    stream_.close();
    modbus_set_socket(context_.get(), -1);
    return {outcome::disconnected, 0, {}, std::strerror(error)};
  }

  line_options options_;
  std::unique_ptr<modbus_t, free_context> context_;
  stream stream_;
  modbus::traffic traffic_;
  std::string warning_;
};

} // namespace

std::unique_ptr<connection> make_rtu_connection(const line_options& options) {
  return std::make_unique<rtu_connection>(options);
}

} // namespace voltaic::bus::modbus
