#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/local_actor.hpp>
#include <caf/logger.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "actors/runtime/caf_queue.hpp"

/// The only file that knows which version of CAF this is (0.17.6), with caf_queue.hpp, which is
/// its part: a port to another one changes these and nothing else.
namespace voltaic::actors::runtime::compat {

/// One worker for a node: two double the latency of its fan-out.
inline constexpr std::size_t workers = 1;
/// Messages of CAF's that an actor handles before the others have their turn.
inline constexpr std::size_t messages_in_a_turn = 16;

/// Built in code: CAF's own parser lets typing mistakes pass silently.
class system_config : public caf::actor_system_config {
 public:
  /// With workers and timers of its own, or driven step by step by its owner.
  enum class scheduling { threaded, deterministic };
  explicit system_config(scheduling how) {
    // Work stealing burns a third of a core when idle.
    if (how == scheduling::threaded) {
      load<caf::scheduler::coordinator<one_queue>>();
    } else {
      set("scheduler.policy", caf::atom("testing"));
    }
    set("scheduler.max-threads", workers);
    set("scheduler.max-throughput", messages_in_a_turn);
  }
};

/// The scheduler of a system that was configured as deterministic, and of no other.
inline caf::scheduler::test_coordinator& driven(caf::actor_system& system) {
  return static_cast<caf::scheduler::test_coordinator&>(system.scheduler());
}

/// Runs a deterministic system until nobody has anything to do.
inline void run_until_quiet(caf::actor_system& system) {
  auto& coordinator = driven(system);
  if (!coordinator.has_job()) return;
  // CAF's logger, of which nobody hears, looks this thread up under a lock at each turn.
  caf::logger::set_current_actor_system(nullptr);
  while (coordinator.try_run_once()) {
  }
}

/// Moves a deterministic system's timers.
inline void advance(caf::actor_system& system, std::chrono::microseconds by) {
  driven(system).advance_time(by);
}

/// An actor that CAF schedules, monitors and ends, and that finds its mails elsewhere: it has its
/// turn when it was called, and no message is made of that. What CAF spends on each message of its
/// own is several times what most mails take to be handled.
class called_actor : public caf::local_actor, public caf::resumable {
 public:
  using behavior_type = caf::behavior; ///< by which CAF knows that a `caf::actor` leads to it
  explicit called_actor(caf::actor_config& config) : caf::local_actor(config) {}

  /// For CAF: it exists now, and rests.
  void launch(caf::execution_unit*, bool, bool hide) final {
    if (!hide) register_at_system();
  }
  /// It shall have a turn, one at least that begins after this. From any thread.
  void call() {
    auto before = calls_.load();
    while (
        !calls_.compare_exchange_weak(before, before == calls::none ? calls::one : calls::more)) {
    }
    if (before != calls::none) return;
    caf::intrusive_ptr_add_ref(ctrl());
    system().scheduler().enqueue(this);
  }

 protected:
  enum class outcome { rests, has_more, crashed };
  /// Rests until it is called, has more to do once the others had their turn, or ends.
  virtual outcome turn() = 0;
  /// It ends, and nobody was told yet: lets go of what is its own.
  virtual void over() = 0;

 private:
  enum class calls { none, one, more };

  // Of messages only the one that asks for its end is for it.
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) final {
    if (!what->content().match_elements<caf::exit_msg>()) return;
    is_to_end_ = true;
    call();
  }
  resume_result resume(caf::execution_unit* by, std::size_t) final {
    context(by);
    if (ended_) return done;
    calls_ = calls::one;
    if (is_to_end_) return end(caf::exit_reason::user_shutdown);
    const auto how = guarded_turn();
    if (how == outcome::crashed) return end(caf::sec::runtime_error);
    auto before = calls::one;
    const bool rests = how == outcome::rests && calls_.compare_exchange_strong(before, calls::none);
    return rests ? awaiting_message : resume_later;
  }
  // What is thrown while a crash is told, too, ends nobody else.
  outcome guarded_turn() {
    try {
      return turn();
    } catch (...) {
      return outcome::crashed;
    }
  }
  resume_result end(caf::error why) {
    ended_ = true;
    over();
    cleanup(std::move(why), context());
    return done;
  }
  subtype_t subtype() const final { return unspecified; }
  void intrusive_ptr_add_ref_impl() final { caf::intrusive_ptr_add_ref(ctrl()); }
  void intrusive_ptr_release_impl() final { caf::intrusive_ptr_release(ctrl()); }

  std::atomic<calls> calls_ =
      calls::none; ///< whether the scheduler has it, and was it called since
  std::atomic<bool> is_to_end_ = false;
  bool ended_ = false;
};

/// Calls an actor that `spawn_called` made.
inline void call(const caf::actor& who) {
  static_cast<called_actor*>(caf::actor_cast<caf::abstract_actor*>(who))->call();
}

/// A child whose end is told to its parent's down handler.
template <class Called, class Self, class... Arguments>
caf::actor spawn_called(Self* self, Arguments&&... arguments) {
  return self->template spawn<Called, caf::monitored>(std::forward<Arguments>(arguments)...);
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

} // namespace voltaic::actors::runtime::compat
