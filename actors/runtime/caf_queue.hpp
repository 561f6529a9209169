#pragma once

#include <caf/policy/unprofiled.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/coordinator.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

/// Included by caf_compat.hpp alone, and of the same version of CAF.
namespace voltaic::actors::runtime::compat {

/// How CAF's workers share what there is to do: as its own policy "sharing" does, but who brings
/// something lets go of the lock before it wakes a worker, which would run into it and sleep again.
/// A twentieth of what a node takes that reads full CAN buses. Its names are those that CAF's
/// templates call.
class one_queue : public caf::policy::unprofiled {
 public:
  /// What all workers share. At most one entry per actor that has something to do.
  struct coordinator_data {
    explicit coordinator_data(caf::scheduler::abstract_coordinator*) {}
    std::mutex lock;
    std::condition_variable filled;
    std::deque<caf::resumable*> queue; ///< guarded by lock
  };
  /// A worker has nothing of its own.
  struct worker_data {
    explicit worker_data(caf::scheduler::abstract_coordinator*) {}
  };

  template <class Coordinator>
  void central_enqueue(Coordinator* all, caf::resumable* job) {
    auto& shared = d(all);
    {
      const std::lock_guard guard(shared.lock);
      shared.queue.push_back(job);
    }
    shared.filled.notify_one();
  }
  template <class Worker>
  void external_enqueue(Worker* to, caf::resumable* job) {
    central_enqueue(to->parent(), job);
  }
  template <class Worker>
  void internal_enqueue(Worker* to, caf::resumable* job) {
    central_enqueue(to->parent(), job);
  }
  template <class Worker>
  void resume_job_later(Worker* to, caf::resumable* job) {
    central_enqueue(to->parent(), job);
  }
  template <class Worker>
  caf::resumable* dequeue(Worker* self) {
    auto& shared = d(self->parent());
    std::unique_lock guard(shared.lock);
    shared.filled.wait(guard, [&shared] { return !shared.queue.empty(); });
    auto* const job = shared.queue.front();
    shared.queue.pop_front();
    return job;
  }

  template <class Worker, class Function>
  void foreach_resumable(Worker*, Function) {}
  /// What nobody did until the end.
  template <class Coordinator, class Function>
  void foreach_central_resumable(Coordinator* all, Function function) {
    auto& shared = d(all);
    const std::lock_guard guard(shared.lock);
    for (auto* const job : std::exchange(shared.queue, {})) function(job);
  }
};

} // namespace voltaic::actors::runtime::compat
