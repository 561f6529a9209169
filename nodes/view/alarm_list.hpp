#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "messages/alarms/alarm_texts.hpp"
#include "messages/codec/payloads.hpp"

namespace voltaic::nodes::view {

/// A level of a protection candidate that was set and is not over.
struct alarm {
  std::int64_t utc_us = 0; ///< when it was first set; 0: nobody says
  std::string rack;
  std::string candidate;
  std::string level; ///< warning, alarm, fault or hard
  std::string scope; ///< where it was set last
  double value = 0;  ///< with which it was set last
  std::string unit;
  double threshold = 0;
  std::int64_t places = 0; ///< where its condition holds; 0: a latch keeps it
  bool acknowledged = false;
  bool shelved = false;                     ///< somebody does not want to be told for a time
  messages::alarms::explanation words = {}; ///< what it means, for whoever shows it
  bool is_measured = true;                  ///< a number was judged; else `reason` says what was
  std::string reason = {};
};

/// The worst level first, of one level the newest first; what is shelved comes last.
void put_worst_first(std::vector<alarm>& all);

/// Adds what locks a rack's contactors, as faults that a latch keeps, where protection does not
/// say the same: a lock outlives the event that told of it, and restarts.
void add_locks(std::vector<alarm>& to, const std::string& rack,
               const std::vector<std::string>& locks);

/// Which alarms stand, from protection's events. Pure.
class alarm_list {
 public:
  /// Whether a level of a candidate of a rack latches, by the protection files.
  using latch_question = std::function<bool(const alarm&)>;
  explicit alarm_list(latch_question latches) : latches_(std::move(latches)) {}

  /// Events of one node in their order. Each counts once, however often it comes:
  /// false for one that was there before. Those of other kinds are no alarms.
  bool apply(const messages::event& said, std::int64_t utc_us);
  /// A node that was restarted judges anew: what does not latch is over until it is said again.
  void lives_as(const std::string& node, const std::string& boot);

  /// The worst level first, of one level the newest first; what is shelved comes last.
  [[nodiscard]] std::vector<alarm> standing() const;

 private:
  struct entry {
    alarm what;
    std::string node;
  };
  struct life {
    std::string boot;
    std::uint64_t sequence = 0; ///< of the last event that counted
  };
  /// Rack, candidate, level.
  using key = std::tuple<std::string, std::string, std::string>;

  void set(entry& into, const messages::event& said, std::int64_t utc_us) const;

  latch_question latches_;
  std::map<key, entry> entries_;
  std::map<key, std::string> shelved_; ///< and by which node, whether they stand or not
  std::map<std::string, life> lives_;  ///< by node
};

} // namespace voltaic::nodes::view
