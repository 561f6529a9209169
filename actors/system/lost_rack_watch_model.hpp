#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/codec/payloads.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::system {

/// Racks that are lost and stop the others, or do no more, are told once that lasted so long, also
/// where they take turns: a node that is started again is back before. Others among those that were
/// told are told once they stay so long.
inline constexpr std::int64_t lost_rack_patience_us = 10 * messages::us_per_s;

/// Makes events of which lost racks let nothing flow. Pure; time does not run back.
class lost_rack_watch {
 public:
  /// `name`: whose limits they stop, as "system".
  explicit lost_rack_watch(std::string name) : name_(std::move(name)) {}

  /// `stopping`: the racks that do so now, in an order that stays. What is new in it, for the
  /// journal; nothing: it is told, or too new.
  [[nodiscard]] std::optional<messages::event> step(std::vector<std::string> stopping,
                                                    std::int64_t now_us);

 private:
  std::string name_;
  std::vector<std::string> seen_;
  std::vector<std::string> told_;
  std::int64_t since_us_ = 0;  ///< they were seen so
  std::int64_t turned_us_ = 0; ///< since then some of them stop the others, or none does
};

} // namespace voltaic::actors::system
