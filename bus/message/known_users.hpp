#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "bus/message/peer.hpp"

namespace voltaic::bus::message {

/// Groups and names are looked up again after so long; of so many users at most.
inline constexpr std::int64_t identity_age_max_us = 10'000'000;
inline constexpr std::size_t identities_max = 256;

/// What a site knows its users as: asks once in a while for each, and remembers it.
class known_users {
 public:
  explicit known_users(identify_peer ask) : ask_(std::move(ask)) {}

  /// Whom nobody knows is "unknown" and has no role.
  [[nodiscard]] peer_identity find(const std::optional<peer>& who, std::int64_t now_us);

 private:
  struct entry {
    peer_identity who;
    std::int64_t until_us = 0;
  };
  identify_peer ask_;
  std::map<uid_t, entry> entries_;
};

} // namespace voltaic::bus::message
