#include "actors/system/lost_rack_watch_model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "messages/event_codes.hpp"

namespace voltaic::actors::system {

std::optional<messages::event> lost_rack_watch::step(std::vector<std::string> stopping,
                                                     std::int64_t now_us) {
  if (stopping.empty() != seen_.empty()) turned_us_ = now_us;
  if (stopping != seen_) {
    seen_ = std::move(stopping);
    since_us_ = now_us;
  }
  // Whether any stops the others does not wait for which ones: they may take turns.
  const bool is_turn = seen_.empty() != told_.empty();
  const auto lasted_us = now_us - (is_turn ? turned_us_ : since_us_);
  if (seen_ == told_ || lasted_us < lost_rack_patience_us) return std::nullopt;
  told_ = seen_;
  messages::event event;
  event.kind = "system";
  event.subject = name_;
  event.code = messages::event_codes::rack_lost;
  event.state = told_.empty() ? "none_stops" : "stops";
  if (!told_.empty())
    event.reason = fmt::format("{} {} lost: no current may flow", fmt::join(told_, ", "),
                               told_.size() == 1 ? "is" : "are");
  return event;
}

} // namespace voltaic::actors::system
