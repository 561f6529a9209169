#include "actors/command/authority_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "messages/command_priority.hpp"

namespace voltaic::actors::command {
namespace {

constexpr std::string_view remote_word = "remote";
constexpr std::string_view local_word = "local";

/// The same value is no conflict either.
bool is_no_looser(double value, double than, messages::tighter side) {
  return value == than || messages::is_tighter(value, than, side);
}

} // namespace

std::string_view to_string(command_mode mode) {
  return mode == command_mode::local ? local_word : remote_word;
}

std::optional<command_mode> command_mode_of(std::string_view word) {
  if (word == local_word) return command_mode::local;
  if (word == remote_word) return command_mode::remote;
  return std::nullopt;
}

bool is_always_allowed(const messages::command& asked) {
  const auto* word = std::get_if<std::string>(&asked.value);
  return asked.operation == "open" || asked.operation == "acknowledge" ||
         (asked.operation == "set" && word != nullptr && *word == "open");
}

const authority_model::owner* authority_model::owner_of(const std::string& setpoint,
                                                        std::int64_t now_utc_us) const {
  const auto found = owners_.find(setpoint);
  const bool owns = found != owners_.end() && found->second.until_utc_us > now_utc_us;
  return owns ? &found->second : nullptr;
}

std::optional<std::string> authority_model::refusal(const messages::command& asked,
                                                    const std::string& setpoint,
                                                    messages::tighter side,
                                                    std::int64_t now_utc_us) const {
  if (is_always_allowed(asked)) return std::nullopt;
  if (mode_ == command_mode::local && asked.priority >= messages::command_priority::remote) {
    return "command/mode is local: who is not at the plant may only open";
  }
  const auto* value = std::get_if<double>(&asked.value);
  const auto* holder = owner_of(setpoint, now_utc_us);
  if (value == nullptr || holder == nullptr || holder->user == asked.user) return std::nullopt;
  if (asked.priority < holder->priority || is_no_looser(*value, holder->value, side)) {
    return std::nullopt;
  }
  constexpr std::int64_t us_per_s = messages::us_per_s;
  const auto left_s = (holder->until_utc_us - now_utc_us + us_per_s - 1) / us_per_s;
  return fmt::format("{} is held by {} with priority {} for {} s more; it may only be tightened",
                     asked.point, holder->user, holder->priority, left_s);
}

std::optional<std::string> authority_model::took(const messages::command& acted,
                                                 const std::string& setpoint,
                                                 std::int64_t now_utc_us) {
  const auto* value = std::get_if<double>(&acted.value);
  if (value == nullptr || setpoint.empty()) return std::nullopt;
  const auto* holder = owner_of(setpoint, now_utc_us);
  std::optional<std::string> former;
  if (holder != nullptr && holder->user != acted.user) {
    // Who only tightens it for a while does not take it from its owner.
    if (acted.priority >= holder->priority && acted.lease_ms > 0) return std::nullopt;
    former = holder->user;
  }
  if (acted.lease_ms == 0) {
    owners_.erase(setpoint);
    return former;
  }
  make_room(now_utc_us);
  owners_[setpoint] = {
      acted.user, acted.priority, *value,
      now_utc_us + static_cast<std::int64_t>(acted.lease_ms) * messages::us_per_ms};
  return former;
}

void authority_model::make_room(std::int64_t now_utc_us) {
  if (owners_.size() < owners_max) return;
  std::erase_if(owners_, [&](const auto& each) { return each.second.until_utc_us <= now_utc_us; });
  if (owners_.size() < owners_max) return;
  owners_.erase(std::ranges::min_element(
      owners_, {}, [](const auto& each) { return each.second.until_utc_us; }));
}

} // namespace voltaic::actors::command
