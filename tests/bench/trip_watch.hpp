#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

/// Where a slow trip's time went: what the bus carried meanwhile, and whether the
/// cores ran at all.
namespace voltaic::bench::trip_bench {

/// A time in which a core did not run a thread that was due on it.
struct standstill {
  int core = 0;
  std::int64_t from_us = 0;
  std::int64_t until_us = 0;
  std::int64_t waited_us = 0; ///< of it behind other threads, by the kernel's own account
};

/// One thread on each core of this process, with its rights, that wakes every
/// millisecond and notes when it woke late. Late without having waited behind
/// other threads: the core itself stood still, as when the host runs others on it.
class core_watch {
 public:
  core_watch();
  ~core_watch();
  core_watch(const core_watch&) = delete;
  core_watch& operator=(const core_watch&) = delete;

  /// The standstills that reach into this time, longest first.
  [[nodiscard]] std::vector<standstill> between(std::int64_t from_us, std::int64_t until_us) const;
  /// The longest of all since the start.
  [[nodiscard]] standstill longest() const;

 private:
  void watch(int core);
  void note(const standstill& one);

  mutable std::mutex mutex_;
  std::deque<standstill> seen_;
  standstill longest_;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

/// Steal time of the whole machine so far, in microseconds, as coarse as the
/// kernel tells it; 0 where it tells none.
[[nodiscard]] std::int64_t stolen_us();

/// What the rack saw of one frame, for telling about it.
struct sighting {
  std::int64_t bus_us = 0;   ///< stamped by the bus
  std::int64_t heard_us = 0; ///< seen by the rack
  std::string what;
};

/// The last sightings, as many as a slow trip needs.
class sightings {
 public:
  void add(sighting one);
  [[nodiscard]] std::vector<sighting> since(std::int64_t from_us) const;

 private:
  mutable std::mutex mutex_;
  std::deque<sighting> seen_;
};

} // namespace voltaic::bench::trip_bench
