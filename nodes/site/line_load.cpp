#include "nodes/site/line_load.hpp"

#include <algorithm>

#include "messages/modbus/frame.hpp"
#include "messages/profiles/order_renewal.hpp"
#include "messages/profiles/register_plan.hpp"

namespace voltaic::nodes::site {

namespace {

namespace modbus = bus::modbus;

// Unit, function, address, count and checksum; of an answer all but the registers.
constexpr double request_bytes = 8;
constexpr double answer_bytes = 5;
// Silence between frames: 3.5 characters, above 19,200 baud a fixed time.
constexpr double silent_characters = 3.5;
constexpr double silence_ms_min = 1.75;
constexpr std::uint32_t silence_baud_max = 19'200;

double character_ms(const modbus::serial_options& serial) {
  const double bits = 9.0 + serial.stop_bits + (serial.parity == modbus::parity::none ? 0 : 1);
  return bits * 1'000 / serial.baud;
}

namespace wire = messages::serial;

double framed_percent(const modbus_line& line, const device& item, const wire::frame& asked,
                      const wire::frame& answered, double period_ms) {
  const auto& framing = *item.profile->framing;
  const auto bytes = wire::encode(framing, wire::direction::request, asked).size() +
                     wire::encode(framing, wire::direction::answer, answered).size();
  return 100 * framed_exchange_ms(line, bytes, item.min_gap_ms) / period_ms;
}

/// Of the longest answers that its profile describes, and of the orders that renew its lease.
device_load load_of_questions(const modbus_line& line, const device& item) {
  const auto& profile = *item.profile;
  device_load load{item.name, profile.questions.size(), 0};
  for (const auto& question : profile.questions) {
    const auto asked = wire::fill(question.ask, item.unit);
    wire::frame answered;
    for (const auto& place : question.answer)
      if (!place.is_overlaid)
        answered.data.resize(answered.data.size() + std::size_t{place.times} * place.form.bytes);
    load.percent += framed_percent(line, item, asked, answered, question.period_ms);
  }
  if (const auto* order = profile.order_command()) {
    const std::vector<std::uint8_t> bytes(order->length);
    load.percent += framed_percent(line, item, wire::fill(order->setting->order, item.unit, bytes),
                                   {}, messages::profiles::line_order_renewal_ms_of(profile.lease));
  }
  return load;
}

} // namespace

double exchange_ms(const modbus_line& line, std::uint16_t registers, std::uint32_t min_gap_ms) {
  const double turnaround = line.turnaround_ms;
  if (line.transport == modbus::transport::tcp) return turnaround + min_gap_ms;
  const double character = character_ms(line.serial);
  const double silence = line.serial.baud > silence_baud_max
                             ? silence_ms_min
                             : std::max(silence_ms_min, silent_characters * character);
  const double wire = (request_bytes + answer_bytes + 2.0 * registers) * character;
  return wire + turnaround + silence + std::max<double>(silence, min_gap_ms);
}

double framed_exchange_ms(const modbus_line& line, std::size_t bytes, std::uint32_t min_gap_ms) {
  return static_cast<double>(bytes) * character_ms(line.serial) + line.turnaround_ms + min_gap_ms;
}

std::vector<device_load> loads_of(const plan& site, const modbus_line& line) {
  std::vector<device_load> result;
  for (const auto& item : site.devices) {
    if (item.line != line.name || item.profile == nullptr) continue;
    if (item.profile->protocol == messages::profiles::protocol::serial) {
      result.push_back(load_of_questions(line, item));
      continue;
    }
    const auto compiled = messages::profiles::register_plan::compile(*item.profile);
    if (!compiled) continue; // a profile of another protocol was told already
    device_load load{item.name, compiled->reads().size(), 0};
    for (std::size_t i = 0; i < compiled->reads().size(); ++i)
      load.percent += 100 * exchange_ms(line, compiled->reads()[i].count, item.min_gap_ms) /
                      compiled->period_ms(i);
    result.push_back(std::move(load));
  }
  std::ranges::stable_sort(result, std::ranges::greater{}, &device_load::percent);
  return result;
}

modbus::line_options line_options_of(const modbus_line& line) {
  modbus::line_options options;
  options.name = line.name;
  options.transport = line.transport;
  options.host = line.host;
  options.port = line.port;
  options.serial = line.serial;
  options.response_timeout_ms = line.timeout_ms;
  return options;
}

} // namespace voltaic::nodes::site
