#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "messages/time.hpp"
#include "scenarios/property/history.hpp"

namespace voltaic::tests::property {

/// What the profile of these racks has where nobody set anything.
inline constexpr double default_a = 140;
/// Two currents this near are the same.
inline constexpr double same_a = 0.1;
/// A chain that ends so shortly after a report may not have taken note of it.
inline constexpr std::int64_t noted_us = 1'000 * messages::us_per_ms;

/// All sets of one value that acted, as they are seen from outside, and what may follow
/// when one that was for a time is over: what stands beside it, never anything looser.
class standing_sets {
 public:
  /// A set for a time reached the node: a restart may have to take it back, whether it acted or
  /// not.
  void ask(const std::string& key) { asked_.insert(key); }
  /// A set reached the wire for the first time.
  void act(const request& what, std::int64_t now_us);
  /// The device reports a value.
  void hear(double reported_a, std::int64_t now_us);
  /// The chain begins another life.
  void restart(std::int64_t now_us);
  /// The chain's journal is gone, and what stood with it.
  void forget();
  /// The chain's disk refuses, or takes again.
  void refuse(bool refuses, std::int64_t now_us);

  /// The key of the set (empty: the default) that this value goes back to; nothing: nothing
  /// may go back to it now.
  [[nodiscard]] std::optional<std::string> goes_back_to(double value_a, std::int64_t now_us) const;
  /// It was sent for that.
  void went_back();
  /// When the newest set, which was for a time, is over at the latest; nothing: it stays, or
  /// something followed.
  [[nodiscard]] std::optional<std::int64_t> over_us() const;
  /// Until when a set may be written again; one that stays: without end.
  [[nodiscard]] std::int64_t ends_us(const std::string& key) const;

 private:
  struct acted {
    std::string key;
    double value_a = 0;
    std::int64_t length_us = 0; ///< 0: it stays
    std::int64_t sent_us = 0;
    std::int64_t deadline_us = 0;
    std::optional<std::int64_t> reported_us; ///< in time
    bool is_on_disk = true;                  ///< that it was reported
    bool restarted = false;                  ///< the chain was, since
    int returns = 0;                         ///< that it allows, by its end and by restarts
    /// Its time runs from when the chain knows what became of it.
    [[nodiscard]] std::int64_t first_end_us() const { return sent_us + length_us; }
    [[nodiscard]] std::int64_t last_end_us() const;
  };
  [[nodiscard]] bool surely_stands(std::size_t at, std::int64_t now_us) const;

  std::vector<acted> all_;      ///< in the order of their acting
  std::set<std::string> asked_; ///< for a time, and did not act
  int taken_back_ = 0;          ///< that restarts may have to, of those
  bool refuses_ = false;
  bool has_followed_ = true; ///< something did, on the newest
  int returned_ = 0;
};

} // namespace voltaic::tests::property
