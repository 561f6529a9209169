#include "actors/contactor/finding_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace voltaic::actors::contactor {

double open_current_limit_a(double rated_a) {
  return std::max(open_current_min_a, open_current_share * rated_a);
}

bool settled_flag::step(std::optional<bool> is_so, std::int64_t now_us) {
  if (!is_so || *is_so == stands_) {
    since_us_.reset();
    return false;
  }
  if (!since_us_) since_us_ = now_us;
  if (now_us - *since_us_ < (*is_so ? set_us_ : clear_us_)) return false;
  stands_ = *is_so;
  since_us_.reset();
  return true;
}

void finding_model::hear_inputs(std::span<const unreadable_input> unreadable,
                                std::int64_t node_us) {
  for (auto& each : inputs_) {
    const auto found =
        std::ranges::find(unreadable, std::string_view(each.candidate),
                          [](const auto& one) { return std::string_view(one.candidate); });
    const bool is_lost = found != unreadable.end();
    if (!each.flag.step(is_lost, node_us)) continue;
    finding made{each.candidate, is_lost, {}, {}, 0, {}};
    if (is_lost) {
      made.reason = fmt::format("{} is not heard, or has no good value", found->point);
      made.actions = {"open_immediate", "inhibit_close"};
    }
    changes_.push_back(std::move(made));
  }
}

void finding_model::hear_key(const std::string& point, std::optional<bool> is_active,
                             std::int64_t node_us) {
  if (!stuck_key_.step(is_active, node_us)) return;
  finding made{reset_key_stuck, stuck_key_.stands(), {}, {}, 0, {}};
  if (made.stands)
    made.reason =
        fmt::format("{} is turned all the time: it resets nothing before it was at rest", point);
  changes_.push_back(std::move(made));
}

void finding_model::observe(std::optional<bool> is_open, std::optional<double> current_a,
                            std::int64_t now_us) {
  std::optional<bool> flows;
  if (is_open && current_a) flows = *is_open && std::abs(*current_a) >= open_current_a_;
  if (is_open == false) flows = false;
  if (!open_current_.step(flows, now_us)) return;
  finding made{current_while_open, open_current_.stands(), {}, current_a, open_current_a_, {}};
  if (made.stands) {
    current_a_ = *current_a;
    made.reason = "feedback says that the contactors are open";
    made.actions = {"inhibit_close"};
  }
  changes_.push_back(std::move(made));
}

std::string finding_model::bar_to_closing() const {
  if (!open_current_.stands()) return {};
  return fmt::format("{}: {:.1f} A flowed although feedback says that the contactors are open",
                     current_while_open, current_a_);
}

} // namespace voltaic::actors::contactor
