#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
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
#include "nodes/process/process_log.hpp"
#include "nodes/process/process_set.hpp"
#include "nodes/process/progress_watch.hpp"
#include "nodes/process/thread_room.hpp"
#include "nodes/process/user_identity.hpp"
#include "nodes/simulator/stop_signal.hpp"
#include "nodes/site/folders.hpp"

namespace voltaic::nodes::cli {
namespace {

// How often a node looks whether it is ready, and one that watches itself whether it is wedged.
constexpr int start_look_period_ms = 20;
// How often a running node looks whether it has failed, and tends its log. A look costs
// a wake, and there are many nodes.
constexpr int look_period_ms = 100;

struct options {
  std::string site;
  std::string name;
  std::string record;
  bool alone = false;
};

using logger = std::shared_ptr<spdlog::logger>;

exit_code fail(const logger& log, const std::string& reason) {
  log->error("ends: {}", reason);
  return exit_code::fault;
}

// Every thread that a node will start.
std::size_t threads_of(const site::node& node) {
  const std::size_t relay = node.kind == site::node_kind::relay ? 1 : 0;
  return process::node_threads + node.buses.size() + node.lines.size() + relay;
}

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
  auto made = bus::message::make_relay(context, {plan.relay_bindings(), side.recorder.get(),
                                                 process::identify_members(plan), ::geteuid()});
  if (!made) {
    return made.error();
  }
  side.relay = *std::move(made);
  return side;
}

void look_at(const bus::message::relay& relay, process::growth_log& refusals) {
  const auto sum = relay.statistics();
  const auto now_us = bus::can::monotonic_now_us();
  refusals.look(now_us, "bundles, frames or requests refused: no valid message", sum.refused);
  refusals.look(now_us,
                "bundles or requests of other users refused: the site's own processes say them",
                sum.foreign);
  refusals.look(now_us, "subscriptions refused: too many of one peer", sum.subscriptions_refused);
  refusals.look(now_us, "commands refused: nobody was there for them", sum.unroutable);
  refusals.look(now_us, "values or actors of publishers not kept: a table is full", sum.not_kept);
}

// What a chain asks of the system; whether it was granted real-time rights.
bool request_rights(const logger& log) {
  const auto real_time = actors::runtime::request_real_time();
  if (!real_time.granted) {
    log->warn("{}", real_time.warning);
  }
  // Where it is refused the kernel chooses as it likes, and the site goes on without this node.
  static_cast<void>(actors::runtime::ask_to_outlive_others());
  return real_time.granted;
}

/// What `voltaic up` does for its nodes, for one that nobody but a restart policy watches.
class own_watch {
 public:
  own_watch(const site::supervision& bounds, bool safety)
      : progress_(std::int64_t{safety ? bounds.wedge_safety_ms : bounds.wedge_other_ms} * 1000),
        ready_until_us_(bus::can::monotonic_now_us() +
                        std::int64_t{bounds.start_timeout_ms} * 1000) {}

  /// Ends the process where the node is wedged or does not get ready. At once: who stands
  /// still can hold up every way to end in order, and a chain's device opens by itself.
  void look(const process::node& node, bool ready, const logger& log) {
    const auto now_us = bus::can::monotonic_now_us();
    if (!ready && now_us > ready_until_us_) {
      end(log, "not ready in time");
    }
    if (const auto wedged = progress_.look(node.progress(), ::getpid(), now_us)) {
      end(log, *wedged + " makes no progress");
    }
  }

 private:
  [[noreturn]] static void end(const logger& log, const std::string& reason) {
    log->error("ends: {}", reason);
    ::_exit(static_cast<int>(exit_code::fault));
  }
  process::progress_watch progress_;
  std::int64_t ready_until_us_;
};

// Until it is stopped or has failed. `relay`: what it holds; null: none. `watch`: only of a
// node that is alone.
exit_code live(process::node& node, const bus::message::relay* relay,
               std::optional<own_watch> watch, const std::atomic<bool>& failed,
               simulator::stop_signal& stop, const logger& log) {
  process::growth_log refusals(log);
  bool told = false;
  while (!stop.wait(told && !watch ? look_period_ms : start_look_period_ms)) {
    if (failed) {
      return exit_code::fault;
    }
    if (watch) {
      watch->look(node, told, log);
    }
    node.tend();
    if (relay != nullptr) {
      look_at(*relay, refusals);
    }
    if (told || !node.engine().ready()) {
      continue;
    }
    told = true;
    log->info("is ready");
    bus::control::notify_ready();
  }
  // A second signal finds this going on and changes nothing.
  log->info("is asked to stop");
  node.prepare_stop();
  node.await_actors(std::chrono::steady_clock::now() + process::ending_max);
  node.stop();
  log->info("has stopped");
  return exit_code::done;
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
  const auto log = process::open_process_log(plan->folders.log, given.name);
  log->info("node {} of site {} starts: voltaic {}, process {}", given.name, plan->name,
            VOLTAIC_VERSION, ::getpid());
  // Before the first thread: all of them inherit what is granted here.
  const bool real_time = described->safety && request_rights(log);
  log->info("rights: {}", real_time ? "SCHED_FIFO and locked memory" : "those of any process");
  if (const auto lack = process::lack_of_threads(threads_of(*described))) {
    return fail(log, *lack);
  }
  bus::message::zmq_context context;
  relay_side relay;
  if (is_relay) {
    auto started = start_relay(context, *plan, given.record);
    if (!started) {
      return fail(log, started.error().text);
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
  node.own_process = true;
  node.restarts = process::restarts_of_this_process();
  node.real_time = real_time;
  node.log = log;
  node.on_failed = [&](const std::string& reason) {
    log->error("has failed: {}", reason);
    failed = true;
  };
  auto started = process::node::start(std::move(node));
  if (!started) {
    return fail(log, started.error().text);
  }
  std::optional<own_watch> watch;
  if (given.alone) {
    watch.emplace(plan->supervision, described->safety);
  }
  return live(**started, relay.relay.get(), std::move(watch), failed, stop, log);
}

} // namespace

action declare_node(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("SITE", given->site, "The site file").type_name("FILE").required();
  app.add_option("NAME", given->name, "Name of the node").type_name("NODE").required();
  app.add_option("--record", given->record,
                 "Node relay: go on writing telemetry and events to FILE")
      .option_text("FILE");
  app.add_flag("--alone", given->alone,
               "Nobody supervises it: end when it is not ready in time or an actor stands still, "
               "so that a restart policy acts");
  return [given] { return run_node(*given); };
}

} // namespace voltaic::nodes::cli
