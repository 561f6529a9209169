#include "actors/system/lost_rack_watch_model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "messages/event_codes.hpp"

namespace voltaic::actors::system {

std::optional<messages::event> lost_rack_watch::step(std::vector<std::string> stopping,
                                                     std::int64_t now_us) {
  if (stopping != seen_) {
    seen_ = std::move(stopping);
    since_us_ = now_us;
  }
  if (seen_ == told_ || now_us - since_us_ < lost_rack_patience_us) return std::nullopt;
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
