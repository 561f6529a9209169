#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "chaos/live_site.hpp"

namespace chaos {

/// Somebody who follows everything that a site says, and counts.
class observer {
 public:
  struct seen {
    std::uint64_t frames = 0;      ///< telemetry with news
    std::uint64_t missing = 0;     ///< frames that never came
    std::int64_t longest_us = 0;   ///< between two source times in a row
    std::int64_t last_time_us = 0; ///< newest source time
    std::uint32_t incarnation = 0; ///< of the newest
    bool older_as_new = false;     ///< a source time went back within one life
  };
  explicit observer(const live_site& site);
  ~observer();
  observer(const observer&) = delete;
  observer& operator=(const observer&) = delete;

  /// What was heard of a source ("bms_0") since the last `forget`.
  [[nodiscard]] seen of(const std::string& source) const;
  void forget();
  /// Complete states received: one at first, one more after each lost relay.
  [[nodiscard]] int states() const { return states_; }
  /// Gaps that were told, of any source.
  [[nodiscard]] std::uint64_t gaps_told() const { return gaps_; }
  /// Frames that these gaps name.
  [[nodiscard]] std::uint64_t frames_missed() const { return missed_; }
  /// Waits until so many frames of the source came since now.
  [[nodiscard]] bool hears(const std::string& source, std::uint64_t frames = 3,
                           std::chrono::milliseconds bound = 10s) const;

 private:
  void listen(const std::string& relay);
  std::atomic<bool> stop_ = false;
  std::atomic<int> states_ = 0;
  std::atomic<std::uint64_t> gaps_ = 0;
  std::atomic<std::uint64_t> missed_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, seen> sources_;
  std::thread thread_;
};

} // namespace chaos
