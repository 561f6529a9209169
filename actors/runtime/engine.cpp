#include "actors/runtime/engine.hpp"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "actors/runtime/pulse_schedule.hpp"
#include "actors/runtime/supervisor.hpp"
#include "messages/event_codes.hpp"

namespace voltaic::actors::runtime {

struct pulse {};
struct ride {};
struct inbox_ready {};

} // namespace voltaic::actors::runtime

namespace caf {
template <>
struct allowed_unsafe_message_type<voltaic::actors::runtime::pulse> : std::true_type {};
template <>
struct allowed_unsafe_message_type<voltaic::actors::runtime::ride> : std::true_type {};
template <>
struct allowed_unsafe_message_type<voltaic::actors::runtime::inbox_ready> : std::true_type {};
} // namespace caf

namespace voltaic::actors::runtime {
namespace {

std::unique_ptr<fault_recorder> make_recorder(const engine_options& options) {
  if (options.captures == nullptr || options.captured.empty()) return nullptr;
  return std::make_unique<fault_recorder>(options.captured, *options.captures);
}

std::string slot_of_bus(const std::string& node) {
  return node + "/bus";
}

} // namespace

struct engine::core {
  explicit core(engine_options&& given)
      : options(std::move(given)),
        started_us(now_us()),
        bus(options.node, options.outside),
        recorder(make_recorder(options)),
        events(
            options.node, options.boot, options.utc_quality, *options.journal,
            [inbox = options.inbox, on_event = options.on_event](const messages::frame_ptr& frame) {
              inbox->push({true, plane::events, frame});
              if (on_event) on_event(frame);
            },
            recorder ? event_log::observer(
                           [to = recorder.get()](const auto&... told) { to->recorded(told...); })
                     : event_log::observer()),
        health_speaker(options.node + "/health", options.first_incarnation, options.utc_quality),
        points_speaker(options.node + process_suffix, options.first_incarnation,
                       options.utc_quality),
        points(node_catalogue(options.node, points_speaker.source())),
        bus_progress(options.progress->counter(slot_of_bus(options.node))),
        pulses(started_us),
        config(options.deterministic ? compat::system_config::scheduling::deterministic
                                     : compat::system_config::scheduling::threaded),
        system(config) {
    environment = {&bus, &events, options.journal, options.time, options.utc_quality};
    bus.add_speaker(events.source());
    bus.add_speaker(health_speaker.source());
    bus.add_speaker(points_speaker.source());
    if (recorder) bus.set_tap([this](const auto&... said) { recorder->said(said...); });
    take_seats();
  }

  void take_seats() {
    for (const auto& group : options.groups) {
      for (const auto& child : group.children) {
        seats.push_back(std::make_shared<seat>(child.name, child.kind, seats.size(), child.factory,
                                               child.on_recording, options.first_incarnation,
                                               options.progress->counter(child.name), environment));
        bus.add(seats.back());
      }
    }
  }

  // What the distributor does with one pulse: everybody's wake, and the node's heartbeat.
  void beat() {
    const auto now = options.time->now();
    // Virtual time costs no machine anything.
    const bool points_due = !options.deterministic && now.monotonic_us >= points_due_us;
    const auto queue_depth = points_due ? waiting() : 0; // without the mails of this beat
    for (const auto& one : seats) {
      one->post(wake_mail{now});
    }
    options.progress->layout().running = is_ready() ? 1 : 0;
    if (points_due) say_points(now, queue_depth);
    if (now.monotonic_us < health_due_us) {
      return;
    }
    health_due_us = now.monotonic_us + health_period_us;
    events.tell_losses(now);
    if (recorder) tell_captures(now);
    say_health(now);
  }

  void tell_captures(instant now) {
    for (auto& event : recorder->step(now.monotonic_us)) events.record(std::move(event), now);
  }

  // A pulse that is due, or one that goes along with mail a little before.
  void make_pulse(bool goes_along) {
    bus_progress.step();
    if (pulses.is_late(now_us())) ++deadline_misses;
    beat();
    pulses.made(now_us(), goes_along);
  }

  [[nodiscard]] std::int64_t now_us() const { return options.time->now().monotonic_us; }

  [[nodiscard]] std::uint64_t waiting() const {
    std::uint64_t sum = options.inbox->waiting();
    for (const auto& one : seats) sum += one->waiting();
    return sum;
  }

  void say_points(instant now, std::uint64_t queue_depth) {
    if (points_due_us == 0) bus.say(points_speaker, plane::telemetry, points, now);
    points_due_us = now.monotonic_us + node_points_period_us;
    node_figures figures;
    figures.uptime_s = static_cast<double>(now.monotonic_us - started_us) /
                       static_cast<double>(messages::us_per_s);
    if (options.cost) figures.cost = options.cost();
    figures.queue_depth = queue_depth;
    figures.deadline_misses = deadline_misses;
    figures.restarts = options.restarts;
    bus.say(points_speaker, plane::telemetry, node_telemetry(points, figures, now.monotonic_us),
            now);
  }

  void say_health(instant now) {
    const auto frame = messages::encode(std::make_shared<const messages::message>(
        messages::message{health_speaker.next(plane::health, now), read_health()}));
    bus.deliver_own(plane::health, frame);
    if (options.outside != nullptr) {
      options.outside->send(frame);
    }
  }

  void drain() {
    bus_progress.step();
    if (options.inbox->take_link_up()) {
      bus.repeat_catalogues();
      for (const auto& one : seats) one->post(linked_mail{});
      say_health(options.time->now());
    }
    for (const auto& item : options.inbox->take()) {
      if (item.own) {
        bus.deliver_own(item.plane, item.frame);
      } else {
        bus.deliver(item.plane, item.frame);
      }
    }
  }

  [[nodiscard]] bool is_ready() const {
    return std::all_of(seats.begin(), seats.end(),
                       [](const auto& one) { return one->state() == actor_state::running; });
  }

  [[nodiscard]] messages::health read_health() const {
    messages::health health;
    health.node = options.node;
    health.pid = getpid();
    health.boot = options.boot;
    const auto up_us = options.time->now().monotonic_us - started_us;
    health.uptime_ms =
        static_cast<std::uint64_t>(std::max<std::int64_t>(up_us, 0) / messages::us_per_ms);
    health.ready = is_ready();
    for (const auto& one : seats) {
      health.actors.push_back(one->health());
    }
    if (options.buses) {
      health.buses = options.buses();
    }
    if (options.lines) {
      health.lines = options.lines();
    }
    health.real_time = options.real_time;
    if (options.outside != nullptr) {
      health.outbox_dropped = options.outside->statistics().dropped;
    }
    health.gaps = bus.read_statistics().gaps;
    return health;
  }

  engine_options options;
  std::int64_t started_us;
  node_bus bus;
  std::unique_ptr<fault_recorder> recorder; ///< null: nothing is captured
  event_log events;
  speaker health_speaker;
  speaker points_speaker;
  const messages::catalogue points;
  progress_counter bus_progress;
  std::int64_t health_due_us = 0;
  std::int64_t points_due_us = 0;
  std::uint64_t deadline_misses = 0; ///< wakes that came more than a period late
  pulse_schedule pulses;
  std::atomic<bool> ride_asked = false; ///< of the distributor, which did not see it yet
  seat_environment environment;
  std::vector<std::shared_ptr<seat>> seats;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopped = false; ///< every actor, by the supervisor; guarded by mutex
  bool quiet = false;   ///< the distributor says nothing any more; guarded by mutex
  bool asked = false;   ///< to stop; used by the owner's thread only
  compat::system_config config;
  caf::actor_system system;
  caf::actor distributor;
  caf::actor head;
};

namespace {

// One wake from outside, then a fan-out inside the worker.
template <class Core>
caf::behavior run_distributor(caf::event_based_actor* self, Core* core) {
  compat::tell_after(self, std::chrono::microseconds(0), pulse{});
  return {[core](const inbox_ready&) { core->drain(); },
          [self, core](const pulse&) {
            if (core->pulses.is_for_timer(core->now_us())) core->make_pulse(false);
            const auto delay_us =
                std::max<std::int64_t>(core->pulses.timer_us() - core->now_us(), 0);
            compat::tell_after(self, std::chrono::microseconds(delay_us), pulse{});
          },
          [core](const ride&) {
            if (core->pulses.may_ride(core->now_us())) core->make_pulse(true);
            core->ride_asked = false;
          },
          [self, core](const stop_request&) {
            self->quit();
            const std::lock_guard lock(core->mutex);
            core->quiet = true;
            core->changed.notify_all();
          }};
}

} // namespace

engine::engine(engine_options options) : core_(std::make_unique<core>(std::move(options))) {
  auto* own = core_.get();
  auto family = std::make_shared<supervisor_options>();
  family->seats = own->seats;
  for (const auto& group : own->options.groups) {
    family->groups.push_back({group.strategy, group.children.size()});
  }
  family->policy = own->options.policy;
  family->on_failed = [own](const std::string& reason) {
    own->failed = true;
    messages::event event;
    event.kind = "system";
    event.subject = own->options.node;
    event.state = "failed";
    event.code = messages::event_codes::restart_budget;
    event.reason = reason;
    own->events.record(std::move(event), own->options.time->now());
    if (own->options.on_failed) {
      own->options.on_failed(reason);
    }
  };
  family->on_stopped = [own] {
    const std::lock_guard lock(own->mutex);
    own->stopped = true;
    own->changed.notify_all();
  };
  own->distributor = own->system.spawn(run_distributor<core>, own);
  own->options.inbox->set_waker([to = own->distributor] { compat::tell(to, inbox_ready{}); });
  own->head = own->system.spawn(supervisor, family);
}

engine::~engine() {
  stop();
}

void engine::keep_captures() {
  if (core_->recorder) core_->recorder->finish();
}

void engine::prepare_stop() {
  for (const auto& one : core_->seats) one->post(ending_mail{});
}

bool engine::may_stop() const {
  return std::none_of(core_->seats.begin(), core_->seats.end(),
                      [](const auto& one) { return one->holds_node(); });
}

void engine::await(const bool& reached) {
  if (core_->options.deterministic) {
    run_until_quiet();
    return;
  }
  std::unique_lock lock(core_->mutex);
  core_->changed.wait_for(lock, stop_wait, [&reached] { return reached; });
}

void engine::stop() {
  if (std::exchange(core_->asked, true)) {
    return;
  }
  core_->options.progress->layout().running = 0;
  compat::tell(core_->head, stop_request{});
  await(core_->stopped);
  core_->options.inbox->set_waker(nullptr);
  compat::tell(core_->distributor, stop_request{});
  // Endpoint and journal may go as soon as this returns.
  await(core_->quiet);
  core_->distributor = nullptr;
  core_->head = nullptr;
}

void engine::go_along() {
  const bool due = !core_->options.deterministic && core_->pulses.may_ride(core_->now_us());
  if (due && !core_->ride_asked.exchange(true)) compat::tell(core_->distributor, ride{});
}

mailbox_ptr engine::find(std::string_view name) const {
  for (const auto& one : core_->seats) {
    if (one->owner() == name) {
      return one;
    }
  }
  return nullptr;
}

bool engine::ready() const {
  return core_->is_ready();
}
bool engine::idle() const {
  return std::all_of(core_->seats.begin(), core_->seats.end(),
                     [](const auto& one) { return one->waiting() == 0; });
}
bool engine::failed() const {
  return core_->failed;
}
messages::health engine::health() const {
  return core_->read_health();
}
node_bus& engine::bus() {
  return core_->bus;
}

std::uint64_t engine::dead_letters() const {
  std::uint64_t sum = 0;
  for (const auto& one : core_->seats) {
    sum += one->dead_letters();
  }
  return sum;
}

void engine::run_until_quiet() {
  compat::run_until_quiet(core_->system);
}

void engine::advance(std::int64_t microseconds) {
  compat::advance(core_->system, std::chrono::microseconds(microseconds));
}

} // namespace voltaic::actors::runtime
