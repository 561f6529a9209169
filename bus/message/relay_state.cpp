#include "bus/message/relay_state.hpp"

#include <algorithm>
#include <utility>

namespace voltaic::bus::message {
namespace {

constexpr std::int64_t minute_us = 60 * messages::us_per_s;

messages::header own_header(std::int64_t now_us, std::int64_t utc_us = 0) {
  messages::header header;
  header.source = relay_source;
  header.time = {now_us, utc_us};
  return header;
}

delivery answer_to(const messages::command& command, messages::outcome outcome, std::string reason,
                   std::int64_t now_us) {
  messages::result result;
  result.id = command.id;
  result.key = command.key;
  result.reply_to = command.reply_to;
  result.outcome = outcome;
  result.reasons.push_back(std::move(reason));
  result.point = command.point;
  return {command.reply_to, messages::encode(own_header(now_us), result)};
}

bool is_published(plane from) {
  return from == plane::telemetry || from == plane::events || from == plane::health;
}

} // namespace

bool relay_state::heard(plane from, std::span<const std::byte> frame, std::int64_t now_us) {
  const auto decoded = messages::open(frame);
  if (decoded) return take(from, *decoded, now_us);
  ++refused_;
  return false;
}

bool relay_state::heard(plane from, const messages::frame& frame, std::int64_t now_us) {
  const auto content = messages::content_of(frame);
  if (content) return take(from, **content, now_us);
  ++refused_;
  return false;
}

bool relay_state::take(plane from, const messages::message& said, std::int64_t now_us) {
  const auto& header = said.header;
  auto known = sources_.find(header.source);
  const bool is_welcome = known != sources_.end() || sources_.size() < sources_max;
  if (!is_published(from) || header.source.empty() || !is_welcome) {
    ++refused_;
    return false;
  }
  const arrival how = counter_.heard(header);
  if (how == arrival::duplicate || how == arrival::late) return true;
  if (known == sources_.end()) known = sources_.try_emplace(header.source).first;
  known->second.heard_us = now_us;
  if (how == arrival::restart) values_.forget(header.source);
  if (const auto* health = std::get_if<messages::health>(&said.payload)) {
    learn(header, *health, {}, now_us);
    return true;
  }
  if (std::holds_alternative<messages::telemetry>(said.payload)) {
    known->second.telemetry_us = now_us;
  }
  values_.heard(said);
  return true;
}

void relay_state::learn(const messages::header& header, const messages::health& health,
                        const std::string& identity, std::int64_t now_us) {
  if (!nodes_.contains(health.node) && nodes_.size() >= sources_max) {
    ++not_kept_;
    return;
  }
  node& known = nodes_[health.node];
  if (!known.boot.empty() && known.boot != health.boot) {
    // What another life of this node said is not this one's state.
    for (const auto& actor : known.actors) values_.forget(actor);
  }
  known.boot = health.boot;
  known.heard_us = now_us;
  known.header = header;
  known.health = health;
  if (!identity.empty()) known.identity = identity;
  // Most of the time a node has the actors that it had.
  const auto is_kept = [&](const std::string& actor) {
    const auto owner = owners_.find(actor);
    return owner != owners_.end() && owner->second == health.node;
  };
  if (std::ranges::equal(known.actors, health.actors, {}, {}, &messages::actor_health::name) &&
      std::ranges::all_of(known.actors, is_kept))
    return;
  for (const auto& actor : known.actors) {
    const auto owner = owners_.find(actor);
    if (owner != owners_.end() && owner->second == health.node) owners_.erase(owner);
  }
  known.actors.clear();
  for (const auto& actor : health.actors) {
    const auto owner = owners_.find(actor.name);
    if (known.actors.size() >= actors_of_node_max ||
        (owner == owners_.end() && owners_.size() >= actors_max)) {
      ++not_kept_;
      continue;
    }
    known.actors.push_back(actor.name);
    // An actor that lives elsewhere is not taken over as long as it is alive there.
    if (owner != owners_.end() && alive(actor.name, now_us)) continue;
    owners_[actor.name] = health.node;
  }
}

const std::string* relay_state::owner_of(const std::string& actor) const {
  auto owner = owners_.find(actor);
  const auto found = nodes_.find(owner == owners_.end() ? actor : owner->second);
  if (found == nodes_.end() || found->second.identity.empty()) return nullptr;
  return &found->second.identity;
}

bool relay_state::alive(const std::string& source, std::int64_t now_us) const {
  const auto owner = owners_.find(source);
  const auto found = nodes_.find(owner == owners_.end() ? source : owner->second);
  const auto known = sources_.find(source);
  const lately when = known == sources_.end() ? lately{} : known->second;
  const auto heard_us = found != nodes_.end() ? found->second.heard_us : when.heard_us;
  if (!heard_us || now_us - *heard_us > health_age_max_us) return false;
  const std::int64_t period_us = values_.period_ms(source) * messages::us_per_ms;
  if (!when.telemetry_us || period_us == 0) return true;
  return now_us - *when.telemetry_us <= std::max(health_age_max_us, silent_periods_max * period_us);
}

bool relay_state::banned(const std::string& from, std::int64_t now_us) const {
  const auto found = misconduct_.find(from);
  return found != misconduct_.end() && now_us - found->second.since_us < minute_us &&
         found->second.count > bad_frames_per_minute_max;
}

void relay_state::misbehaved(const std::string& from, std::int64_t now_us) {
  ++refused_;
  if (misconduct_.size() >= sources_max) misconduct_.clear();
  const auto [entry, is_new] = misconduct_.try_emplace(from);
  misconduct& known = entry->second;
  if (is_new || now_us - known.since_us >= minute_us) known = {now_us, 0};
  ++known.count;
}

relay_state::routing relay_state::refuse(const std::string& from, std::int64_t now_us) {
  misbehaved(from, now_us);
  routing answer;
  answer.refused = true;
  return answer;
}

relay_state::routing relay_state::received(const std::string& from, const frame_ptr& frame,
                                           std::int64_t now_us) {
  routing answer;
  if (banned(from, now_us)) return refuse(from, now_us);
  const auto content =
      frame ? messages::content_of(*frame)
            : messages::expected<messages::message_ptr>(messages::failure{"no frame"});
  if (!content) return refuse(from, now_us);
  const auto& decoded = *content;
  if (const auto* health = std::get_if<messages::health>(&decoded->payload)) {
    learn(decoded->header, *health, from, now_us);
  } else if (const auto* asked = std::get_if<messages::snapshot>(&decoded->payload)) {
    if (asked->kind != messages::snapshot_kind::request) return refuse(from, now_us);
    answer.snapshot_id = asked->id;
  } else if (const auto* command = std::get_if<messages::command>(&decoded->payload)) {
    if (const auto* identity = owner_of(command->target)) {
      answer.deliveries.push_back({*identity, frame});
    } else {
      ++unroutable_;
      answer.deliveries.push_back(answer_to(*command, messages::outcome::rejected,
                                            "no such actor: " + command->target, now_us));
      auto& to = answer.deliveries.back().to;
      if (const auto* sender = owner_of(to)) to = *sender;
    }
  } else if (const auto* result = std::get_if<messages::result>(&decoded->payload)) {
    const auto* identity = owner_of(result->reply_to);
    answer.deliveries.push_back({identity != nullptr ? *identity : result->reply_to, frame});
  } else {
    return refuse(from, now_us);
  }
  return answer;
}

std::optional<delivery> relay_state::undeliverable(const delivery& what, std::int64_t now_us) {
  ++unroutable_;
  const auto decoded = messages::decode(*what.frame);
  if (!decoded) return std::nullopt;
  const auto* command = std::get_if<messages::command>(&decoded->payload);
  if (command == nullptr) return std::nullopt;
  return refusal(*what.frame, "not reachable: " + command->target, now_us);
}

std::optional<delivery> relay_state::refusal(const messages::frame& command, std::string why,
                                             std::int64_t now_us) const {
  const auto decoded = messages::decode(command);
  const auto* asked = decoded ? std::get_if<messages::command>(&decoded->payload) : nullptr;
  if (asked == nullptr) return std::nullopt;
  auto answer = answer_to(*asked, messages::outcome::rejected, std::move(why), now_us);
  if (const auto* sender = owner_of(answer.to)) answer.to = *sender;
  return answer;
}

bool relay_state::is_taken(const std::string& name) const {
  return owner_of(name) != nullptr || std::ranges::any_of(nodes_, [&](const auto& each) {
           return each.second.identity == name;
         });
}

std::vector<frame_ptr> relay_state::snapshot(const std::string& id, std::int64_t now_us,
                                             std::int64_t utc_us) const {
  std::vector<frame_ptr> out;
  messages::header header = own_header(now_us, utc_us);
  out.push_back(
      messages::encode(header, messages::snapshot{messages::snapshot_kind::request, id, {}}));
  auto values = values_.frames();
  out.insert(out.end(), std::make_move_iterator(values.begin()),
             std::make_move_iterator(values.end()));
  for (const auto& [name, known] : nodes_) {
    out.push_back(messages::encode(known.header, known.health));
  }
  messages::snapshot end{messages::snapshot_kind::end, id, {}};
  for (const auto& [source, track] : counter_.sources()) {
    end.sources.push_back({source, track.incarnation, track.sequence, alive(source, now_us),
                           track.newest.utc_us, track.gaps});
  }
  header.sequence = out.size() + 1;
  out.push_back(messages::encode(header, end));
  return out;
}

} // namespace voltaic::bus::message
