#include "nodes/simulate/simulated_site.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

#include "actors/modbus_device/modbus_device_model.hpp"
#include "bus/can/replay/replay_port.hpp"
#include "nodes/simulate/simulated_can.hpp"
#include "nodes/simulate/simulated_plant.hpp"

namespace voltaic::nodes::simulate {
namespace {

using bus::message::plane;

constexpr const char* observer_name = "simulate";
/// By then a device on a Modbus line that answers counts as running.
constexpr std::uint64_t equipment_rounds_min = actors::modbus_device::good_rounds_min + 1;
/// Rounds of delivery within one step; more mean that somebody talks to himself.
constexpr int delivery_rounds_max = 1'000;

/// Hears everything and keeps what the driver asks for.
class observer final : public bus::message::listener {
 public:
  explicit observer(bus::message::listener* also) : tap(also) {}
  void on_frame(plane from, const messages::frame_ptr& frame) override {
    if (tap != nullptr && from != plane::health) tap->on_frame(from, frame);
    if (from == plane::telemetry && !follows_points) return;
    const auto message = messages::content_of(*frame);
    if (!message) throw std::logic_error(message.error().text);
    table.apply(**message);
    const auto& content = (*message)->payload;
    if (std::holds_alternative<messages::event>(content) ||
        std::holds_alternative<messages::result>(content) ||
        std::holds_alternative<messages::health>(content)) {
      heard.push_back(**message);
    }
  }

  bus::message::listener* tap;
  messages::points::point_table table;
  bool follows_points = true;
  std::vector<messages::message> heard;
};

} // namespace

struct simulated_site::state {
  state(const site::plan& from, simulated_site_options given)
      : plan(from),
        options(std::move(given)),
        now(start_of(plan)),
        plant(plan, now.monotonic_us),
        can(plan, {options.seed, options.noise}, options.recordings, now),
        hub({.seed = options.seed}),
        all(options.tap) {
    bus::message::endpoint_options door;
    door.identity = observer_name;
    door.subscriptions = {plane::telemetry, plane::events, plane::health};
    own = hub.make_endpoint(door, all);
    for (const auto& node : plan.nodes) {
      if (node.kind == site::node_kind::relay) continue;
      members.emplace_back(plan, node, options.captures);
      start(members.back());
    }
    deliver();
  }

  /// Nodes end before the hub that joins them, the last started first.
  ~state() {
    while (!members.empty()) {
      members.back().end();
      members.pop_back();
    }
  }

  void start(simulated_node& one) { one.start(now, hub, options.make_groups, field()); }

  process::field_access field() {
    return {[this](const std::string& bus) {
              return
                  [this, bus](const messages::can::frame& frame) { return transmit(bus, frame); };
            },
            [this](const std::string& line) {
              return [this, line](bus::modbus::write_request request) {
                return plant.write(line, std::move(request));
              };
            },
            [this](const std::string& digital) {
              return [this, digital](const std::vector<bool>& levels) {
                driven[digital] = levels;
                return true;
              };
            }};
  }

  /// At rest a closed loop is closed and an open one is open.
  void sample(const site::digital& described) {
    if (described.chip.empty()) return;
    bus::digital::sample told;
    told.now_us = now.monotonic_us;
    told.utc_offset_us = now.utc_us - now.monotonic_us;
    for (const auto& input : described.inputs) {
      if (!input.line) continue;
      const auto laid = digital_inputs.find(described.name + "/" + input.name);
      const bool active = laid != digital_inputs.end() && laid->second;
      told.levels.push_back(active != input.normally_closed);
    }
    for (auto& one : members) {
      if (one.name() != described.node) continue;
      if (const auto mailbox = one.find(described.name))
        mailbox->post(std::make_shared<const bus::digital::sample>(told));
    }
  }

  bool kill(std::string_view node, std::int64_t down_us) {
    const auto found = std::ranges::find(members, node, &simulated_node::name);
    if (found == members.end() || found->engine() == nullptr) return false;
    // Nobody hears what it would still say, and no device obeys it.
    hub.partition(found->name(), true);
    dying = true;
    found->kill(now.monotonic_us + down_us);
    dying = false;
    return true;
  }

  void start_again() {
    for (auto& one : members) {
      if (one.is_to_start(now.monotonic_us)) start(one);
    }
  }

  bus::can::send_result transmit(std::string_view bus, const messages::can::frame& frame) {
    const bool taken = !dying && can.take(bus, frame, now.monotonic_us);
    return taken ? bus::can::send_result::sent : bus::can::send_result::down;
  }

  void step() {
    now = {now.monotonic_us + step_us, now.utc_us + step_us};
    for (auto& one : members) one.set_clock(now.monotonic_us);
    start_again();
    give_commands();
    can.step(now, [this](const auto& devices, const auto& links, bus::can::batch&& said) {
      hand_out(devices, links, std::move(said));
    });
    carry_currents();
    speak_lines();
    for (const auto& digital : plan.digitals) sample(digital);
    for (auto& one : members) {
      if (one.engine() == nullptr) continue;
      one.engine()->advance(step_us);
      one.engine()->run_until_quiet();
    }
    deliver();
  }

  /// What was asked since the last step is said at this one, before anything
  /// else happens in it.
  void give_commands() {
    for (const auto& command : std::exchange(asked, {})) {
      const messages::header header{
          .source = observer_name, .time = now, .utc_quality = messages::utc_quality::simulated};
      own->send(messages::encode(header, command));
    }
    deliver();
  }

  /// An inverter measures what flows through the racks behind it, where all of them are played.
  void carry_currents() {
    for (const auto& inverter : plan.inverters) {
      double sum_a = 0;
      bool all_known = true;
      for (const auto& rack : inverter.racks) {
        const auto carried_a = can.carried_a(rack);
        all_known = all_known && carried_a.has_value();
        sum_a += carried_a.value_or(0);
      }
      if (!all_known) continue;
      can.carry(inverter.name, sum_a);
      plant.carry(inverter.device, sum_a);
    }
  }

  void speak_lines() {
    plant.step(
        now,
        [this](const site::device& device, bus::modbus::poll&& told) {
          ++rounds_told[device.name];
          post(device, std::make_shared<const bus::modbus::poll>(std::move(told)));
        },
        [this](const site::device& device, bus::modbus::write_answer&& told) {
          post(device, std::make_shared<const bus::modbus::write_answer>(std::move(told)));
        });
  }

  /// To every device actor on the bus.
  void hand_out(const std::vector<const site::device*>& devices,
                const std::vector<const site::inverter*>& links, bus::can::batch said) {
    const auto heard = std::make_shared<const bus::can::batch>(std::move(said));
    for (const auto* device : devices) post(*device, heard);
    for (const auto* link : links) post(link->node, link->name + "/link", heard);
  }

  template <class Told>
  void post(const site::device& device, const Told& told) {
    post(device.node, device.name, told);
  }

  template <class Told>
  void post(const std::string& node, const std::string& actor, const Told& told) {
    for (auto& one : members) {
      if (one.name() != node) continue;
      if (const auto mailbox = one.find(actor)) mailbox->post(told);
    }
  }

  void deliver() {
    for (int round = 0; hub.deliver_due(now.monotonic_us) > 0; ++round) {
      if (round == delivery_rounds_max) throw std::logic_error("the site does not come to rest");
      for (auto& one : members) {
        if (one.engine() != nullptr) one.engine()->run_until_quiet();
      }
    }
  }

  const site::plan& plan;
  simulated_site_options options;
  messages::instant now;
  simulated_plant plant;
  simulated_can can;
  bus::message::memory_hub hub;
  observer all;
  std::unique_ptr<bus::message::endpoint> own;
  std::vector<simulated_node> members;
  std::vector<messages::command> asked;             ///< since the last step
  std::map<std::string, std::uint64_t> rounds_told; ///< by device on a played line
  std::map<std::string, bool> digital_inputs;       ///< that are laid over, by point: active
  std::map<std::string, std::vector<bool>> driven;  ///< lines, by [[digital]]
  bool dying = false;                               ///< a node is being ended
};

messages::instant start_of(const site::plan& plan) {
  for (const auto& bus : plan.buses) {
    if (bus.epoch_utc_us) return {bus::can::epoch_monotonic_us, *bus.epoch_utc_us};
  }
  return start_time;
}

messages::expected<std::map<std::string, bus::can::recording, std::less<>>> load_recordings(
    const site::plan& plan) {
  std::map<std::string, bus::can::recording, std::less<>> all;
  for (const auto& bus : plan.buses) {
    if (bus.kind != site::bus_kind::replay) continue;
    auto loaded = bus::can::load_replayed(bus.uri);
    if (!loaded) return loaded.error();
    all.emplace(bus.name, *std::move(loaded));
  }
  return all;
}

simulated_site::simulated_site(const site::plan& plan, simulated_site_options options)
    : state_(std::make_unique<state>(plan, std::move(options))) {}

simulated_site::~simulated_site() = default;

void simulated_site::step() {
  state_->step();
}

messages::instant simulated_site::now() const {
  return state_->now;
}

bool simulated_site::set(std::string_view rack, std::string_view point,
                         std::optional<std::uint32_t> index, actors::simulator::override_kind kind,
                         double value) {
  return state_->can.set(rack, point, index, kind, value);
}

bool simulated_site::set(const equipment_overlay& what) {
  return state_->can.set(what) || state_->plant.set(what);
}

bool simulated_site::set(const inverter_overlay& what) {
  return state_->can.set(what);
}

const actors::simulator::can_inverter_model* simulated_site::inverter(std::string_view name) const {
  return state_->can.inverter(name);
}

void simulated_site::set(const digital_overlay& what) {
  state_->digital_inputs[what.point] = what.is_active;
}

std::vector<bool> simulated_site::driven(const std::string& digital) const {
  const auto found = state_->driven.find(digital);
  return found == state_->driven.end() ? std::vector<bool>() : found->second;
}

bool simulated_site::kill(std::string_view node, std::int64_t down_us) {
  return state_->kill(node, down_us);
}

bool simulated_site::equipment_read() const {
  return std::ranges::all_of(state_->plan.devices, [&](const site::device& device) {
    return device.simulate.empty() || device.line.empty() ||
           state_->rounds_told[device.name] >= equipment_rounds_min;
  });
}

std::uint64_t simulated_site::late_answers() const {
  return state_->plant.late();
}

void simulated_site::send(messages::command command) {
  command.reply_to = observer_name;
  state_->asked.push_back(std::move(command));
}

std::vector<messages::message> simulated_site::take_messages() {
  return std::exchange(state_->all.heard, {});
}

const messages::points::point_table& simulated_site::points() const {
  return state_->all.table;
}

void simulated_site::leave_points() {
  state_->all.follows_points = false;
}

std::vector<std::string> simulated_site::failed_nodes() const {
  std::vector<std::string> names;
  for (auto& one : state_->members) {
    if (one.engine() != nullptr && one.engine()->failed()) names.push_back(one.name());
  }
  return names;
}

} // namespace voltaic::nodes::simulate
