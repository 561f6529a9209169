#include "nodes/simulate/simulated_node.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "actors/runtime/progress_page.hpp"
#include "nodes/process/subscriptions.hpp"

namespace voltaic::nodes::simulate {
namespace {

std::unique_ptr<bus::storage::journal> open_memory_journal() {
  bus::storage::journal_options options;
  options.path = ":memory:";
  options.synchronous = true;
  auto opened = bus::storage::open_journal(options);
  if (!opened) throw std::runtime_error(opened.error().text);
  return *std::move(opened);
}

std::unique_ptr<bus::message::capture_store> open_captures(const std::string& folder) {
  if (folder.empty()) return nullptr;
  auto opened = bus::message::capture_store::open({.folder = folder, .synchronous = true});
  if (!opened) throw std::runtime_error(opened.error().text);
  return *std::move(opened);
}

} // namespace

simulated_node::simulated_node(const site::plan& plan, const site::node& which,
                               const std::string& captures)
    : plan_(&plan),
      node_(&which),
      journal_(open_memory_journal()),
      captures_(open_captures(captures)) {}

void simulated_node::start(messages::instant now, bus::message::memory_hub& hub,
                           const group_factory& make_groups, const process::field_access& field) {
  life_ = std::make_unique<life>(now);
  bus::message::endpoint_options door;
  door.identity = node_->name;
  process::take_subscriptions(*plan_, *node_, door);
  life_->outside = hub.make_endpoint(door, life_->inbox);
  actors::runtime::engine_options engine;
  engine.node = node_->name;
  engine.boot = starts_ == 0 ? "simulated" : fmt::format("simulated-{}", starts_);
  engine.first_incarnation = starts_++ * actors::runtime::incarnations_of_a_start + 1;
  engine.groups = make_groups(*plan_, *node_, field);
  engine.utc_quality = messages::utc_quality::simulated;
  engine.deterministic = true;
  engine.time = &life_->clock;
  engine.inbox = &life_->inbox;
  engine.outside = life_->outside.get();
  engine.journal = journal_.get();
  engine.progress = life_->progress.get();
  engine.captured = process::captured_racks(*plan_, *node_);
  engine.captures = captures_.get();
  life_->engine = std::make_unique<actors::runtime::engine>(std::move(engine));
  life_->engine->run_until_quiet();
}

void simulated_node::set_clock(std::int64_t monotonic_us) {
  if (life_) life_->clock.set(monotonic_us);
}

actors::runtime::mailbox_ptr simulated_node::find(std::string_view actor) {
  return life_ ? life_->engine->find(actor) : nullptr;
}

void simulated_node::kill(std::int64_t starts_again_us) {
  life_->engine->stop();
  life_.reset();
  starts_again_us_ = starts_again_us;
}

void simulated_node::end() {
  if (!life_) return;
  life_->engine->stop();
  life_->engine->keep_captures();
}

} // namespace voltaic::nodes::simulate
