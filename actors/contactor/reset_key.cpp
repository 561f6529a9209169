#include "actors/contactor/reset_key.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <utility>

#include "messages/command_priority.hpp"
#include "messages/confirm_close.hpp"

namespace voltaic::actors::contactor {
namespace {

std::string_view word_of(messages::outcome what) {
  switch (what) {
    case messages::outcome::done:
    case messages::outcome::accepted:
      return "done";
    case messages::outcome::rejected:
      return "refused";
    case messages::outcome::expired:
      return "too late";
    case messages::outcome::unknown:
      break;
  }
  return "nobody knows what became of it";
}

} // namespace

reset_key::reset_key(runtime::context& owner, std::string rack, std::string point)
    : owner_(owner), rack_(std::move(rack)), point_(std::move(point)) {}

void reset_key::look(std::optional<bool> is_active, bool is_open) {
  if (point_.empty()) return;
  switch (model_.hear(is_active, owner_.now().monotonic_us)) {
    case key_turn::none:
      return;
    case key_turn::turned:
      return turn(is_open);
    case key_turn::too_short:
      return tell(fmt::format("too short, it counts from {} ms on; nothing is reset",
                              key_hold_us_min / messages::us_per_ms));
    case key_turn::too_long:
      return tell(fmt::format("too long, it counts up to {} s; nothing is reset",
                              key_hold_us_max / messages::us_per_s));
  }
}

void reset_key::turn(bool is_open) {
  const auto now = owner_.now();
  if (!is_open) return tell(fmt::format("{} is not known to be open, nothing is reset", rack_));
  if (!asked_.empty() && now.monotonic_us < asked_until_us_)
    return tell("the reset before is not answered, nothing more is asked for");
  messages::command asked;
  asked.key =
      fmt::format("{}-key-{}-{}-{}", owner_.name(), owner_.incarnation(), now.utc_us, ++number_);
  asked.id = asked.key;
  asked.target = messages::dispatcher_actor;
  asked.operation = "reset";
  asked.point = rack_;
  asked.priority = messages::command_priority::person;
  asked.role = "service";
  asked.user = point_;
  asked.reason = fmt::format("the key {} was turned", point_);
  asked.reply_to = owner_.name();
  asked.deadline_utc_us = now.utc_us + key_deadline_us;
  asked_ = asked.key;
  asked_until_us_ = now.monotonic_us + key_deadline_us;
  owner_.send(std::move(asked), now);
}

void reset_key::take(const messages::result& told) {
  if (asked_.empty() || told.key != asked_ || told.outcome == messages::outcome::accepted) return;
  asked_.clear();
  const auto outcome = word_of(told.outcome);
  if (told.reasons.empty()) return tell(std::string(outcome));
  tell(fmt::format("{}: {}", outcome, fmt::join(told.reasons, "; ")));
}

void reset_key::tell(const std::string& outcome) {
  messages::event event;
  event.kind = "system";
  event.subject = rack_;
  event.state = "reset_key";
  event.user = point_;
  event.reason = fmt::format("the key {} was turned: {}", point_, outcome);
  owner_.record(std::move(event), owner_.now());
}

} // namespace voltaic::actors::contactor
