#include "actors/contactor/candidate_model.hpp"

#include <string>
#include <utility>

#include "actors/contactor/contactor_model.hpp"
#include "actors/contactor/finding_model.hpp"

namespace voltaic::actors::contactor {

namespace {

using messages::protection::action;
using messages::protection::action_kind;
using messages::protection::candidate;
using messages::protection::latch;
using messages::protection::level;

constexpr action open_ordered{action_kind::open_ordered, 0};
constexpr action open_immediate{action_kind::open_immediate, 0};
constexpr action inhibit_close{action_kind::inhibit_close, 0};
constexpr action lock{action_kind::lock, 0};

std::uint32_t ms_of(std::int64_t us) {
  return static_cast<std::uint32_t>(us / messages::us_per_ms);
}

/// Looked at in every step.
candidate made(std::string_view name, const char* unit, messages::protection::limit only) {
  candidate one;
  one.name = name;
  one.unit = unit;
  one.period_ms = 0;
  one.limits = {std::move(only)};
  return one;
}

// An active input is answered at once; what it debounces its reader does.
candidate input_candidate(std::string_view name) {
  const bool locks = name == fire_detected;
  return made(name, "",
              {.level = level::fault,
               .set = 1,
               .latch = locks ? latch::lock : latch::none,
               .actions = {open_immediate, locks ? lock : inhibit_close},
               .reason = locks ? "" : "it bars closing while it is active"});
}

std::string_view unreadable_name(std::string_view input) {
  if (input == emergency_stop) return emergency_stop_unreadable;
  return input == interlock_open ? interlock_unreadable : fire_unreadable;
}

candidate unreadable_candidate(std::string_view input) {
  return made(unreadable_name(input), "",
              {.level = level::alarm,
               .set = 1,
               .set_ms = ms_of(unreadable_us),
               .clear_ms = ms_of(finding_clear_us),
               .actions = {open_immediate, inhibit_close}});
}

} // namespace

candidate open_current_candidate(double rated_a) {
  const double limit_a = open_current_limit_a(rated_a);
  return made(current_while_open, "A",
              {.level = level::alarm,
               .set = limit_a,
               .clear = limit_a,
               .set_ms = ms_of(open_current_us),
               .clear_ms = ms_of(finding_clear_us),
               .actions = {inhibit_close}});
}

candidate stuck_key_candidate() {
  return made(reset_key_stuck, "",
              {.level = level::alarm,
               .set = 1,
               .set_ms = ms_of(key_stuck_us),
               .clear_ms = ms_of(finding_clear_us)});
}

std::vector<candidate> contactor_candidates(const contactor_options& rules,
                                            std::span<const std::string_view> inputs) {
  std::vector<candidate> all{made(contactor_weld, "",
                                  {.level = level::fault,
                                   .set = 1,
                                   .set_ms = ms_of(rules.feedback_us),
                                   .latch = latch::lock,
                                   .actions = {open_ordered, lock}}),
                             made(contactor_feedback, "attempts",
                                  {.level = level::fault,
                                   .set = static_cast<double>(rules.feedback_attempts),
                                   .latch = latch::lock,
                                   .actions = {open_immediate, lock}}),
                             made(precharge_failed, "attempts",
                                  {.level = level::fault,
                                   .set = static_cast<double>(rules.precharge_attempts),
                                   .latch = latch::lock,
                                   .actions = {open_immediate, lock}})};
  for (const auto input : inputs) {
    all.push_back(input_candidate(input));
    all.push_back(unreadable_candidate(input));
  }
  all.push_back(open_current_candidate(rules.rated_current_a));
  return all;
}

} // namespace voltaic::actors::contactor
