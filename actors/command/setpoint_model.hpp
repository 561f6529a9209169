#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "messages/codec/payloads.hpp"
#include "messages/setpoint_list.hpp"

namespace voltaic::actors::command {

/// Sets for a time of one setpoint that are known at once; as many as a device takes.
inline constexpr std::size_t timed_known_max = 16;

/// Which values stand because somebody set them, and who: so that whoever asks why a limit is
/// low is told a name. Knows what was carried out, not what the device makes of it. Pure.
class setpoint_model {
 public:
  /// A set that was carried out. `setpoint` is its one name; empty: it was none.
  void took(const messages::command& acted, const std::string& setpoint, std::int64_t now_utc_us);
  /// The newest first, by setpoint.
  [[nodiscard]] std::vector<messages::setpoint> standing(std::int64_t now_utc_us) const;

 private:
  struct entry {
    double value = 0;
    std::string user;
    std::int64_t until_utc_us = 0; ///< 0: it stays
  };
  std::map<std::string, std::vector<entry>> all_; ///< oldest first
};

} // namespace voltaic::actors::command
