#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/logger.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <utility>

/// The only file that knows which version of CAF this is (0.17.6): a port to
/// another one changes this file and nothing else.
namespace voltaic::actors::runtime::compat {

/// One worker for a node: two double the latency of its fan-out.
inline constexpr std::size_t workers = 1;
/// Mails that an actor handles before the others have their turn: a flood at one
/// of them neither starves its neighbours nor piles up what it says to them.
inline constexpr std::size_t mails_in_a_turn = 16;

/// Built in code: CAF's own parser lets typing mistakes pass silently.
class system_config : public caf::actor_system_config {
 public:
  /// With workers and timers of its own, or driven step by step by its owner.
  enum class scheduling { threaded, deterministic };
  explicit system_config(scheduling how) {
    // Work stealing burns a third of a core when idle.
    set("scheduler.policy",
        how == scheduling::threaded ? caf::atom("sharing") : caf::atom("testing"));
    set("scheduler.max-threads", workers);
    set("scheduler.max-throughput", mails_in_a_turn);
  }
};

/// Runs a deterministic system until nobody has anything to do.
inline void run_until_quiet(caf::actor_system& system) {
  // CAF's logger, of which nobody hears, looks this thread up under a lock at each turn.
  caf::logger::set_current_actor_system(nullptr);
  auto& coordinator = dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  while (coordinator.try_run_once()) {
  }
}

/// Moves a deterministic system's timers.
inline void advance(caf::actor_system& system, std::chrono::microseconds by) {
  dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler()).advance_time(by);
}

/// A child whose end is told to its parent's down handler.
template <class Self, class Function, class... Arguments>
caf::actor spawn_monitored(Self* self, Function function, Arguments&&... arguments) {
  return self->template spawn<caf::monitored>(function, std::forward<Arguments>(arguments)...);
}

/// `handler(address, reason is normal)` for each child that ended.
template <class Self, class Handler>
void on_down(Self* self, Handler handler) {
  self->set_down_handler([handler](caf::down_msg& down) {
    handler(down.source, !down.reason || down.reason == caf::exit_reason::user_shutdown);
  });
}

/// What an actor does when it is asked to end. Without it the default prints.
template <class Self, class Handler>
void on_exit_request(Self* self, Handler handler) {
  self->set_exit_handler([handler](caf::exit_msg&) { handler(); });
}

/// From any thread, without a sender.
template <class Message>
void tell(const caf::actor& to, Message&& message) {
  caf::anon_send(to, std::forward<Message>(message));
}

template <class Self, class Message>
void tell_after(Self* self, std::chrono::microseconds delay, Message&& message) {
  self->delayed_send(self, delay, std::forward<Message>(message));
}

/// Asks a child to end without an error; `on_exit_request` says what it does.
inline void ask_to_end(const caf::actor& child) {
  caf::anon_send_exit(child, caf::exit_reason::user_shutdown);
}

/// Ends with an error that the supervisor sees as a crash.
template <class Self>
void crash(Self* self) {
  self->quit(caf::sec::runtime_error);
}

} // namespace voltaic::actors::runtime::compat
