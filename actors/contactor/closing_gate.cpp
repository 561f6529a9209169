#include "actors/contactor/closing_gate.hpp"

#include <fmt/format.h>

#include <utility>

#include "actors/runtime/bounce.hpp"
#include "messages/command_priority.hpp"
#include "messages/confirm_close.hpp"

namespace voltaic::actors::contactor {
namespace {

constexpr const char* not_confirmed =
    "nobody confirms that the other racks of its DC bus and its inverter allow it";

} // namespace

bool closing_gate::ask(const messages::command& closing, about what, runtime::instant now) {
  if (!asks_) return false;
  messages::command asked;
  asked.key = fmt::format("{}-{}-{}-{}", owner_.name(), owner_.incarnation(), owner_.now().utc_us,
                          ++asked_);
  asked.id = asked.key;
  asked.target = messages::dispatcher_actor;
  asked.operation = messages::confirm_close;
  asked.point = rack_;
  asked.priority = messages::command_priority::controller;
  asked.role = closing.role;
  asked.user = closing.user;
  asked.reply_to = owner_.name();
  asked.deadline_utc_us = owner_.now().utc_us + confirm_patience_us;
  pending_ = {closing, what, asked.key, owner_.now().monotonic_us + confirm_patience_us, {}};
  owner_.send(std::move(asked), now);
  return true;
}

void closing_gate::take(const messages::result& told) {
  if (!pending_ || pending_->key != told.key || pending_->answer) return;
  pending_->answer = told.reasons;
  if (told.outcome == messages::outcome::done) pending_->answer->clear();
  // Also what the way itself answers, which knows nothing of racks.
  else if (told.outcome != messages::outcome::rejected || told.reasons.empty())
    pending_->answer = {not_confirmed};
}

std::optional<closing_gate::verdict> closing_gate::look() {
  if (!pending_) return std::nullopt;
  const bool is_late = owner_.now().monotonic_us >= pending_->until_us;
  if (!pending_->answer && !is_late) return std::nullopt;
  auto over = *std::exchange(pending_, std::nullopt);
  // An answer that waited until now, because the chain lagged, is as old as none.
  if (is_late) over.answer = std::vector<std::string>{not_confirmed};
  return verdict{std::move(over.closing), over.what, *std::move(over.answer)};
}

std::optional<messages::command> closing_gate::drop() {
  if (!pending_) return std::nullopt;
  return std::exchange(pending_, std::nullopt)->closing;
}

} // namespace voltaic::actors::contactor
