#include "bus/message/known_users.hpp"

namespace voltaic::bus::message {

peer_identity known_users::find(const std::optional<peer>& who, std::int64_t now_us) {
  if (!who) return {"unknown", {}};
  if (entries_.size() >= identities_max && !entries_.contains(who->user)) entries_.clear();
  auto& known = entries_[who->user];
  if (known.until_us <= now_us) known = {ask_(*who), now_us + identity_age_max_us};
  return known.who;
}

} // namespace voltaic::bus::message
