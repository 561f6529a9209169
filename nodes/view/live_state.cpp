#include "nodes/view/live_state.hpp"

#include <variant>

namespace voltaic::nodes::view {

void live_state::apply(const bus::message::update& news, std::int64_t now_us) {
  using bus::message::update;
  switch (news.kind) {
    case update::kind::reset:
      *this = {};
      return;
    case update::kind::ready: {
      messages::message end;
      end.payload = news.snapshot;
      points_.apply(end);
      is_whole_ = true;
      return;
    }
    case update::kind::state:
    case update::kind::message:
      take(news.message, now_us);
      return;
    case update::kind::gap:
      return;
  }
}

void live_state::take(const messages::message& message, std::int64_t now_us) {
  if (const auto* health = std::get_if<messages::health>(&message.payload)) {
    health_[health->node] = *health;
    heard_us_[health->node] = now_us;
  } else if (const auto* limits = std::get_if<messages::limits>(&message.payload)) {
    limits_[limits->rack] = *limits;
  } else {
    points_.apply(message);
  }
}

bool live_state::look(std::int64_t now_us, std::int64_t utc_us) {
  points_.look_at(utc_us);
  bool changed = false;
  for (auto each = health_.begin(); each != health_.end();) {
    if (now_us - heard_us_[each->first] <= silence_us) {
      ++each;
      continue;
    }
    for (const auto& actor : each->second.actors) points_.set_alive(actor.name, false);
    each = health_.erase(each);
    changed = true;
  }
  return changed;
}

} // namespace voltaic::nodes::view
