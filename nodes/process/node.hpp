#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "actors/runtime/engine.hpp"
#include "bus/storage/journal.hpp"
#include "messages/expected.hpp"
#include "nodes/process/comm_log.hpp"
#include "nodes/process/event_feed.hpp"
#include "nodes/process/field_ports.hpp"
#include "nodes/process/process_figures.hpp"
#include "nodes/process/process_log.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

using endpoint_maker = std::function<messages::expected<std::unique_ptr<bus::message::endpoint>>(
    const bus::message::endpoint_options&, bus::message::listener&)>;
using journal_opener = std::function<messages::expected<std::unique_ptr<bus::storage::journal>>(
    const bus::storage::journal_options&)>;

/// What surrounds a node: the machine, or a simulation of it.
struct node_options {
  const site::plan* plan = nullptr; ///< outlives the node
  std::string name;
  std::string relay; ///< address prefix
  endpoint_maker make_endpoint;
  port_opener open_port = bus::can::open_port;
  line_opener open_line = bus::modbus::open_line;
  journal_opener open_journal = bus::storage::open_journal;
  actors::runtime::clock* time = nullptr; ///< null: the machine's
  bool deterministic = false;             ///< no threads of its own: `engine()` is driven
  std::string boot;                       ///< empty: made at random
  bool shared_progress = false;           ///< counters in a file that a supervisor reads
  bool real_time = false;                 ///< was granted to this process
  bool own_process = false;               ///< it holds no other node: what it costs is this one's
  std::uint32_t restarts = 0;             ///< of the process, as its supervisor counts
  std::function<void(const std::string& reason)> on_failed; ///< from another thread
  std::shared_ptr<spdlog::logger> log;                      ///< null: none
};

/// A node that does not hear of its relay within this time starts without it.
inline constexpr std::int64_t link_wait_us = 1'000'000;
/// The end waits no longer for racks to open: 3 s for the current to fall, and
/// what opening and feedback take.
inline constexpr std::chrono::milliseconds ending_max{3'700};

/// Ports open once every actor runs, so that nothing they hear is lost; after this
/// time they open without those that do not.
inline constexpr std::int64_t actors_wait_us = 2'000'000;
/// A recording's time waits for the actors that live on it, at each batch at most
/// this long.
inline constexpr std::int64_t replay_wait_us = 500'000;

/// One node of a site: journal, endpoint, actors, ports. `run` holds many in a
/// process, `node` one, `simulate` many on virtual time.
class node {
 public:
  /// Starts in this order: journal, endpoint, actors, ports.
  [[nodiscard]] static messages::expected<std::unique_ptr<node>> start(node_options options);
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Tells the actors that the end is near: racks open in order.
  void prepare_stop() { engine_->prepare_stop(); }
  /// Waits until they are done, at most until then.
  void await_actors(std::chrono::steady_clock::time_point deadline);
  /// To be called now and then: passes on to the bus what the supervisor
  /// recorded, and logs what was refused and what befell its links.
  void tend();
  /// Stops in this order: ports, actors, endpoint, journal. Twice is once.
  void stop();
  [[nodiscard]] actors::runtime::engine& engine() { return *engine_; }
  [[nodiscard]] const std::string& name() const { return options_.name; }
  /// The counters that its actors move.
  [[nodiscard]] const actors::runtime::progress_layout& progress() const {
    return progress_->layout();
  }

 private:
  explicit node(node_options options);
  [[nodiscard]] messages::expected<bool> open_storage();
  [[nodiscard]] messages::expected<bool> open_endpoint();
  [[nodiscard]] messages::expected<bool> start_actors();
  [[nodiscard]] messages::expected<bool> open_field();
  [[nodiscard]] messages::expected<bool> open_bus(const std::string& bus);
  [[nodiscard]] messages::expected<bool> open_line(const std::string& line);
  void open_feed();
  [[nodiscard]] std::uint32_t count_start();
  [[nodiscard]] messages::utc_quality utc_quality() const;

  node_options options_;
  const site::node* self_;
  actors::runtime::system_clock machine_time_;
  std::unique_ptr<bus::storage::journal> journal_;
  std::unique_ptr<bus::message::capture_store> captures_; ///< null: it has no rack
  std::unique_ptr<actors::runtime::progress_page> progress_;
  actors::runtime::node_inbox inbox_;
  std::unique_ptr<bus::message::listener> relay_watch_;
  std::unique_ptr<bus::message::endpoint> endpoint_;
  field_ports field_;
  std::unique_ptr<actors::runtime::engine> engine_;
  std::unique_ptr<event_feed> feed_; ///< node `site` only
  std::unique_ptr<comm_log> comm_;   ///< null: without a log, or on virtual time
  growth_log growth_;
  process_meter meter_;
};

} // namespace voltaic::nodes::process
