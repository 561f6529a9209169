#include "actors/protection/link_fault_model.hpp"

#include <algorithm>

namespace voltaic::actors::protection {

namespace {

using messages::protection::action_kind;
using messages::protection::candidate;
using messages::protection::direction;
using messages::protection::latch;
using messages::protection::level;
using messages::protection::limit;

/// ISO 11898-1: from here on a controller warns, and is passive.
constexpr std::uint16_t warning_errors = 96;
constexpr std::uint16_t passive_errors = 128;
constexpr std::uint32_t errors_clear_ms = 10'000;

candidate named(std::string_view name, const char* unit) {
  candidate made;
  made.name = name;
  made.unit = unit;
  made.direction = direction::high;
  made.period_ms = 0; // looked at in every step
  return made;
}

limit made_limit(level which, double set, double clear, std::uint32_t clear_ms, latch kept,
                 action_kind does) {
  return {.level = which,
          .set = set,
          .clear = clear,
          .set_ms = 0,
          .clear_ms = clear_ms,
          .latch = kept,
          .actions = {{does, 0}}};
}

// Not every controller tells its counters, but each its state.
std::uint16_t least_of(std::string_view state) {
  if (state == "error-warning") return warning_errors;
  return state == "error-passive" || state == "bus-off" ? passive_errors : 0;
}

} // namespace

std::vector<candidate> link_candidates() {
  auto off = named(bus_off, "per minute");
  constexpr double given_up = link_fault_model::restarts_max + 1;
  off.limits = {made_limit(level::warning, 1, 0, 0, latch::none, action_kind::log),
                made_limit(level::alarm, given_up, 0, 0, latch::user, action_kind::inhibit_close)};
  auto errors = named(bus_errors, "errors");
  errors.limits = {made_limit(level::warning, warning_errors, warning_errors - 1, errors_clear_ms,
                              latch::none, action_kind::log)};
  return {off, errors};
}

std::optional<link_word> link_word_in(const messages::health& said, std::string_view bus) {
  const auto found = std::ranges::find(said.buses, bus, &messages::bus_health::name);
  if (found == said.buses.end()) return std::nullopt;
  return link_word{
      found->state == "bus-off", found->bus_off,
      std::max({found->transmit_errors, found->receive_errors, least_of(found->state)})};
}

void link_fault_model::hear(const link_word& said, std::int64_t now_us) {
  // What was before this life of the actor counts no more, but that it is off.
  auto fresh = known_ && said.offs >= counted_ ? said.offs - counted_ : 0;
  if (said.is_off && !is_off_) {
    fresh = std::max<std::uint64_t>(fresh, 1);
    off_since_us_ = now_us;
  }
  for (auto each = std::min<std::uint64_t>(fresh, times_us_.size()); each > 0; --each) {
    times_us_[next_] = now_us;
    next_ = (next_ + 1) % times_us_.size();
  }
  // It was back between two words.
  if (said.is_off && is_off_ && fresh > 0) off_since_us_ = now_us;
  known_ = true;
  is_off_ = said.is_off;
  counted_ = said.offs;
  errors_ = said.errors;
}

std::int32_t link_fault_model::offs(std::int64_t now_us) const {
  if (is_off_ && now_us - off_since_us_ >= off_us_max) return restarts_max + 1;
  const auto recent = std::ranges::count_if(
      times_us_, [&](const auto& each) { return each && now_us - *each < window_us; });
  return std::max(static_cast<std::int32_t>(recent), is_off_ ? 1 : 0);
}

} // namespace voltaic::actors::protection
