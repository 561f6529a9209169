#include "nodes/simulate/simulated_site.hpp"

#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

#include "actors/runtime/progress_page.hpp"
#include "bus/can/replay/replay_port.hpp"
#include "bus/can/replay/timeline.hpp"
#include "nodes/process/subscriptions.hpp"

namespace voltaic::nodes::simulate {
namespace {

using actors::simulator::simulated_rack_model;
using bus::message::plane;

constexpr const char* observer_name = "simulate";
/// Rounds of delivery within one step; more mean that somebody talks to himself.
constexpr int delivery_rounds_max = 1'000;

/// Hears everything and keeps what the driver asks for.
class observer final : public bus::message::listener {
 public:
  explicit observer(bus::message::listener* also) : tap(also) {}
  void on_frame(plane from, const messages::frame_ptr& frame) override {
    if (tap != nullptr && from != plane::health) tap->on_frame(from, frame);
    auto message = messages::decode(*frame);
    if (!message) throw std::logic_error(message.error().text);
    table.apply(*message);
    const auto& content = message->payload;
    if (std::holds_alternative<messages::event>(content) ||
        std::holds_alternative<messages::result>(content) ||
        std::holds_alternative<messages::health>(content)) {
      heard.push_back(*std::move(message));
    }
  }

  bus::message::listener* tap;
  messages::points::point_table table;
  std::vector<messages::message> heard;
};

std::unique_ptr<bus::storage::journal> open_memory_journal() {
  bus::storage::journal_options options;
  options.path = ":memory:";
  options.synchronous = true;
  auto opened = bus::storage::open_journal(options);
  if (!opened) throw std::runtime_error(opened.error().text);
  return *std::move(opened);
}

} // namespace

struct simulated_site::state {
  struct member {
    explicit member(messages::instant start) : clock(start) {}
    std::string name;
    actors::runtime::manual_clock clock;
    actors::runtime::node_inbox inbox;
    std::unique_ptr<actors::runtime::progress_page> progress =
        actors::runtime::progress_page::anonymous();
    std::unique_ptr<bus::storage::journal> journal = open_memory_journal();
    std::unique_ptr<bus::message::endpoint> outside;
    std::unique_ptr<actors::runtime::engine> engine;
  };
  struct can_bus {
    std::vector<const site::device*> devices;
    std::vector<std::pair<std::string, simulated_rack_model>> racks; ///< by the rack's name
    std::vector<messages::can::frame> sent; ///< by the actors, not yet heard by the racks
    std::optional<bus::can::replay_timeline> recorded; ///< is played instead of racks
    std::int64_t utc_offset_us = 0;
  };

  state(const site::plan& from, simulated_site_options given)
      : plan(from),
        options(std::move(given)),
        now(start_of(plan)),
        hub({.seed = options.seed}),
        all(options.tap) {
    for (const auto& bus : plan.buses) open(bus);
    for (const auto& device : plan.devices) {
      if (!device.bus.empty()) place(device);
    }
    bus::message::endpoint_options door;
    door.identity = observer_name;
    door.subscriptions = {plane::telemetry, plane::events, plane::health};
    own = hub.make_endpoint(door, all);
    for (const auto& node : plan.nodes) {
      if (node.kind != site::node_kind::relay) start(node);
    }
    deliver();
  }

  /// Nodes end before the hub that joins them, the last started first.
  ~state() {
    while (!members.empty()) {
      members.back()->engine->stop();
      members.pop_back();
    }
  }

  void open(const site::can_bus& described) {
    auto& bus = buses[described.name];
    bus.utc_offset_us = described.epoch_utc_us
                            ? *described.epoch_utc_us - bus::can::epoch_monotonic_us
                            : now.utc_us - now.monotonic_us;
    const auto source = options.recordings.find(described.name);
    if (source == options.recordings.end()) return;
    const auto start_us = described.epoch_utc_us ? bus::can::epoch_monotonic_us : now.monotonic_us;
    bus.recorded.emplace(std::move(source->second), start_us, described.loop);
  }

  void place(const site::device& device) {
    auto& bus = buses[device.bus];
    bus.devices.push_back(&device);
    if (device.rack.empty() || bus.recorded) return;
    actors::simulator::rack_options rack;
    rack.id_offset = device.id_offset;
    rack.spread = false;
    rack.pack.soc_percent = plan.simulator.soc_percent;
    rack.pack.temperature_c = plan.simulator.temperature_c;
    bus.racks.emplace_back(device.rack, simulated_rack_model(rack));
  }

  void start(const site::node& node) {
    auto one = std::make_unique<member>(now);
    one->name = node.name;
    bus::message::endpoint_options door;
    door.identity = node.name;
    door.subscriptions = process::subscriptions_of(plan, node);
    one->outside = hub.make_endpoint(door, one->inbox);
    actors::runtime::engine_options engine;
    engine.node = node.name;
    engine.boot = "simulated";
    engine.groups = options.make_groups(
        plan, node, [this](std::string_view bus, const messages::can::frame& frame) {
          return transmit(bus, frame);
        });
    engine.utc_quality = messages::utc_quality::simulated;
    engine.deterministic = true;
    engine.time = &one->clock;
    engine.inbox = &one->inbox;
    engine.outside = one->outside.get();
    engine.journal = one->journal.get();
    engine.progress = one->progress.get();
    one->engine = std::make_unique<actors::runtime::engine>(std::move(engine));
    one->engine->run_until_quiet();
    members.push_back(std::move(one));
  }

  bus::can::send_result transmit(std::string_view bus, const messages::can::frame& frame) {
    const auto found = buses.find(bus);
    if (found == buses.end() || found->second.recorded) return bus::can::send_result::down;
    found->second.sent.push_back(frame);
    found->second.sent.back().time_us = now.monotonic_us;
    return bus::can::send_result::sent;
  }

  void step() {
    now = {now.monotonic_us + step_us, now.utc_us + step_us};
    for (auto& one : members) one->clock.set(now.monotonic_us);
    give_commands();
    for (auto& [name, bus] : buses) speak(bus);
    for (auto& one : members) {
      one->engine->advance(step_us);
      one->engine->run_until_quiet();
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

  void speak(can_bus& bus) {
    if (!bus.recorded) return hand_out(bus, say_racks(bus));
    while (bus.recorded->next_us() <= now.monotonic_us) {
      auto batch = bus.recorded->next();
      batch.utc_offset_us = bus.utc_offset_us;
      hand_out(bus, std::move(batch));
    }
  }

  /// What the racks of one bus say now.
  bus::can::batch say_racks(can_bus& bus) {
    const auto sent = std::exchange(bus.sent, {});
    bus::can::batch heard;
    heard.now_us = now.monotonic_us;
    heard.utc_offset_us = now.utc_us - now.monotonic_us;
    for (auto& [name, rack] : bus.racks) {
      for (auto& frame : rack.step(now.monotonic_us, sent)) {
        frame.time_us = now.monotonic_us;
        heard.frames.push_back(frame);
      }
    }
    return heard;
  }

  /// To every device actor on the bus.
  void hand_out(const can_bus& bus, bus::can::batch said) {
    const auto heard = std::make_shared<const bus::can::batch>(std::move(said));
    for (const auto* device : bus.devices) {
      for (auto& one : members) {
        if (one->name != device->node) continue;
        if (const auto mailbox = one->engine->find(device->name)) mailbox->post(heard);
      }
    }
  }

  void deliver() {
    for (int round = 0; hub.deliver_due(now.monotonic_us) > 0; ++round) {
      if (round == delivery_rounds_max) throw std::logic_error("the site does not come to rest");
      for (auto& one : members) one->engine->run_until_quiet();
    }
  }

  const site::plan& plan;
  simulated_site_options options;
  messages::instant now;
  bus::message::memory_hub hub;
  observer all;
  std::unique_ptr<bus::message::endpoint> own;
  std::map<std::string, can_bus, std::less<>> buses;
  std::vector<std::unique_ptr<member>> members;
  std::vector<messages::command> asked; ///< since the last step
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
  for (auto& [bus_name, bus] : state_->buses) {
    for (auto& [name, model] : bus.racks) {
      if (name == rack) return model.set(point, index, kind, value);
    }
  }
  return false;
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

std::vector<std::string> simulated_site::failed_nodes() const {
  std::vector<std::string> names;
  for (const auto& one : state_->members) {
    if (one->engine->failed()) names.push_back(one->name);
  }
  return names;
}

} // namespace voltaic::nodes::simulate
