#include "actors/protection/told_candidates_model.hpp"

#include "actors/protection/identity_model.hpp"
#include "actors/protection/second_opinion_model.hpp"

namespace voltaic::actors::protection {

namespace {

using messages::protection::action;
using messages::protection::action_kind;
using messages::protection::candidate;
using messages::protection::level;

constexpr action inhibit_close{action_kind::inhibit_close, 0};
constexpr action log{action_kind::log, 0};

candidate told(const char* name, level at, std::int64_t set_us, std::int64_t clear_us,
               action does) {
  candidate one;
  one.name = name;
  one.period_ms = 0;
  one.limits = {{.level = at,
                 .set = 1,
                 .set_ms = static_cast<std::uint32_t>(set_us / messages::us_per_ms),
                 .clear_ms = static_cast<std::uint32_t>(clear_us / messages::us_per_ms),
                 .actions = {does}}};
  return one;
}

} // namespace

std::vector<candidate> identity_candidates() {
  return {
      told(identity_changed, level::alarm, identity_gather_us, identity_steady_us, inhibit_close),
      told(identity_not_accepted, level::warning, identity_gather_us, 0, log)};
}

candidate difference_candidate() {
  return told(evaluator_difference, level::alarm, difference_us, agreement_us, inhibit_close);
}

} // namespace voltaic::actors::protection
