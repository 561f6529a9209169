#include "actors/protection/current_check_model.hpp"

#include <algorithm>
#include <cmath>

#include "messages/time.hpp"

namespace voltaic::actors::protection {

namespace {

// Percent of SOC.
constexpr double jump_percent = 1;
constexpr double seen_percent = 1;     ///< of SOC, from where on the current has to explain it
constexpr double expected_percent = 3; ///< by the current, from where on SOC has to show it
constexpr double wrong_sign_percent = 0.5;
constexpr double least_percent = 0.1; ///< the resolution of most devices
constexpr double factor_max = 3;
constexpr double seconds_per_hour = 3'600;
/// Of silence: what flowed meanwhile nobody knows.
constexpr std::int64_t gap_us_max = 10 * messages::us_per_s;

} // namespace

void current_check_model::step(const values& now, std::int64_t now_us) {
  if (capacity_ah_ <= 0) return;
  judge_answer(now);
  judge_balance(now, now_us);
  last_ = now;
  last_us_ = now_us;
}

void current_check_model::judge_answer(const values& now) {
  if (!now.current_a || !now.rack_v || !last_.current_a || !last_.rack_v) return;
  const double more_a = *now.current_a - *last_.current_a;
  if (std::abs(more_a) < answer_current_c * capacity_ah_) return;
  const double more_v = *now.rack_v - *last_.rack_v;
  // A rack that shows no voltage answers nothing.
  if (*last_.rack_v <= 0 || std::abs(more_v) < answer_voltage_share * *last_.rack_v) return;
  const bool is_wrong = (more_a > 0) == (more_v > 0);
  wrong_answers_ = is_wrong ? std::min(wrong_answers_ + 1, wrong_answers_max) : 0;
}

void current_check_model::judge_balance(const values& now, std::int64_t now_us) {
  const bool known = now.current_a && now.soc_percent && last_.current_a && last_.soc_percent;
  const bool jumps = known && std::abs(*now.soc_percent - *last_.soc_percent) > jump_percent;
  if (!known || jumps || !begin_percent_ || now_us - last_us_ > gap_us_max ||
      now_us - begin_us_ > balance_us_max) {
    return begin_balance(now, now_us);
  }
  const auto passed_s = static_cast<double>(now_us - last_us_) / messages::us_per_s;
  discharged_ah_ += *last_.current_a * passed_s / seconds_per_hour;
  const double seen = *now.soc_percent - *begin_percent_;
  const double expected = -100 * discharged_ah_ / capacity_ah_;
  const bool is_due = std::abs(seen) >= seen_percent || std::abs(expected) >= expected_percent;
  if (!is_due) return;
  const bool wrong_sign = seen * expected < 0 && std::abs(seen) >= wrong_sign_percent &&
                          std::abs(expected) >= wrong_sign_percent;
  const double less = std::min(std::abs(seen), std::abs(expected));
  const double more = std::max(std::abs(seen), std::abs(expected));
  balance_wrong_ = wrong_sign || more > factor_max * std::max(less, least_percent);
  begin_balance(now, now_us);
}

void current_check_model::begin_balance(const values& now, std::int64_t now_us) {
  begin_percent_ = now.soc_percent;
  begin_us_ = now_us;
  discharged_ah_ = 0;
}

} // namespace voltaic::actors::protection
