#include "nodes/process/node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <system_error>
#include <thread>
#include <utility>

#include "actors/runtime/event_log.hpp"
#include "messages/points/output.hpp"
#include "nodes/process/actor_kinds.hpp"
#include "nodes/process/bus_feed.hpp"
#include "nodes/process/kept_configurations.hpp"
#include "nodes/process/line_plan.hpp"
#include "nodes/process/machine_boot.hpp"
#include "nodes/process/subscriptions.hpp"
#include "nodes/process/user_identity.hpp"

namespace voltaic::nodes::process {
namespace {

constexpr const char* starts_key = "node_starts";
// An incarnation's low bits count restarts within one start of the node.
constexpr std::uint32_t incarnations_of_a_start = 65'536;

// How often something is looked at that is awaited: at a start, when many nodes of a
// machine wait for each other, and of a recording, whose time goes on with each look.
constexpr std::chrono::microseconds start_look_period{2'000};
constexpr std::chrono::microseconds replay_look_period{100};

// Observers get telemetry together that is said within this time. It is short beside the
// periods of devices, and long beside those of their single frames.
constexpr std::int64_t gather_us = 50'000;
// Devices speak in periods of tens of milliseconds and more: where their frames come this
// often, they bring the time along. A chain that hears nothing gets its ticks as ever.
constexpr std::int64_t tick_pause_us = bus::can::tick_period_us + 2'000;

// Until it is so, or the time is over.
template <class Condition>
void wait_until(Condition reached, std::int64_t at_most_us, std::chrono::microseconds look_period) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(at_most_us);
  while (!reached() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(look_period);
  }
}

// What befell the node itself; the rest is in the journal.
void log_event(spdlog::logger& log, const messages::frame& frame) {
  const auto message = messages::decode(frame);
  const auto* event = message ? std::get_if<messages::event>(&message->payload) : nullptr;
  if (event == nullptr || event->kind != "system") {
    return;
  }
  log.warn("{} {}", event->subject, messages::points::event_sentence(*event));
}

// The relay's node has no actors. It is alive when what it publishes comes back
// to it through the relay: only then its progress moves.
class relay_watch final : public bus::message::listener {
 public:
  relay_watch(actors::runtime::node_inbox& inbox, std::string source,
              actors::runtime::progress_counter progress)
      : inbox_(inbox), source_(std::move(source)), progress_(progress) {}
  void on_frame(bus::message::plane from, const messages::frame_ptr& frame) override {
    const auto message = messages::decode(*frame);
    if (message && message->header.source == source_) {
      progress_.step();
    }
    if (from == bus::message::plane::commands) {
      inbox_.on_frame(from, frame);
    }
  }
  void on_link(bool up) override { inbox_.on_link(up); }

 private:
  actors::runtime::node_inbox& inbox_;
  std::string source_;
  actors::runtime::progress_counter progress_;
};

} // namespace

node::node(node_options options)
    : options_(std::move(options)),
      self_(options_.plan->find_node(options_.name)),
      growth_(options_.log) {
  if (options_.time == nullptr) {
    options_.time = &machine_time_;
  }
  if (options_.log && !options_.deterministic) {
    comm_ = std::make_unique<comm_log>(*options_.plan, *self_);
  }
  if (options_.boot.empty()) {
    options_.boot = actors::runtime::make_boot();
  }
}

messages::expected<std::unique_ptr<node>> node::start(node_options options) {
  auto made = std::unique_ptr<node>(new node(std::move(options)));
  if (made->self_ == nullptr) {
    return messages::failure{fmt::format("the site has no node {}", made->options_.name)};
  }
  using step = messages::expected<bool> (node::*)();
  for (const step next :
       {&node::open_storage, &node::open_endpoint, &node::start_actors, &node::open_field}) {
    std::string refused;
    try {
      const auto done = (made.get()->*next)();
      if (!done) refused = done.error().text;
    } catch (const std::system_error& error) { // as where a thread is refused
      refused = error.what();
    }
    if (!refused.empty()) {
      return messages::failure{fmt::format("node {}: {}", made->name(), refused)};
    }
  }
  return made;
}

node::~node() {
  stop();
}

void node::await_actors(std::chrono::steady_clock::time_point deadline) {
  while (!engine_->may_stop() && !engine_->failed() &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void node::stop() {
  field_.close();
  if (engine_) {
    engine_->stop();
    engine_->keep_captures();
  }
  captures_.reset(); // writes what waits
  endpoint_.reset();
  // Its thread may still post to actors that are gone: their seats drop it.
  journal_.reset();
}

messages::expected<bool> node::open_storage() {
  bus::storage::journal_options journal;
  journal.path = options_.plan->journal_path(options_.name);
  journal.synchronous = options_.deterministic;
  auto opened = options_.open_journal(journal);
  if (!opened) {
    return opened.error();
  }
  journal_ = *std::move(opened);
  if (!captured_racks(*options_.plan, *self_).empty()) {
    auto store = bus::message::capture_store::open(
        {.folder = options_.plan->captures_folder(), .synchronous = options_.deterministic});
    if (!store) {
      return store.error();
    }
    captures_ = *std::move(store);
  }
  if (!options_.shared_progress) {
    progress_ = actors::runtime::progress_page::anonymous();
    return true;
  }
  auto page = actors::runtime::progress_page::create(options_.plan->progress_path(options_.name));
  if (!page) {
    return page.error();
  }
  progress_ = *std::move(page);
  return true;
}

messages::expected<bool> node::open_endpoint() {
  bus::message::endpoint_options endpoint;
  endpoint.identity =
      options_.deterministic ? options_.name : identity_of_node(*options_.plan, options_.name);
  endpoint.relay = options_.relay;
  take_subscriptions(*options_.plan, *self_, endpoint);
  endpoint.gather_us = gather_us;
  bus::message::listener* listener = &inbox_;
  if (self_->kind == site::node_kind::relay) {
    relay_watch_ = std::make_unique<relay_watch>(inbox_, options_.name + "/health",
                                                 progress_->counter(options_.name));
    listener = relay_watch_.get();
  }
  auto made = options_.make_endpoint(endpoint, *listener);
  if (!made) {
    return made.error();
  }
  endpoint_ = *std::move(made);
  if (options_.deterministic) {
    return true;
  }
  wait_until([this] { return endpoint_->statistics().linked; }, link_wait_us, start_look_period);
  return true;
}

messages::expected<bool> node::start_actors() {
  actors::runtime::engine_options engine;
  engine.node = options_.name;
  engine.boot = options_.boot;
  const field_access field{[this](const std::string& bus) { return field_.sender(bus); },
                           [this](const std::string& line) { return field_.writer(line); },
                           [this](const std::string& name) { return field_.driver(name); },
                           kept_configurations(*options_.plan, *self_), machine_boot()};
  engine.groups = make_groups(*options_.plan, *self_, field);
  engine.first_incarnation = count_start();
  engine.utc_quality = utc_quality();
  engine.real_time = options_.real_time;
  engine.restarts = options_.restarts;
  if (options_.own_process) engine.cost = [this] { return meter_.last(); };
  engine.deterministic = options_.deterministic;
  engine.time = options_.time;
  engine.inbox = &inbox_;
  engine.outside = endpoint_.get();
  engine.journal = journal_.get();
  engine.progress = progress_.get();
  engine.captured = captured_racks(*options_.plan, *self_);
  engine.captures = captures_.get();
  engine.buses = [this] { return field_.health(); };
  engine.lines = [this] { return field_.line_health(); };
  engine.on_failed = options_.on_failed;
  if (options_.log) {
    engine.on_event = [log = options_.log](const messages::frame_ptr& frame) {
      log_event(*log, *frame);
    };
  }
  engine_ = std::make_unique<actors::runtime::engine>(std::move(engine));
  open_feed();
  return true;
}

// The supervisor uses no message bus, so that none can take it down: node `site`
// speaks for it.
void node::open_feed() {
  if (self_->kind != site::node_kind::site || options_.deterministic) {
    return;
  }
  engine_->bus().add_speaker(std::string(site::supervisor_speaker) + "/events");
  feed_ = std::make_unique<event_feed>(
      event_feed::options{options_.plan->journal_path(site::supervisor_speaker), journal_.get(),
                          [this](const messages::frame_ptr& frame) {
                            inbox_.push({true, bus::message::plane::events, frame});
                          }});
}

void node::tend() {
  if (options_.own_process) meter_.look(options_.time->now().monotonic_us);
  // What is said while nobody forwards it would be lost to observers.
  if (feed_ && endpoint_ && endpoint_->statistics().linked) {
    feed_->step(options_.time->now().monotonic_us);
  }
  if (comm_) comm_->look(field_, options_.time->now());
  if (options_.log && endpoint_) {
    const auto now_us = options_.time->now().monotonic_us;
    const auto outside = endpoint_->statistics();
    const auto inside = engine_->bus().read_statistics();
    growth_.look(now_us, "frames refused: no valid message", outside.refused + inside.refused);
    growth_.look(now_us, "frames not sent: the outbox was full", outside.dropped);
    growth_.look(now_us, "frames dropped: the inbox was full", inbox_.dropped());
    growth_.look(now_us, "mails undelivered: the actor was away or had no room",
                 inside.undelivered);
  }
}

// Each life of a node has incarnations of its own, so that no observer takes a
// restarted source for the old one.
std::uint32_t node::count_start() {
  std::uint32_t starts = 0;
  for (const auto& record : journal_->newest(bus::storage::counters_stream)) {
    if (record.key != starts_key) {
      continue;
    }
    const auto parsed = std::strtoul(record.body.c_str(), nullptr, 10);
    starts = static_cast<std::uint32_t>(parsed % incarnations_of_a_start);
  }
  bus::storage::record record;
  record.stream = bus::storage::counters_stream;
  record.key = starts_key;
  record.utc_us = options_.time->now().utc_us;
  record.body = std::to_string(starts + 1);
  journal_->append(std::move(record), [](const bus::storage::append_result&) {});
  return starts * incarnations_of_a_start + 1;
}

messages::utc_quality node::utc_quality() const {
  const auto replayed =
      std::any_of(self_->buses.begin(), self_->buses.end(), [&](const std::string& name) {
        const auto* bus = options_.plan->find_bus(name);
        return bus != nullptr && bus->kind == site::bus_kind::replay;
      });
  return replayed || options_.deterministic ? messages::utc_quality::simulated
                                            : messages::utc_quality::unknown;
}

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
  std::vector<actors::runtime::mailbox_ptr> devices;
  std::vector<const site::device*> described_devices;
  for (const auto& device : plan.devices) {
    if (device.bus != bus) {
      continue;
    }
    if (auto mailbox = engine_->find(device.name)) {
      devices.push_back(std::move(mailbox));
      described_devices.push_back(&device);
    }
  }
  std::vector<const site::inverter*> described_inverters;
  for (const auto& inverter : plan.inverters) {
    if (inverter.bus != bus) {
      continue;
    }
    if (auto mailbox = engine_->find(inverter.name + "/link")) {
      devices.push_back(std::move(mailbox));
      described_inverters.push_back(&inverter);
    }
  }
  // Where time is recorded nobody is late: a batch comes when the one before was
  // dealt with, so that a busy machine changes nothing of what is said.
  const bool waits = described.kind == site::bus_kind::replay && !options_.deterministic;
  const auto feed = std::make_shared<bus_feed>(described_devices, described_inverters);
  auto handler = [this, waits, devices, feed](bus::can::batch&& batch) {
    if (!feed->take(batch)) {
      return;
    }
    if (waits) {
      wait_until([this] { return engine_->idle(); }, replay_wait_us, replay_look_period);
    }
    const auto shared = std::make_shared<const bus::can::batch>(std::move(batch));
    for (const auto& device : devices) {
      device->post(shared);
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
  for (const auto& device : plan.devices) {
    if (device.line != line) {
      continue;
    }
    if (auto mailbox = engine_->find(device.name)) {
      units[device.unit] = std::move(mailbox);
    }
  }
  const auto described = line_plan(plan, *plan.find_line(line));
  if (!described) {
    return described.error();
  }
  return field_.open_line(
      options_.open_line, *described,
      [units](bus::modbus::poll&& poll) {
        const auto unit = units.find(poll.unit);
        if (unit == units.end()) {
          return;
        }
        unit->second->post(std::make_shared<const bus::modbus::poll>(std::move(poll)));
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
