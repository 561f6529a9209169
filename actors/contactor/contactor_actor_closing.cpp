#include <fmt/format.h>

#include <algorithm>

#include "actors/contactor/contactor_actor.hpp"
#include "actors/runtime/present.hpp"

// A closing from its command to its last attempt: what others are asked, and when it is over.
namespace voltaic::actors::contactor {

using messages::outcome;

void contactor_actor::close(const messages::command& command) {
  if (command.lease_ms > 0) {
    return commands_.finish(command, outcome::rejected,
                            {"contactors cannot be closed for a time: the order stands until the "
                             "next one"},
                            {}, now_);
  }
  if (model_.state() == state::closed) {
    return commands_.finish(command, outcome::done, {}, "closed", now_);
  }
  std::vector<std::string> refused;
  if (!memory_.is_epoch_stored()) refused.emplace_back("the epoch is not in the journal");
  if (closing_ || gate_.waits()) refused.emplace_back("another command to close is not finished");
  if (refused.empty()) refused = refuse_late(command);
  if (refused.empty()) refused = model_.refuse_close();
  if (!refused.empty()) {
    return commands_.finish(command, outcome::rejected, std::move(refused),
                            std::string(duty_of(model_.state()).shown), now_);
  }
  if (!gate_.ask(command, closing_gate::about::begin, now_)) begin_closing(command);
}

void contactor_actor::go_on_closing(const closing_gate::verdict& told) {
  const auto& command = told.closing;
  if (told.what == closing_gate::about::next_attempt) {
    // Where the closing is over by now, nothing goes on.
    if (model_.state() != state::pause || !closing_) return;
    is_attempt_confirmed_ = told.refused.empty();
    attempt_refused_ = told.refused;
    if (!is_attempt_confirmed_) model_.request_open("parallel_block");
    return;
  }
  if (closing_) return; // it ended meanwhile, and was answered
  if (!commands_.is_in_time(command, now_))
    return commands_.finish(command, outcome::expired, {"the deadline has passed"}, {}, now_);
  if (!told.refused.empty())
    return commands_.finish(command, outcome::rejected, told.refused,
                            std::string(duty_of(model_.state()).shown), now_);
  begin_closing(command);
}

void contactor_actor::begin_closing(const messages::command& command) {
  auto refused = refuse_late(command);
  if (refused.empty()) refused = model_.request_close();
  if (!refused.empty()) {
    return commands_.finish(command, outcome::rejected, std::move(refused),
                            std::string(duty_of(model_.state()).shown), now_);
  }
  closing_ = command;
  attempt_refused_.clear();
  cause_ = command;
  no_time_ = false;
}

std::vector<std::string> contactor_actor::refuse_late(const messages::command& command) const {
  const auto wait_us = model_.wait_us();
  if (commands_.is_in_time(command, {now_.monotonic_us + wait_us, now_.utc_us + wait_us}))
    return {};
  return {fmt::format("{}: it was closed a moment ago, and may be again in {:.1f} s", close_spacing,
                      static_cast<double>(wait_us) / messages::us_per_s)};
}

void contactor_actor::judge_next_attempt(runtime::instant now) {
  // It is part of the command, and over when that is: what cannot be tried in time is
  // given up at once, for the reason that the last attempt failed for.
  const auto wait_us = std::max<std::int64_t>(model_.next_attempt_us() - now.monotonic_us, 0);
  const runtime::instant due{now.monotonic_us + wait_us, now.utc_us + wait_us};
  if (!closing_ || !commands_.is_in_time(*closing_, due)) {
    model_.request_open(model_.reason());
    no_time_ = true;
  } else if (runtime::lags(context_, now)) {
    // The device would get the order only when the chain has caught up.
    model_.request_open("time_lags");
  } else if (!model_.refuse_parallel().empty()) {
    model_.request_open("parallel_block");
  } else {
    confirm_next_attempt(now);
  }
}

// What others know may have changed since the attempt before.
void contactor_actor::confirm_next_attempt(runtime::instant now) {
  const auto due_us = model_.next_attempt_us();
  if (confirmed_attempt_us_ != due_us && due_us - now.monotonic_us <= confirm_ahead_us) {
    confirmed_attempt_us_ = due_us;
    is_attempt_confirmed_ = !gate_.ask(*closing_, closing_gate::about::next_attempt, now);
  }
  // Where less time was left than the answer takes, the attempt waits for it, as long as any
  // question may take.
  const bool is_awaited = !is_attempt_confirmed_ && gate_.waits();
  model_.hold_attempt(is_awaited);
  if (now.monotonic_us < due_us || is_attempt_confirmed_ || is_awaited) return;
  model_.request_open("parallel_block");
}

} // namespace voltaic::actors::contactor
