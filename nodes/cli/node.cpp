#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "actors/runtime/real_time.hpp"
#include "bus/can/clock.hpp"
#include "bus/control/ready.hpp"
#include "bus/message/record/recording.hpp"
#include "bus/message/relay.hpp"
#include "bus/message/zmq/context.hpp"
#include "nodes/cli/load_site.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/process/local_site.hpp"
#include "nodes/process/node.hpp"
#include "nodes/simulator/stop_signal.hpp"
#include "nodes/site/folders.hpp"

namespace voltaic::nodes::cli {
namespace {

// How often a running node looks whether it has failed.
constexpr int look_period_ms = 20;

struct options {
  std::string site;
  std::string name;
  std::string record;
};

exit_code complain(const options& given, const std::string& reason) {
  fmt::print(stderr, "voltaic node {}: {}\n", given.name, reason);
  return exit_code::fault;
}

/// What the relay's node holds beside what every node has.
struct relay_side {
  std::unique_ptr<bus::message::recorder> recorder; ///< outlives the relay
  std::unique_ptr<bus::message::relay> relay;
};

messages::expected<relay_side> start_relay(bus::message::zmq_context& context,
                                           const site::plan& plan, const std::string& record) {
  relay_side side;
  if (!record.empty()) {
    auto made = bus::message::recorder::open(record, bus::can::monotonic_now_us);
    if (!made) {
      return made.error();
    }
    side.recorder = *std::move(made);
  }
  auto made = bus::message::make_relay(context, {plan.relay_bindings(), side.recorder.get()});
  if (!made) {
    return made.error();
  }
  side.relay = *std::move(made);
  return side;
}

// What a chain asks of the system; whether it was granted real-time rights.
bool request_rights(const options& given) {
  const auto real_time = actors::runtime::request_real_time();
  if (!real_time.granted) {
    fmt::print(stderr, "voltaic node {}: warning: {}\n", given.name, real_time.warning);
  }
  // Where it is refused the kernel chooses as it likes, and the site goes on without this node.
  static_cast<void>(actors::runtime::ask_to_outlive_others());
  return real_time.granted;
}

exit_code run_node(const options& given) {
  simulator::stop_signal stop(0);
  const auto plan = load_site("node", given.site);
  if (!plan) {
    return exit_code::findings;
  }
  const auto* described = plan->find_node(given.name);
  if (described == nullptr) {
    fmt::print(stderr, "voltaic node: the site {} has no node {}\n", plan->name, given.name);
    return exit_code::usage;
  }
  const bool is_relay = described->kind == site::node_kind::relay;
  if (!given.record.empty() && !is_relay) {
    fmt::print(stderr, "voltaic node: --record: only the relay's node hears everything\n");
    return exit_code::usage;
  }
  if (const auto made = site::create(plan->folders); !made) {
    return complain(given, made.error().text);
  }
  actors::runtime::keep_freed_memory();
  // Before the first thread: all of them inherit what is granted here.
  const bool real_time = described->safety && request_rights(given);
  bus::message::zmq_context context;
  relay_side relay;
  if (is_relay) {
    auto started = start_relay(context, *plan, given.record);
    if (!started) {
      return complain(given, started.error().text);
    }
    relay = *std::move(started);
  }
  std::atomic<bool> failed = false;
  process::node_options node;
  node.plan = &*plan;
  node.name = given.name;
  node.relay = plan->relay_address();
  node.make_endpoint = process::zmq_endpoints(context);
  node.shared_progress = true;
  node.real_time = real_time;
  node.on_failed = [&](const std::string& reason) {
    complain(given, reason);
    failed = true;
  };
  auto started = process::node::start(std::move(node));
  if (!started) {
    return complain(given, started.error().text);
  }
  bool told = false;
  while (!stop.wait(look_period_ms)) {
    if (failed) {
      return exit_code::fault;
    }
    (*started)->tend();
    if (told || !(*started)->engine().ready()) {
      continue;
    }
    told = true;
    bus::control::notify_ready();
  }
  // A second signal finds this going on and changes nothing.
  (*started)->prepare_stop();
  (*started)->await_actors(std::chrono::steady_clock::now() + process::ending_max);
  (*started)->stop();
  return exit_code::done;
}

} // namespace

action declare_node(CLI::App& app) {
  auto given = std::make_shared<options>();
  app.add_option("SITE", given->site, "The site file")->required();
  app.add_option("NAME", given->name, "Name of the node")->required();
  app.add_option("--record", given->record,
                 "Node relay: go on writing telemetry and events to FILE")
      ->option_text("FILE");
  return [given] { return run_node(*given); };
}

} // namespace voltaic::nodes::cli
