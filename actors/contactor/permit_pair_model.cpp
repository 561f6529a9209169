#include "actors/contactor/permit_pair_model.hpp"

#include <algorithm>
#include <utility>

namespace voltaic::actors::contactor {

namespace {

bool is_newer(const messages::permit& word, const messages::permit& than) {
  return word.epoch > than.epoch || (word.epoch == than.epoch && word.counter > than.counter);
}

bool is_stricter(const messages::permit& word, const messages::permit& than) {
  return word.opening > than.opening || (than.granted && !word.granted);
}

bool same(const messages::permit& one, const messages::permit& other) {
  return one.granted == other.granted && one.close_allowed == other.close_allowed &&
         one.opening == other.opening && one.locked == other.locked;
}

} // namespace

messages::permit strictest(const messages::permit& one, const messages::permit& other) {
  const bool is_second = is_stricter(other, one);
  auto both = is_second ? other : one;
  const auto& less = is_second ? one : other;
  both.granted = one.granted && other.granted;
  both.close_allowed = one.close_allowed && other.close_allowed;
  both.opening = std::max(one.opening, other.opening);
  both.locked = one.locked || other.locked;
  for (const auto& each : less.reasons)
    if (std::ranges::find(both.reasons, each) == both.reasons.end()) both.reasons.push_back(each);
  both.rack = one.rack;
  both.epoch = one.epoch;
  both.counter = one.counter;
  return both;
}

permit_pair_model::permit_pair_model() {
  for (auto& each : voices_) each.word.reasons = {evaluator_silent};
}

std::vector<permit_pair_model::joined> permit_pair_model::take(evaluator who,
                                                               const messages::permit& word,
                                                               messages::instant at) {
  std::vector<joined> all;
  auto& own = of(who);
  if (own.said_us && !is_newer(word, own.word)) return all;
  const bool acts_at_once = is_stricter(word, said_);
  // What was said until then is dealt with first, in its own time.
  if (acts_at_once) pass(at.monotonic_us - 1, all);
  own.word = word;
  own.said_us = std::max(own.said_us.value_or(at.monotonic_us), at.monotonic_us);
  if (at.monotonic_us > passed_us_ &&
      (waiting_.empty() || at.monotonic_us > waiting_.back().monotonic_us)) {
    waiting_.push_back(at);
    if (waiting_.size() > pair_instants_max) waiting_.pop_front();
  }
  pass(acts_at_once ? at.monotonic_us : spoken_us(), all);
  // Of an instant that is over already: it still counts at once.
  if (acts_at_once && (all.empty() || is_stricter(word, all.back().word)))
    all.push_back(join({std::max(at.monotonic_us, passed_us_), at.utc_us}));
  return all;
}

std::int64_t permit_pair_model::spoken_us() const {
  const auto& [first, second] = voices_;
  const auto newest = std::max(first.said_us.value_or(0), second.said_us.value_or(0));
  const bool is_known = first.said_us && second.said_us;
  const auto oldest = is_known           ? std::min(*first.said_us, *second.said_us)
                      : waiting_.empty() ? newest
                                         : waiting_.front().monotonic_us;
  if (newest - oldest > pair_patience_us) return newest;
  return is_known ? oldest : 0;
}

void permit_pair_model::pass(std::int64_t until_us, std::vector<joined>& to) {
  while (!waiting_.empty() && waiting_.front().monotonic_us <= until_us) {
    const auto at = waiting_.front();
    waiting_.pop_front();
    passed_us_ = at.monotonic_us;
    to.push_back(join(at));
  }
}

permit_pair_model::joined permit_pair_model::join(messages::instant at) {
  const auto& [first, second] = voices_;
  auto word = strictest(first.word, second.word);
  if (!same(first.word, second.word)) {
    held_ = word;
    differed_us_ = at.monotonic_us;
  } else if (held_ && at.monotonic_us - differed_us_ < strictest_permit_us) {
    word = strictest(word, *held_);
  }
  word.counter = ++counter_;
  said_ = word;
  // Who never spoke grants nothing, and that is no old word.
  const auto now_us = at.monotonic_us;
  return {std::move(word),
          std::min(first.said_us.value_or(now_us), second.said_us.value_or(now_us)), at};
}

} // namespace voltaic::actors::contactor
