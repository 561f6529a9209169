#include "nodes/simulate/simulated_can.hpp"

#include "actors/simulator/random_sequence.hpp"
#include "bus/can/replay/replay_port.hpp"
#include "nodes/site/cell_period.hpp"

namespace voltaic::nodes::simulate {

using actors::simulator::simulated_rack_model;

simulated_can::simulated_can(const site::plan& plan, simulated_can_options options,
                             recordings& played, messages::instant now)
    : plan_(plan), options_(options) {
  for (const auto& bus : plan.buses) open(bus, played, now);
  for (const auto& device : plan.devices) {
    if (!device.bus.empty()) place(device);
  }
  for (const auto& inverter : plan.inverters) {
    if (!inverter.bus.empty()) place(inverter);
  }
}

void simulated_can::open(const site::can_bus& described, recordings& played,
                         messages::instant now) {
  auto& bus = buses_[described.name];
  bus.utc_offset_us = described.epoch_utc_us
                          ? *described.epoch_utc_us - bus::can::epoch_monotonic_us
                          : now.utc_us - now.monotonic_us;
  const auto source = played.find(described.name);
  if (source == played.end()) return;
  const auto start_us = described.epoch_utc_us ? bus::can::epoch_monotonic_us : now.monotonic_us;
  bus.recorded.emplace(std::move(source->second), start_us, described.loop);
}

void simulated_can::place(const site::device& device) {
  auto& bus = buses_[device.bus];
  bus.devices.push_back(&device);
  if (!device.simulate.empty() && !bus.recorded)
    bus.packs.push_back(
        {device.name,
         actors::simulator::make_pack(device.simulate, device.profile, device.id_offset),
         {}});
  if (device.rack.empty() || !device.simulate.empty() || bus.recorded) return;
  actors::simulator::rack_options rack;
  rack.id_offset = device.id_offset;
  rack.identifiers = site::translation_of(device);
  rack.cell_period_us = site::cell_period_us_of(device).value_or(rack.cell_period_us);
  rack.spread = false;
  rack.pack.soc_percent = plan_.simulator.soc_percent;
  rack.pack.temperature_c = plan_.simulator.temperature_c;
  rack.noise = options_.noise;
  rack.pack.scatter = options_.noise;
  rack.noise_seed = rack.pack.seed = actors::simulator::seed_of(options_.seed, device.rack);
  bus.racks.emplace_back(device.rack, simulated_rack_model(rack));
  const auto& shared = plan_.find_rack(device.rack)->dc_bus;
  if (shared.empty()) return;
  auto& joined = dc_buses_[shared];
  sharing_[device.rack] = {&joined, joined.add_rack()};
}

void simulated_can::place(const site::inverter& inverter) {
  auto& bus = buses_[inverter.bus];
  bus.links.push_back(&inverter);
  if (inverter.simulate)
    bus.inverters.emplace_back(
        inverter.name,
        actors::simulator::can_inverter_model(inverter.profile, site::wire_options_of(inverter)));
}

bool simulated_can::take(std::string_view bus, const messages::can::frame& frame,
                         std::int64_t now_us) {
  const auto found = buses_.find(bus);
  if (found == buses_.end() || found->second.recorded || plan_.find_bus(bus)->read_only)
    return false;
  found->second.sent.push_back(frame);
  found->second.sent.back().time_us = now_us;
  return true;
}

void simulated_can::step(messages::instant now, const hearer& hear) {
  for (auto& [name, bus] : buses_) {
    if (!bus.recorded) {
      hear(bus.devices, bus.links, say(bus, now));
      continue;
    }
    while (bus.recorded->next_us() <= now.monotonic_us) {
      auto batch = bus.recorded->next();
      batch.utc_offset_us = bus.utc_offset_us;
      hear(bus.devices, bus.links, std::move(batch));
    }
  }
}

// What the racks and inverters of one bus say now.
bus::can::batch simulated_can::say(can_bus& bus, messages::instant now) {
  const auto sent = std::exchange(bus.sent, {});
  bus::can::batch heard;
  heard.now_us = now.monotonic_us;
  heard.utc_offset_us = now.utc_us - now.monotonic_us;
  for (auto& [name, rack] : bus.racks) {
    const auto shared = sharing_.empty() ? sharing_.end() : sharing_.find(name);
    if (shared != sharing_.end()) rack.share(shared->second.bus->without(shared->second.place));
    for (auto& frame : rack.step(now.monotonic_us, sent)) {
      frame.time_us = now.monotonic_us;
      heard.frames.push_back(frame);
    }
    if (shared != sharing_.end()) shared->second.bus->set(shared->second.place, rack.joined_v());
  }
  step_packs(bus, sent, now.monotonic_us, heard.frames);
  for (auto& [name, inverter] : bus.inverters) {
    for (auto& frame : inverter.step(now.monotonic_us, sent)) {
      frame.time_us = now.monotonic_us;
      heard.frames.push_back(frame);
    }
  }
  return heard;
}

void simulated_can::step_packs(can_bus& bus, const std::vector<messages::can::frame>& sent,
                               std::int64_t now_us, std::vector<messages::can::frame>& heard) {
  std::vector<std::vector<messages::can::frame>> said;
  for (const auto& pack : bus.packs) {
    auto received = sent;
    for (const auto& other : bus.packs)
      if (&other != &pack) received.insert(received.end(), other.said.begin(), other.said.end());
    said.push_back(pack.model->step(now_us, received));
    for (auto& frame : said.back()) frame.time_us = now_us;
    heard.insert(heard.end(), said.back().begin(), said.back().end());
  }
  for (std::size_t i = 0; i < said.size(); ++i) bus.packs[i].said = std::move(said[i]);
}

bool simulated_can::set(std::string_view rack, std::string_view point,
                        std::optional<std::uint32_t> index, actors::simulator::override_kind kind,
                        double value) {
  for (auto& [bus_name, bus] : buses_) {
    for (auto& [name, model] : bus.racks) {
      if (name == rack) return model.set(point, index, kind, value);
    }
  }
  return false;
}

bool simulated_can::set(const equipment_overlay& what) {
  for (auto& [bus_name, bus] : buses_) {
    for (auto& pack : bus.packs) {
      if (pack.name == what.device)
        return pack.model->set(what.point, what.index, what.effect, what.value);
    }
  }
  return false;
}

bool simulated_can::set(const inverter_overlay& what) {
  for (auto& [bus_name, bus] : buses_) {
    for (auto& [name, model] : bus.inverters) {
      if (name != what.inverter) continue;
      model.set(what.effect);
      return true;
    }
  }
  return false;
}

std::optional<double> simulated_can::carried_a(std::string_view rack) const {
  for (const auto& [bus_name, bus] : buses_) {
    for (const auto& [name, model] : bus.racks) {
      if (name == rack) return model.current_a();
    }
  }
  return std::nullopt;
}

void simulated_can::carry(std::string_view inverter, double current_a) {
  for (auto& [bus_name, bus] : buses_) {
    for (auto& [name, model] : bus.inverters) {
      if (name == inverter) model.carry(current_a);
    }
  }
}

const actors::simulator::can_inverter_model* simulated_can::inverter(std::string_view name) const {
  for (const auto& [bus_name, bus] : buses_) {
    for (const auto& [known, model] : bus.inverters) {
      if (known == name) return &model;
    }
  }
  return nullptr;
}

} // namespace voltaic::nodes::simulate
