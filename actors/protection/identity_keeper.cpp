#include "actors/protection/identity_keeper.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "actors/runtime/command_gate.hpp"
#include "messages/command_priority.hpp"
#include "messages/event_codes.hpp"
#include "messages/protection/table.hpp"

namespace voltaic::actors::protection {

namespace configuration = messages::configuration;

namespace {

constexpr std::uint64_t no_token = 0;
// An event names so many differences; the record in the journal has all of them.
constexpr std::size_t differences_told_max = 32;

identity_model model_of(const std::optional<std::string>& kept) {
  if (!kept) return identity_model(std::nullopt);
  auto read = configuration::decode_identity(*kept);
  return identity_model(read ? *std::move(read) : configuration::kept_identity{.was_lost = true});
}

std::vector<std::string> shortened(std::vector<std::string> all) {
  if (const auto count = all.size(); count > differences_told_max) {
    all.resize(differences_told_max);
    all.push_back(fmt::format("{} more", count - differences_told_max));
  }
  return all;
}

} // namespace

identity_keeper::identity_keeper(runtime::context& owner, std::string rack,
                                 std::vector<std::string> points,
                                 const std::optional<std::string>& kept, bool is_elsewhere)
    : owner_(owner),
      rack_(std::move(rack)),
      is_watching_(!points.empty()),
      is_to_keep_(is_elsewhere && kept),
      reader_(rack_, std::move(points)),
      model_(model_of(kept)) {}

void identity_keeper::hear(const messages::message& from_device) {
  if (!is_watching_) return;
  if (const auto* told = std::get_if<messages::catalogue>(&from_device.payload))
    if (reader_.learn(*told)) model_.expect(reader_.names());
  if (const auto* said = std::get_if<messages::telemetry>(&from_device.payload))
    reader_.read(*said, {[&](const std::string& name, std::string value) {
                           model_.hear(name, std::move(value));
                         },
                         [&](const std::string& name) { model_.lose(name); }});
}

std::vector<messages::event> identity_keeper::step(runtime::instant now) {
  std::vector<messages::event> told;
  if (!is_watching_) return told;
  const auto news = model_.step(now.monotonic_us);
  is_to_keep_ = is_to_keep_ || news.is_to_keep;
  // An acceptance on its way to the journal stays the newest there until it is known what became
  // of it.
  if (is_to_keep_ && !storing_) {
    is_to_keep_ = false;
    keep(model_.kept(), no_token, now);
  }
  if (news.changed != identity_model::edge::none) told.push_back(change_event(news.changed));
  if (news.unaccepted != identity_model::edge::none) told.push_back(warning(news.unaccepted));
  return told;
}

messages::event identity_keeper::change_event(identity_model::edge edge) const {
  messages::event alarm;
  alarm.kind = "protection";
  alarm.subject = rack_;
  alarm.code = messages::event_codes::serial_change;
  alarm.candidate = identity_changed;
  alarm.level = to_string(messages::protection::level::alarm);
  alarm.edge = edge == identity_model::edge::set ? "set" : "clear";
  if (edge == identity_model::edge::clear) return alarm;
  alarm.actions = {"inhibit_close"};
  alarm.reason = model_.kept().was_lost
                     ? "what was accepted cannot be read"
                     : fmt::format("{}", fmt::join(shortened(model_.differences()), ", "));
  return alarm;
}

messages::event identity_keeper::warning(identity_model::edge edge) const {
  messages::event said;
  said.kind = "protection";
  said.subject = rack_;
  said.candidate = identity_not_accepted;
  said.level = to_string(messages::protection::level::warning);
  said.edge = edge == identity_model::edge::set ? "set" : "clear";
  if (edge == identity_model::edge::set) said.reason = configuration::text_of(model_.kept().known);
  return said;
}

void identity_keeper::keep(const configuration::kept_identity& what, std::uint64_t token_of,
                           runtime::instant now) {
  owner_.store({0, configuration::stream, configuration::identity_key(rack_), now.utc_us,
                configuration::encode_identity(what)},
               token_of);
}

std::vector<std::string> identity_keeper::refusals(const messages::command& asked,
                                                   bool standby) const {
  if (!is_watching_) return {"the profile of its device names no point of its identity"};
  if (model_.kept().said.empty()) return {"its device has not said what it is"};
  if (model_.is_accepted()) return {"its device is the accepted one"};
  std::vector<std::string> refused;
  const auto hash = configuration::hash_of(configuration::with_said(model_.kept()));
  if (asked.point != fmt::format("{}/{}", rack_, hash))
    refused.push_back(fmt::format(
        "its device is another one than that: read which by voltaic accept {}, without a hash",
        rack_));
  if (asked.priority >= messages::command_priority::remote)
    refused.emplace_back("another device is accepted by persons at the plant alone");
  if (asked.user.empty()) refused.emplace_back("nobody says who accepts it");
  if (!standby) refused.emplace_back("the rack is not in standby: open it, or end its current");
  if (storing_) refused.emplace_back("it is being accepted");
  return refused;
}

std::optional<identity_keeper::answer> identity_keeper::accept(const messages::command& asked,
                                                               bool standby, runtime::instant now) {
  if (auto refused = refusals(asked, standby); !refused.empty())
    return answer{asked, messages::outcome::rejected, std::move(refused)};
  storing_ = {asked, model_.accepted({asked.user, asked.role, asked.reason, now.utc_us}),
              model_.differences()};
  keep(storing_->next, token, now);
  return std::nullopt;
}

std::optional<identity_keeper::answer> identity_keeper::stored(
    std::uint64_t token_of, const bus::storage::append_result& result, runtime::instant now) {
  if (token_of != token || !storing_) return std::nullopt;
  auto done = *std::exchange(storing_, std::nullopt);
  answer found{done.asked, messages::outcome::done, {}};
  if (result.status != bus::storage::append_status::durable) {
    found.outcome = messages::outcome::unknown; // it may be found there after a restart
    found.reasons = {"the journal did not take it: " + result.reason};
    return found;
  }
  found.is_stored = true;
  model_.take(done.next);
  messages::event event;
  event.kind = "system";
  event.code = messages::event_codes::serial_change;
  event.subject = rack_;
  event.state = "accepted";
  runtime::attribute(event, done.asked);
  event.reason = configuration::text_of(done.next.known);
  event.reasons = shortened(std::move(done.changes));
  owner_.record(std::move(event), now);
  return found;
}

const char* identity_keeper::bar() const {
  if (!is_watching_) return nullptr;
  if (model_.bars_closing()) return identity_changed;
  return model_.is_awaited() ? identity_not_heard : nullptr;
}

std::string identity_keeper::words() const {
  const auto& kept = model_.kept();
  if (model_.kept().was_lost) return "what was accepted cannot be read";
  if (const auto others = model_.differences(); !others.empty())
    return fmt::format("another device: {}", fmt::join(shortened(others), ", "));
  if (kept.known.empty()) return "not said";
  auto text = configuration::text_of(kept.known);
  if (!model_.first_awaited().empty())
    text += fmt::format(", {} not heard", model_.first_awaited());
  return kept.accepted_by ? text : text + ", not accepted";
}

} // namespace voltaic::actors::protection
