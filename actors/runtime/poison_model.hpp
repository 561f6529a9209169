#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace voltaic::actors::runtime {

/// A message that ended this many incarnations is never delivered again.
inline constexpr std::uint32_t poison_crashes_max = 2;
/// Suspects remembered for each actor; the oldest is forgotten first.
inline constexpr std::size_t poison_suspects_max = 16;

/// Which messages made an actor crash, over its incarnations.
class poison_model {
 public:
  /// The actor ended while it handled this message. True when the message is
  /// quarantined by this crash.
  bool crashed(std::uint64_t hash, std::string_view peer) {
    for (auto& one : suspects_) {
      if (one.hash == hash && one.peer == peer) {
        return ++one.crashes == poison_crashes_max;
      }
    }
    if (suspects_.size() == poison_suspects_max) {
      suspects_.pop_front();
    }
    suspects_.push_back({hash, std::string(peer), 1});
    return poison_crashes_max == 1;
  }

  /// Whether a message must not be delivered.
  [[nodiscard]] bool quarantined(std::uint64_t hash, std::string_view peer) const {
    for (const auto& one : suspects_) {
      if (one.hash == hash && one.peer == peer) {
        return one.crashes >= poison_crashes_max;
      }
    }
    return false;
  }

  /// Nothing is suspect: hashing can be spared.
  [[nodiscard]] bool empty() const { return suspects_.empty(); }

 private:
  struct suspect {
    std::uint64_t hash = 0;
    std::string peer;
    std::uint32_t crashes = 0;
  };
  std::deque<suspect> suspects_;
};

} // namespace voltaic::actors::runtime
