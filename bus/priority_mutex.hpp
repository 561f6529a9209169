#pragma once

#include <pthread.h>

#include <cassert>
#include <mutex>

namespace voltaic::bus {

/// A mutex between threads of different rights: who holds it runs with the rights of the most
/// urgent thread that waits for it, so that no third one keeps that waiting. Satisfies Lockable.
class priority_mutex {
 public:
  priority_mutex() {
    pthread_mutexattr_t how;
    must(pthread_mutexattr_init(&how));
    must(pthread_mutexattr_setprotocol(&how, PTHREAD_PRIO_INHERIT));
    must(pthread_mutex_init(&mutex_, &how));
    must(pthread_mutexattr_destroy(&how));
  }
  ~priority_mutex() { must(pthread_mutex_destroy(&mutex_)); }
  priority_mutex(const priority_mutex&) = delete;
  priority_mutex& operator=(const priority_mutex&) = delete;

  void lock() { must(pthread_mutex_lock(&mutex_)); }
  bool try_lock() { return pthread_mutex_trylock(&mutex_) == 0; }
  void unlock() { must(pthread_mutex_unlock(&mutex_)); }
  [[nodiscard]] pthread_mutex_t* native_handle() { return &mutex_; }

 private:
  friend class priority_condition;
  // All of them fail for mistakes of the caller alone.
  static void must(int error) {
    assert(error == 0);
    static_cast<void>(error);
  }
  pthread_mutex_t mutex_;
};

/// What waits with a `priority_mutex`: `std::condition_variable` knows only its own mutex, and
/// its `_any` has one more, which inherits nothing.
class priority_condition {
 public:
  priority_condition() { priority_mutex::must(pthread_cond_init(&condition_, nullptr)); }
  ~priority_condition() { priority_mutex::must(pthread_cond_destroy(&condition_)); }
  priority_condition(const priority_condition&) = delete;
  priority_condition& operator=(const priority_condition&) = delete;

  void notify_one() { priority_mutex::must(pthread_cond_signal(&condition_)); }
  void notify_all() { priority_mutex::must(pthread_cond_broadcast(&condition_)); }
  /// Until the predicate holds, which is asked with the mutex held.
  template <class Predicate>
  void wait(std::unique_lock<priority_mutex>& held, Predicate holds) {
    while (!holds()) {
      priority_mutex::must(pthread_cond_wait(&condition_, held.mutex()->native_handle()));
    }
  }

 private:
  pthread_cond_t condition_;
};

} // namespace voltaic::bus
