#include "nodes/process/field_ports.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "bus/can/clock.hpp"
#include "bus/can/virtual/bus_mirror.hpp"

namespace voltaic::nodes::process {
namespace {

std::string_view to_text(bus::can::link_trouble trouble) {
  switch (trouble) {
    case bus::can::link_trouble::none:
      return "";
    case bus::can::link_trouble::no_acknowledgement:
      return "no-ack";
    case bus::can::link_trouble::wrong_bitrate:
      return "bitrate";
    case bus::can::link_trouble::noise:
      return "noise";
    case bus::can::link_trouble::transceiver:
      return "transceiver";
  }
  return "";
}

std::string_view to_text(const bus::modbus::line_statistics& line) {
  if (!line.connected) {
    return "down";
  }
  switch (line.quality) {
    case bus::modbus::line_quality::good:
      return "connected";
    case bus::modbus::line_quality::warning:
      return "crc-warning";
    case bus::modbus::line_quality::alarm:
      return "crc-alarm";
  }
  return "connected";
}

} // namespace

std::shared_ptr<field_ports::can_slot> field_ports::can(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto& slot = buses_[name];
  if (slot == nullptr) {
    slot = std::make_shared<can_slot>();
  }
  return slot;
}

std::shared_ptr<field_ports::line_slot> field_ports::line(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto& slot = lines_[name];
  if (slot == nullptr) {
    slot = std::make_shared<line_slot>();
  }
  return slot;
}

std::shared_ptr<field_ports::digital_slot> field_ports::digital(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto& slot = digitals_[name];
  if (slot == nullptr) {
    slot = std::make_shared<digital_slot>();
  }
  return slot;
}

std::function<bool(const std::vector<bool>&)> field_ports::driver(const std::string& digital_name) {
  return [slot = digital(digital_name)](const std::vector<bool>& levels) {
    const std::lock_guard lock(slot->mutex);
    return slot->port != nullptr && slot->port->write(levels);
  };
}

void field_ports::open_digital(const site::digital& described,
                               const bus::digital::handler& handler) {
  auto opened = bus::digital::open_port(port_options_of(described), handler);
  if (!opened) {
    bus::digital::sample none;
    none.now_us = bus::can::monotonic_now_us();
    none.utc_offset_us = bus::can::utc_offset_clock().offset_us(none.now_us);
    none.reason = opened.error().text;
    handler(std::move(none));
    return;
  }
  const auto slot = digital(described.name);
  const std::lock_guard lock(slot->mutex);
  slot->port = *std::move(opened);
}

std::function<bus::can::send_result(const messages::can::frame&)> field_ports::sender(
    const std::string& bus_name) {
  return [slot = can(bus_name)](const messages::can::frame& frame) {
    const std::lock_guard lock(slot->mutex);
    return slot->port ? slot->port->send(frame) : bus::can::send_result::down;
  };
}

std::function<bool(bus::modbus::write_request)> field_ports::writer(const std::string& line_name) {
  return [slot = line(line_name)](bus::modbus::write_request request) {
    // Units share the line, and each counts its tokens by itself.
    const std::lock_guard lock(slot->mutex);
    if (slot->line == nullptr) {
      return false;
    }
    const auto token = slot->next_token++;
    const origin from{request.unit, std::exchange(request.token, token)};
    if (!slot->line->write(std::move(request))) {
      return false;
    }
    slot->open[token] = from;
    return true;
  };
}

messages::expected<bool> field_ports::open_bus(const port_opener& open,
                                               const bus::can::port_options& options,
                                               bus::can::batch_handler handler) {
  auto opened = open(options, std::move(handler));
  if (!opened) {
    return opened.error();
  }
  const auto slot = can(options.name);
  const std::lock_guard lock(slot->mutex);
  slot->kind = options.uri.substr(0, options.uri.find(':'));
  slot->port = *std::move(opened);
  return true;
}

messages::expected<bool> field_ports::open_line(const line_opener& open,
                                                const bus::modbus::line_options& options,
                                                bus::modbus::poll_handler on_poll,
                                                unit_write_handler on_write) {
  const auto slot = line(options.name);
  auto answered = [slot, on_write = std::move(on_write)](bus::modbus::write_answer&& answer) {
    origin to;
    {
      const std::lock_guard lock(slot->mutex);
      const auto found = slot->open.find(answer.token);
      if (found == slot->open.end()) {
        return;
      }
      to = found->second;
      slot->open.erase(found);
    }
    answer.token = to.token;
    on_write(to.unit, std::move(answer));
  };
  auto opened = open(options, std::move(on_poll), std::move(answered));
  if (!opened) {
    return opened.error();
  }
  const std::lock_guard lock(slot->mutex);
  slot->kind = bus::modbus::kind_of(options.transport);
  slot->line = *std::move(opened);
  return true;
}

void field_ports::close() {
  std::vector<std::unique_ptr<bus::can::port>> ports;
  std::vector<std::unique_ptr<bus::modbus::line>> lines;
  std::vector<std::unique_ptr<bus::digital::port>> chips;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, slot] : buses_) {
      const std::lock_guard slot_lock(slot->mutex);
      ports.push_back(std::move(slot->port));
    }
    for (auto& [name, slot] : lines_) {
      const std::lock_guard slot_lock(slot->mutex);
      lines.push_back(std::move(slot->line));
    }
    for (auto& [name, slot] : digitals_) {
      const std::lock_guard slot_lock(slot->mutex);
      chips.push_back(std::move(slot->port));
    }
  }
  // Joined without a lock: their threads may be waiting for one.
}

std::vector<messages::bus_health> field_ports::health() const {
  std::vector<messages::bus_health> all;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, slot] : buses_) {
    const std::lock_guard slot_lock(slot->mutex);
    if (slot->port == nullptr) {
      continue;
    }
    const auto read = slot->port->read_statistics();
    messages::bus_health one;
    one.name = name;
    one.kind = slot->kind;
    one.state = to_text(read.state);
    one.bitrate = read.bitrate;
    one.load_percent = read.load_percent;
    one.rx = read.rx;
    one.tx = read.tx;
    one.errors = read.errors;
    one.rx_overflow = read.rx_overflow;
    one.bus_off = read.bus_off;
    one.bytes = read.bytes;
    one.transmit_errors = read.transmit_errors;
    one.receive_errors = read.receive_errors;
    if (read.unknown_ids) one.unknown_ids = static_cast<std::int32_t>(*read.unknown_ids);
    one.tx_dropped = read.tx_dropped;
    one.trouble = to_text(read.trouble);
    one.last_error = read.last_error;
    if (read.babbler) {
      one.babbler = fmt::format(fmt::runtime(read.babbler->extended ? "0x{:08X}" : "0x{:03X}"),
                                read.babbler->id);
      one.babbler_rate = std::round(read.babbler->frames_per_s);
    }
    all.push_back(std::move(one));
  }
  return all;
}

std::vector<messages::line_health> field_ports::line_health() const {
  std::vector<messages::line_health> all;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, slot] : lines_) {
    const std::lock_guard slot_lock(slot->mutex);
    if (slot->line == nullptr) {
      continue;
    }
    const auto read = slot->line->read_statistics();
    messages::line_health one;
    one.name = name;
    one.kind = slot->kind;
    one.state = to_text(read);
    one.requests = read.requests;
    one.timeouts = read.timeouts;
    one.crc_errors = read.crc_errors;
    one.exceptions = read.exceptions;
    one.bad_answers = read.bad_answers;
    // Nobody waits for a late answer any more.
    one.strays = read.strays + read.late;
    one.overruns = read.overruns;
    one.reconnects = read.reconnects;
    one.bytes_sent = read.bytes_sent;
    one.bytes_received = read.bytes_received;
    one.error_percent = read.error_percent;
    all.push_back(std::move(one));
  }
  return all;
}

bus::digital::port_options port_options_of(const site::digital& described) {
  bus::digital::port_options options;
  options.chip = described.chip;
  for (const auto& input : described.inputs) {
    if (input.line) options.inputs.push_back(*input.line);
  }
  for (const auto& output : described.outputs) {
    if (output.line) options.outputs.push_back({*output.line, output.safe});
  }
  return options;
}

bus::can::port_options port_options_of(const site::plan& plan, const site::can_bus& bus) {
  bus::can::port_options options;
  options.name = bus.name;
  options.uri = bus.uri;
  options.peer = bus.peer;
  options.read_only = bus.read_only;
  options.runtime_folder = plan.folders.runtime;
  options.bitrate = bus.bitrate;
  options.data_bitrate = bus.data_bitrate;
  options.epoch_utc_us = bus.epoch_utc_us;
  options.loop = bus.loop;
  options.speed = bus.speed;
  return options;
}

bus::can::port_options listening_options_of(const site::plan& plan, const site::can_bus& bus) {
  auto options = port_options_of(plan, bus);
  return bus.kind == site::bus_kind::bridge ? bus::can::mirror_of(std::move(options)) : options;
}

} // namespace voltaic::nodes::process
