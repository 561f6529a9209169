#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bus/storage/journal.hpp"

namespace voltaic::bus::storage {

/// Keys of latches and counters that are remembered after they were refused: more than the levels
/// and counters of all racks that one node may hold.
inline constexpr std::size_t refused_keys_max = 16'384;

/// What a journal was given and is not known to be on disk, for those who start anew in a living
/// process: what waits, and of latches and counters also what was refused, which a former life acts
/// by all the same. Guarded by its owner.
class unsettled_records {
 public:
  /// Of each record that was given, in that order. Its number.
  std::uint64_t given(const record& each);
  /// It is on disk by now; handed back, to be let go of where nobody waits.
  record durable(std::uint64_t number);
  /// It is not, and will not be: whoever gave it gives it again, or does without.
  void refused(std::uint64_t number);
  /// Puts what is newer than the disk into `found`, which holds the newest of each key of `stream`,
  /// by key.
  void lay_over(const std::string& stream, std::vector<record>& found) const;

 private:
  struct kept {
    std::uint64_t number = 0;
    storage::record record;
  };
  std::uint64_t numbers_ = 0;
  std::map<std::uint64_t, record> waiting_;
  std::map<std::pair<std::string, std::string>, kept> refused_; ///< by stream and key
};

} // namespace voltaic::bus::storage
