#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/runtime/actor.hpp"
#include "actors/runtime/clock.hpp"
#include "actors/runtime/fault_recorder.hpp"
#include "actors/runtime/mailbox.hpp"
#include "actors/runtime/node_bus.hpp"
#include "actors/runtime/node_inbox.hpp"
#include "actors/runtime/node_points.hpp"
#include "actors/runtime/progress_page.hpp"
#include "actors/runtime/restart_model.hpp"

/// The actors of one node: their system, bus, supervisor and heartbeat, in one
/// object that shows nothing of CAF.
namespace voltaic::actors::runtime {

/// One actor to be started.
struct child_spec {
  std::string name;
  std::string kind; ///< as `status` shows it
  std::function<std::unique_ptr<actor>(context&)> factory;
  bool on_recording = false; ///< see `context::lives_on_recording`
};

/// Actors that are restarted together, as their strategy says.
struct group_spec {
  runtime::strategy strategy = strategy::one_for_one;
  std::vector<child_spec> children; ///< in start order
};

/// A node says that it lives this often.
inline constexpr std::int64_t health_period_us = 250'000;
/// How long a stop waits for actors before it goes on without them.
inline constexpr std::chrono::milliseconds stop_wait{1'000};

/// Each life of a node has incarnations of its own: the low bits count restarts of its actors
/// within one start of the node.
inline constexpr std::uint32_t incarnations_of_a_start = 65'536;

/// What an engine runs, and its seams. What is pointed to outlives it.
struct engine_options {
  std::string node;
  std::string boot; ///< identifies this life of the node
  std::vector<group_spec> groups;
  restart_policy policy;
  std::uint32_t first_incarnation = 1; ///< of each start: `incarnations_of_a_start` more
  messages::utc_quality utc_quality = messages::utc_quality::unknown;
  bool real_time = false;     ///< as granted; told in health
  std::uint32_t restarts = 0; ///< of the node's process, told as a point
  bool deterministic = false; ///< no threads: `run_until_quiet` and `advance` drive it
  // All of these outlive the engine; `outside` may be null.
  clock* time = nullptr;
  node_inbox* inbox = nullptr;
  bus::message::endpoint* outside = nullptr;
  bus::storage::journal* journal = nullptr;
  progress_page* progress = nullptr;
  std::function<std::vector<messages::bus_health>()> buses;  ///< any thread; may be empty
  std::function<std::vector<messages::line_health>()> lines; ///< any thread; may be empty
  /// Nothing where the process holds other nodes too; any thread; may be empty.
  std::function<std::optional<process_cost>()> cost;
  std::function<void(const std::string& reason)> on_failed; ///< on a worker; may be empty
  /// Racks of the node, and where what they say around a fault is kept; null: nowhere.
  std::vector<captured_rack> captured;
  bus::message::capture_store* captures = nullptr;
  /// Hears the node's own events once they are durable, on the journal's thread;
  /// must outlive the journal. May be empty.
  std::function<void(const messages::frame_ptr& frame)> on_event;
};

/// The actors of one node: starts, wakes, supervises and stops them, and carries mail between
/// them and the node's seams.
class engine {
 public:
  /// Starts every actor.
  explicit engine(engine_options options);
  /// Stops them, last started first.
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// Tells every actor that the end is near; racks begin to open in order.
  void prepare_stop();
  /// No actor wants the end to wait.
  [[nodiscard]] bool may_stop() const;
  /// Ends everybody in reverse order, waiting for a bounded time. Twice is once.
  void stop();
  /// Hands over what there is of captures that are not over: their ends will not be seen. After
  /// `stop`.
  void keep_captures();
  /// The worker has just been given mail: a pulse that is about to be due goes along, so
  /// that it needs no wake of its own. From any thread, until `stop`.
  void go_along();
  /// The address of an actor, or null.
  [[nodiscard]] mailbox_ptr find(std::string_view name) const;
  /// Every actor runs.
  [[nodiscard]] bool ready() const;
  /// No actor has mail that it did not begin to handle. Any thread.
  [[nodiscard]] bool idle() const;
  /// The supervisor gave up.
  [[nodiscard]] bool failed() const;
  [[nodiscard]] messages::health health() const;
  /// Messages that were put aside because they made an actor crash repeatedly.
  [[nodiscard]] std::uint64_t dead_letters() const;
  [[nodiscard]] node_bus& bus();

  /// Deterministic engines only: everybody does what there is to do.
  void run_until_quiet();
  /// Deterministic engines only: timers move by this much; the clock is moved
  /// by its owner, before.
  void advance(std::int64_t microseconds);

 private:
  /// For a bounded time, until what the core's mutex guards is so.
  void await(const bool& reached);
  struct core;
  std::unique_ptr<core> core_;
};

} // namespace voltaic::actors::runtime
