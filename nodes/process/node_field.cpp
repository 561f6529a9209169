#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "nodes/process/bus_feed.hpp"
#include "nodes/process/line_plan.hpp"
#include "nodes/process/node.hpp"
#include "nodes/process/wait_until.hpp"

// The ports of a node: its buses, lines and digital chips, and to which actors each hands what it
// hears.
namespace voltaic::nodes::process {
namespace {

// Devices speak in periods of tens of milliseconds and more: where their frames come this
// often, they bring the time along. A chain that hears nothing gets its ticks as ever.
constexpr std::int64_t tick_pause_us = bus::can::tick_period_us + 2'000;

} // namespace

messages::expected<bool> node::open_field() {
  if (!options_.deterministic) {
    wait_until([this] { return engine_->ready(); }, actors_wait_us, start_look_period);
  }
  for (const auto& name : self_->buses) {
    if (auto opened = open_bus(name); !opened) {
      return opened;
    }
  }
  for (const auto& name : self_->lines) {
    if (auto opened = open_line(name); !opened) {
      return opened;
    }
  }
  for (const auto& digital : options_.plan->digitals) {
    const auto mailbox = engine_->find(digital.name);
    if (mailbox == nullptr || digital.chip.empty()) continue;
    field_.open_digital(digital, [mailbox](bus::digital::sample&& told) {
      mailbox->post(std::make_shared<const bus::digital::sample>(std::move(told)));
    });
  }
  return true;
}

messages::expected<bool> node::open_bus(const std::string& bus) {
  const auto& plan = *options_.plan;
  const auto& described = *plan.find_bus(bus);
  std::vector<actors::runtime::mailbox_ptr> listeners;
  std::vector<const site::device*> described_devices;
  for (const auto& device : plan.devices) {
    if (device.bus != bus) {
      continue;
    }
    if (auto mailbox = engine_->find(device.name)) {
      listeners.push_back(std::move(mailbox));
      described_devices.push_back(&device);
    }
  }
  std::vector<const site::inverter*> described_inverters;
  for (const auto& inverter : plan.inverters) {
    if (inverter.bus != bus) {
      continue;
    }
    if (auto mailbox = engine_->find(inverter.name + "/link")) {
      listeners.push_back(std::move(mailbox));
      described_inverters.push_back(&inverter);
    }
  }
  // Where time is recorded nobody is late: a batch comes when the one before was
  // dealt with, so that a busy machine changes nothing of what is said.
  const bool waits = described.kind == site::bus_kind::replay && !options_.deterministic;
  const auto feed =
      std::make_shared<bus_feed>(described_devices, described_inverters, described.canopen_node);
  auto handler = [this, waits, listeners, feed](bus::can::batch&& batch) {
    const auto& parts = feed->share(std::move(batch));
    if (parts.empty()) {
      return;
    }
    if (waits) {
      wait_until([this] { return engine_->idle(); }, replay_wait_us, replay_look_period);
    }
    for (const auto& part : parts) {
      listeners[part.listener]->post(part.said);
    }
    engine_->go_along();
  };
  auto port = port_options_of(plan, described);
  port.listens_to = feed->filter().ranges();
  port.known = known_identifiers(plan, bus);
  port.tick_pause_us = tick_pause_us;
  return field_.open_bus(options_.open_port, port, handler);
}

messages::expected<bool> node::open_line(const std::string& line) {
  const auto& plan = *options_.plan;
  std::map<std::uint8_t, actors::runtime::mailbox_ptr> units;
  std::vector<actors::runtime::mailbox_ptr> chains;
  for (const auto& device : plan.devices) {
    if (device.line != line) {
      continue;
    }
    if (auto mailbox = engine_->find(device.name)) {
      if (!device.rack.empty()) chains.push_back(mailbox);
      units[device.unit] = std::move(mailbox);
    }
  }
  const auto described = line_plan(plan, *plan.find_line(line));
  if (!described) {
    return described.error();
  }
  return field_.open_line(
      options_.open_line, *described,
      [this, units, chains](bus::modbus::poll&& poll) {
        const bool is_time = poll.answers.empty();
        const auto unit = units.find(poll.unit);
        const auto shared = std::make_shared<const bus::modbus::poll>(std::move(poll));
        if (!is_time) {
          if (unit != units.end()) unit->second->post(shared);
          return;
        }
        for (const auto& chain : chains) chain->post(shared);
        engine_->go_along();
      },
      [units](std::uint8_t asking, bus::modbus::write_answer&& answer) {
        const auto unit = units.find(asking);
        if (unit == units.end()) {
          return;
        }
        unit->second->post(std::make_shared<const bus::modbus::write_answer>(std::move(answer)));
      });
}

} // namespace voltaic::nodes::process
