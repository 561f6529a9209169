#include <fmt/format.h>
#include <modbus/modbus.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "bus/modbus/connection.hpp"
#include "bus/modbus/stream.hpp"
#include "messages/modbus/frame.hpp"

namespace voltaic::bus::modbus {
namespace {

constexpr std::uint32_t us_per_ms = 1'000;
constexpr std::uint32_t us_per_s = 1'000'000;
// Function, address and count.
constexpr std::size_t request_pdu_bytes = 5;
constexpr std::size_t write_pdu_bytes = 6;

class tcp_connection final : public connection {
 public:
  explicit tcp_connection(const line_options& options)
      : options_(options), context_(modbus_new_tcp(options.host.c_str(), options.port)) {
    if (!context_) throw std::bad_alloc();
    modbus_set_error_recovery(context_.get(), MODBUS_ERROR_RECOVERY_NONE);
    const std::uint32_t timeout_us = options.response_timeout_ms * us_per_ms;
    modbus_set_response_timeout(context_.get(), timeout_us / us_per_s, timeout_us % us_per_s);
    // Without a timeout of its own each byte counts against the whole answer's,
    // so that a dribbling peer cannot stretch a request.
    modbus_set_byte_timeout(context_.get(), 0, 0);
  }

  bool connected() const override { return stream_.descriptor() >= 0; }

  std::string connect() override {
    std::string unused;
    std::string reason = stream_.open(options_, unused);
    modbus_set_socket(context_.get(), stream_.descriptor());
    return reason;
  }

  exchange read(std::uint8_t unit, const read_request& request) override {
    assert(request.count >= 1 && request.count <= read_registers_max);
    if (!connected()) return {outcome::disconnected, 0, {}, "not connected"};
    modbus_set_slave(context_.get(), unit);
    traffic_.bytes_sent += messages::modbus::tcp_header_bytes + request_pdu_bytes;
    std::vector<std::uint16_t> registers(request.count);
    const int count = ask(request, registers);
    const bool bits = request.table == table::coil || request.table == table::discrete;
    const auto values = bits ? (request.count + 7U) / 8U : 2U * request.count;
    return conclude(count, request.count, std::move(registers), 2 + values);
  }

  exchange write(const write_request& request) override {
    const auto count = static_cast<int>(request.registers.size());
    assert(count >= 1 && request.registers.size() <= read_registers_max);
    if (!connected()) return {outcome::disconnected, 0, {}, "not connected"};
    modbus_set_slave(context_.get(), request.unit);
    traffic_.bytes_sent +=
        messages::modbus::tcp_header_bytes + write_pdu_bytes + 2 * request.registers.size();
    // Function 16 also for one register: libmodbus does not check the address
    // in the echo of function 6.
    const int written =
        modbus_write_registers(context_.get(), request.address, count, request.registers.data());
    return conclude(written, count, {}, request_pdu_bytes);
  }

  void abort() override { stream_.abort(); }
  const modbus::traffic& traffic() const override { return traffic_; }

 private:
  struct free_context {
    void operator()(modbus_t* context) const { modbus_free(context); }
  };

  int ask(const read_request& request, std::vector<std::uint16_t>& registers) {
    modbus_t* const context = context_.get();
    std::vector<std::uint8_t> bits;
    int count = -1;
    switch (request.table) {
      case table::holding:
        return modbus_read_registers(context, request.address, request.count, registers.data());
      case table::input:
        return modbus_read_input_registers(context, request.address, request.count,
                                           registers.data());
      case table::coil:
        bits.resize(request.count);
        count = modbus_read_bits(context, request.address, request.count, bits.data());
        break;
      case table::discrete:
        bits.resize(request.count);
        count = modbus_read_input_bits(context, request.address, request.count, bits.data());
        break;
    }
    std::copy(bits.begin(), bits.end(), registers.begin());
    return count;
  }

  exchange conclude(int count, int expected, std::vector<std::uint16_t> registers,
                    std::size_t pdu_bytes) {
    const int error = count < 0 ? errno : EMBBADDATA;
    if (count == expected) {
      traffic_.bytes_received += messages::modbus::tcp_header_bytes + pdu_bytes;
      return {outcome::done, 0, std::move(registers), ""};
    }
    if (error > MODBUS_ENOBASE && error < MODBUS_ENOBASE + MODBUS_EXCEPTION_MAX) {
      traffic_.bytes_received += messages::modbus::tcp_header_bytes + 2;
      const auto code = static_cast<std::uint8_t>(error - MODBUS_ENOBASE);
      return {outcome::exception, code, {}, fmt::format("exception {:02X}", code)};
    }
    stream_.close();
    modbus_set_socket(context_.get(), -1);
    if (error == ETIMEDOUT) return {outcome::timeout, 0, {}, "no answer in time"};
    if (error >= MODBUS_ENOBASE) return {outcome::bad_answer, 0, {}, modbus_strerror(error)};
    return {outcome::disconnected, 0, {}, std::strerror(error)};
  }

  line_options options_;
  std::unique_ptr<modbus_t, free_context> context_;
  stream stream_;
  modbus::traffic traffic_;
};

} // namespace

std::unique_ptr<connection> make_tcp_connection(const line_options& options) {
  return std::make_unique<tcp_connection>(options);
}

} // namespace voltaic::bus::modbus
