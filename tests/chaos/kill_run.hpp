#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "bus/can/port.hpp"
#include "chaos/live_site.hpp"

namespace chaos {

/// What the racks' own status frames say, seen on their buses: who closed when.
class contactor_watch {
 public:
  contactor_watch(const live_site& site, std::size_t racks);

  struct closing {
    std::size_t rack = 0;
    std::int64_t time_us = 0; ///< on the clock of the buses
  };
  /// Every time that a rack left its open state, in order.
  [[nodiscard]] std::vector<closing> closings() const;

 private:
  void hear(std::size_t bus, const voltaic::bus::can::batch& batch);
  mutable std::mutex mutex_;
  std::vector<bool> open_; ///< by rack
  std::vector<closing> closings_;
  std::vector<std::unique_ptr<voltaic::bus::can::port>> ports_;
};

/// Somebody who hears events on the bus, in a thread of its own: each of them was
/// in a journal before it was said, and must be there at the end.
class event_watch {
 public:
  explicit event_watch(const live_site& site);
  ~event_watch();
  event_watch(const event_watch&) = delete;
  event_watch& operator=(const event_watch&) = delete;
  [[nodiscard]] std::set<std::string> ids() const;

 private:
  void listen(const std::string& relay);
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::set<std::string> ids_;
  std::thread thread_;
};

/// Somebody who closes and opens racks all the time, in a thread of its own, and
/// remembers when a rack may close because it was asked to.
class person {
 public:
  person(const live_site& site, std::size_t racks, std::uint64_t seed);
  ~person() { stop(); }
  person(const person&) = delete;
  person& operator=(const person&) = delete;
  /// Asks for nothing more; waits for the last answer.
  void stop();

  /// A command to close, from when it was sent until it can no longer act.
  struct window {
    std::size_t rack = 0;
    std::int64_t begin_us = 0;
    std::int64_t end_us = 0;
  };
  [[nodiscard]] std::vector<window> windows() const;
  /// Keys of the commands to close that were answered as done.
  [[nodiscard]] std::vector<std::string> done() const;

 private:
  void live(const std::string& relay);
  const std::size_t racks_;
  std::mt19937_64 random_;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::vector<window> windows_;
  std::vector<std::string> done_;
  std::thread thread_;
};

/// Kills random nodes of a running site at random times, with `kill -9`.
class killer {
 public:
  killer(const live_site& site, std::uint64_t seed);
  /// One more; false where the node that it chose was not there.
  [[nodiscard]] bool kill_one();
  [[nodiscard]] const std::map<std::string, int>& killed() const { return killed_; }

 private:
  std::string progress_folder_;
  std::vector<std::string> nodes_;
  std::mt19937_64 random_;
  std::map<std::string, int> killed_;
};

/// What was wrong after a run, in words; empty when nothing was.
[[nodiscard]] std::vector<std::string> wrong_closings(
    const std::vector<contactor_watch::closing>& seen, const std::vector<person::window>& asked);
/// Heard or confirmed, but in no journal; and gaps in the numbers of a node's events.
[[nodiscard]] std::vector<std::string> lost_events(const std::set<std::string>& heard,
                                                   const std::vector<std::string>& done_keys,
                                                   const std::vector<json>& journals);

} // namespace chaos
