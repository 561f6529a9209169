#include "nodes/simulate/line_end.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bus/modbus/connection.hpp"
#include "bus/serial/conversation.hpp"
#include "messages/modbus/pdu.hpp"
#include "messages/time.hpp"

namespace voltaic::nodes::simulate {
namespace {

namespace wire = messages::modbus;
namespace modbus = bus::modbus;
namespace serial = bus::serial;
using messages::us_per_ms;
using modbus::outcome;

modbus::exchange judged(const wire::request& asked, std::span<const std::uint8_t> pdu) {
  auto parsed = wire::parse_answer(asked, pdu);
  if (!parsed) return {outcome::bad_answer, 0, {}, parsed.error().text};
  if (const auto code = parsed->exception_code)
    return {outcome::exception, *code, {}, fmt::format("exception {:02X}", *code)};
  return {outcome::done, 0, std::move(parsed->values), ""};
}

class modbus_end final : public line_end {
 public:
  modbus_end(std::int64_t timeout_us, unit_map units)
      : timeout_us_(timeout_us), units_(std::move(units)) {}

  met read(std::uint8_t unit, const modbus::read_request& request) override {
    return ask(unit, modbus::request_of(request));
  }
  met write(const modbus::write_request& request) override {
    return ask(request.unit,
               {wire::function::write_registers, request.address, 0, 0, request.registers});
  }
  std::optional<modbus::read_request> read_back_of(
      const modbus::write_request& request) const override {
    return modbus::read_request{modbus::table::holding, request.address,
                                static_cast<std::uint16_t>(request.registers.size())};
  }

 private:
  met ask(std::uint8_t unit, const wire::request& asked) {
    const auto found = units_.find(unit);
    actors::simulator::equipment_answer said;
    if (found != units_.end()) said = found->second->answer(wire::encode(asked));
    const bool is_late = !said.pdu.empty() && said.delay_us >= timeout_us_;
    if (said.pdu.empty() || is_late)
      return {{outcome::timeout, 0, {}, "no answer in time"}, timeout_us_, is_late};
    return {judged(asked, said.pdu), said.delay_us};
  }

  std::int64_t timeout_us_;
  unit_map units_;
};

class serial_end final : public line_end {
 public:
  serial_end(const modbus::line_options& options, actors::simulator::serial_line_model& line)
      : options_(options), line_(line) {}

  met read(std::uint8_t unit, const modbus::read_request& request) override {
    const auto& spoken = serial::dialect_of(options_, unit);
    return perform(serial::conversation(unit, spoken, serial::frame_of(spoken, unit, request)));
  }
  met write(const modbus::write_request& request) override {
    const auto& spoken = serial::dialect_of(options_, request.unit);
    auto done =
        perform(serial::conversation(request.unit, spoken, serial::frame_of(spoken, request)));
    done.gave.registers.clear();
    return done;
  }
  std::optional<modbus::read_request> read_back_of(
      const modbus::write_request& request) const override {
    return serial::read_back_of(serial::dialect_of(options_, request.unit), request);
  }

 private:
  [[nodiscard]] std::int64_t wire_us(std::size_t bytes) const {
    return serial::wire_ms(bytes * us_per_ms, options_.serial.baud);
  }

  // As a real line waits: what has begun goes on without a pause.
  met perform(serial::conversation talk) {
    auto said = line_.hear(talk.request());
    std::ranges::stable_sort(said, {}, &actors::simulator::serial_battery_model::reply::delay_us);
    const auto asked_us = wire_us(talk.request().size());
    auto patience_us = asked_us + options_.response_timeout_ms * us_per_ms;
    std::int64_t free_us = asked_us;
    for (const auto& each : said) {
      const auto begin_us = std::max(free_us, asked_us + each.delay_us);
      if (begin_us >= patience_us) return {talk.give_up(), patience_us, true};
      free_us = begin_us + wire_us(each.bytes.size());
      if (auto done = talk.take(each.bytes)) return {*std::move(done), free_us};
      if (talk.is_within_frame())
        patience_us = std::max(patience_us, free_us + serial::frame_slack_ms * us_per_ms);
    }
    return {talk.give_up(), std::max(patience_us, free_us)};
  }

  const modbus::line_options& options_;
  actors::simulator::serial_line_model& line_;
};

} // namespace

std::unique_ptr<line_end> make_modbus_end(std::int64_t response_timeout_us, unit_map units) {
  return std::make_unique<modbus_end>(response_timeout_us, std::move(units));
}

std::unique_ptr<line_end> make_serial_end(const modbus::line_options& options,
                                          actors::simulator::serial_line_model& line) {
  return std::make_unique<serial_end>(options, line);
}

} // namespace voltaic::nodes::simulate
