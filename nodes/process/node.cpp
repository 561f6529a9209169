#include "nodes/process/node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "actors/runtime/event_log.hpp"
#include "messages/points/output.hpp"
#include "nodes/process/actor_kinds.hpp"
#include "nodes/process/kept_configurations.hpp"
#include "nodes/process/machine_boot.hpp"
#include "nodes/process/relay_watch.hpp"
#include "nodes/process/subscriptions.hpp"
#include "nodes/process/user_identity.hpp"
#include "nodes/process/wait_until.hpp"

namespace voltaic::nodes::process {
namespace {

constexpr const char* starts_key = "node_starts";

// What befell the node itself; the rest is in the journal.
void log_event(spdlog::logger& log, const messages::frame& frame) {
  const auto message = messages::decode(frame);
  const auto* event = message ? std::get_if<messages::event>(&message->payload) : nullptr;
  if (event == nullptr || event->kind != "system") {
    return;
  }
  log.warn("{} {}", event->subject, messages::points::event_sentence(*event));
}

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
    starts = static_cast<std::uint32_t>(parsed % actors::runtime::incarnations_of_a_start);
  }
  bus::storage::record record;
  record.stream = bus::storage::counters_stream;
  record.key = starts_key;
  record.utc_us = options_.time->now().utc_us;
  record.body = std::to_string(starts + 1);
  journal_->append(std::move(record), [](const bus::storage::append_result&) {});
  return starts * actors::runtime::incarnations_of_a_start + 1;
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

} // namespace voltaic::nodes::process
