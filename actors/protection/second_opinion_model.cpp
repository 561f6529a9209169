#include "actors/protection/second_opinion_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

namespace voltaic::actors::protection {

namespace {

bool same(double one, double other) {
  const double allowed = std::max(same_limit, same_limit_share * std::max(one, other));
  return std::abs(one - other) <= allowed;
}

bool same(const std::optional<double>& one, const std::optional<double>& other) {
  return one.has_value() == other.has_value() && (!one || same(*one, *other));
}

bool same(const current_limits& one, const current_limits& other) {
  return same(one.charge_a, other.charge_a) && same(one.discharge_a, other.discharge_a) &&
         same(one.charge_w, other.charge_w) && same(one.discharge_w, other.discharge_w) &&
         same(one.charge_v, other.charge_v) && same(one.discharge_v, other.discharge_v);
}

bool same(const verdict& one, const messages::permit& other) {
  return one.granted == other.granted && one.close_allowed == other.close_allowed &&
         one.opening == other.opening && one.locked == other.locked;
}

// Where only one of both states a bound, that one holds.
template <class Pick>
std::optional<double> narrower(const std::optional<double>& one, const std::optional<double>& other,
                               Pick pick) {
  if (!one || !other) return one ? one : other;
  return pick(*one, *other);
}

void add_missing(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const auto& each : from)
    if (std::ranges::find(to, each) == to.end()) to.push_back(each);
}

std::string_view opening_words(messages::opening of) {
  switch (of) {
    case messages::opening::ordered:
      return "opens";
    case messages::opening::immediate:
      return "opens at once";
    case messages::opening::none:
      break;
  }
  return "grants nothing";
}

messages::permit permit_of(const verdict& word) {
  messages::permit made;
  made.granted = word.granted;
  made.close_allowed = word.close_allowed;
  made.opening = word.opening;
  made.locked = word.locked;
  made.reasons = word.reasons;
  return made;
}

std::string words_of(const messages::permit& word, const current_limits& limits) {
  auto text = fmt::format("{}, {:.1f} A charge, {:.1f} A discharge", permit_words(word),
                          limits.charge_a, limits.discharge_a);
  if (!word.reasons.empty()) text += fmt::format(" ({})", word.reasons.front());
  return text;
}

} // namespace

current_limits strictest(const current_limits& one, const current_limits& other) {
  const auto lower = [](double a, double b) { return std::min(a, b); };
  const auto higher = [](double a, double b) { return std::max(a, b); };
  auto both = one;
  if (other.charge_a < one.charge_a) both.charge_reasons = other.charge_reasons;
  if (other.discharge_a < one.discharge_a) both.discharge_reasons = other.discharge_reasons;
  both.charge_a = lower(one.charge_a, other.charge_a);
  both.discharge_a = lower(one.discharge_a, other.discharge_a);
  both.charge_w = lower(one.charge_w, other.charge_w);
  both.discharge_w = lower(one.discharge_w, other.discharge_w);
  both.charge_v = narrower(one.charge_v, other.charge_v, lower);
  both.discharge_v = narrower(one.discharge_v, other.discharge_v, higher);
  add_missing(both.reasons, both.charge_reasons);
  add_missing(both.reasons, both.discharge_reasons);
  return both;
}

std::string permit_words(const messages::permit& word) {
  std::string text(word.granted ? "grants" : opening_words(word.opening));
  if (word.granted && !word.close_allowed) text += " no closing";
  if (word.locked) text += ", locks";
  return text;
}

current_limits limits_in(const messages::limits& said) {
  return {said.charge_current_a,
          said.discharge_current_a,
          said.reasons,
          said.charge_voltage_limit_v,
          said.discharge_voltage_limit_v,
          said.charge_power_limit_w.value_or(0),
          said.discharge_power_limit_w.value_or(0),
          said.charge_reasons,
          said.discharge_reasons};
}

std::int64_t warm_up_us(const messages::protection::derating& rules) {
  constexpr double whole = 100;
  const double rise_s = whole / rules.recovery_percent_per_s;
  const double longest_s = std::max(rise_s, rules.trend_window_s);
  const double most_s = static_cast<double>(warm_up_us_max) / messages::us_per_s;
  // Written so that a rise that never ends, or is no number, has the most.
  const double bounded_s = longest_s < most_s ? longest_s : most_s;
  const auto history_us = static_cast<std::int64_t>(bounded_s * messages::us_per_s);
  return std::max(history_us, unusable_patience_us) + getting_ready_us;
}

void second_opinion_model::hear(const messages::permit& word, std::int64_t now_us) {
  if (word_ && word.epoch > word_->epoch) {
    // Who starts again and again is no younger for it.
    if (!renewed_us_ || agreed_) renewed_us_ = now_us;
    agreed_ = false;
    agreeing_us_.reset();
  }
  word_ = word;
  heard_us_ = now_us;
}

std::string_view second_opinion_model::missing(std::int64_t now_us) const {
  if (now_us - *heard_us_ >= evaluator_silence_us) return "the second evaluator says nothing";
  if (now_us - *limits_heard_us_ >= evaluator_limits_silence_us)
    return "the second evaluator says a permit and no limits";
  return {};
}

std::string second_opinion_model::difference(const outputs& own, std::string_view missing) const {
  if (!missing.empty()) return std::string(missing);
  if (!word_ || !limits_) return {};
  if (same(own.verdict, *word_) && same(own.limits, *limits_) && own.requests == requests_)
    return {};
  return fmt::format("the first {}; the second {}", words_of(permit_of(own.verdict), own.limits),
                     words_of(*word_, *limits_));
}

const second_opinion_model::joined& second_opinion_model::step(const outputs& own,
                                                               std::int64_t now_us) {
  if (!heard_us_) heard_us_ = now_us; // who begins is awaited for a moment
  if (!limits_heard_us_) limits_heard_us_ = now_us;
  const auto unsaid = missing(now_us);
  const bool is_silent = !unsaid.empty();
  auto limits = own.limits;
  if (is_silent) {
    limits.charge_a = limits.discharge_a = limits.charge_w = limits.discharge_w = 0;
    limits.add_reason(evaluator_silent, true, true);
  } else if (limits_) {
    limits = strictest(own.limits, *limits_);
  }
  auto words = difference(own, unsaid);
  const bool is_same = words.empty();
  if (!is_same) {
    differed_us_ = now_us;
    held_ = limits;
    words_ = std::move(words);
  } else if (differed_us_ && now_us - *differed_us_ < strictest_held_us) {
    limits = strictest(limits, held_);
  }
  watch_agreement(is_same, now_us);
  judge(is_same, !is_silent && is_new(now_us) && age_explains(own.verdict), now_us);
  joined_.requests = {own.requests.fan || requests_.fan, own.requests.heater || requests_.heater,
                      own.requests.balance || requests_.balance};
  joined_.limits_changed = limits != joined_.limits;
  if (joined_.limits_changed) joined_.limits = std::move(limits);
  return joined_;
}

void second_opinion_model::watch_agreement(bool is_same, std::int64_t now_us) {
  if (!is_same) {
    agreeing_us_.reset();
    return;
  }
  if (!agreeing_us_) agreeing_us_ = now_us;
  agreed_ = agreed_ || now_us - *agreeing_us_ >= agreement_us;
}

void second_opinion_model::judge(bool is_same, bool is_explained, std::int64_t now_us) {
  if (is_same != differs_) {
    turning_us_.reset();
  } else {
    if (!turning_us_) turning_us_ = now_us;
    const auto passed_us = now_us - *turning_us_;
    // Longer than a difference may last, and as long as an agreement has to.
    if (differs_ ? passed_us >= agreement_us : passed_us > difference_us) {
      differs_ = !differs_;
      turning_us_.reset();
    }
  }
  // An alarm that stood before a start stays until both agree, and none begins while they do.
  if (is_same || is_explained) {
    unexplained_us_.reset();
  } else if (!unexplained_us_) {
    unexplained_us_ = now_us;
  }
  const bool begins = unexplained_us_ && now_us - *unexplained_us_ > difference_us;
  const bool is_alarm = differs_ && (alarm_ || begins);
  turned_ = std::exchange(alarm_, is_alarm) != is_alarm;
}

bool second_opinion_model::age_explains(const verdict& own) const {
  if (!word_ || own.opening != word_->opening || own.locked != word_->locked) return false;
  // Who is not ready grants nothing, and asks for nothing.
  const bool is_not_ready =
      !word_->granted && word_->opening == messages::opening::none && !word_->locked;
  return is_not_ready || same(own, *word_);
}

bool second_opinion_model::is_new(std::int64_t now_us) const {
  return renewed_us_ && now_us - *renewed_us_ < warm_up_us_;
}

} // namespace voltaic::actors::protection
