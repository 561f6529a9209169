#include "messages/profiles/frame_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "messages/event_codes.hpp"
#include "messages/profiles/described.hpp"

namespace voltaic::messages::profiles {
namespace {

namespace codes = event_codes;

constexpr int warned = 1;
constexpr int alarmed = 2;
constexpr double us_per_s = 1e6;
// Two senders that take turns: each frame follows on the last but one.
constexpr int interleaved_weight = 2;
constexpr int interleaved_doubled = 12;
constexpr int interleaved_max = 2 * interleaved_doubled;

std::string name_of(const message& message, const frame_watch::plan::identifier& of) {
  return of.extended ? fmt::format("{} 0x{:08X}", message.name, of.id)
                     : fmt::format("{} 0x{:03X}", message.name, of.id);
}

std::uint32_t steps_between(const counter_rule& rule, std::uint32_t from, std::uint32_t to) {
  const std::uint32_t values = rule.last + 1;
  return (to + values - from) % values;
}

} // namespace

std::string_view to_words(frame_fault fault) {
  switch (fault) {
    case frame_fault::none:
      return "good";
    case frame_fault::length:
      return "wrong length";
    case frame_fault::checksum:
      return "CRC Error";
    case frame_fault::counter:
      return "counter does not count";
    case frame_fault::early:
      return "too many frames";
    case frame_fault::late:
      return "late";
    case frame_fault::frozen:
      return "content is frozen";
  }
  return "";
}

std::string_view to_key(frame_fault fault) {
  switch (fault) {
    case frame_fault::none:
      return "";
    case frame_fault::length:
      return "length";
    case frame_fault::checksum:
      return "checksum";
    case frame_fault::counter:
      return "counter";
    case frame_fault::early:
      return "early";
    case frame_fault::late:
      return "late";
    case frame_fault::frozen:
      return "frozen";
  }
  return "";
}

frame_watch::frame_watch(const device_profile& profile, const plan& decoder)
    : profile_(&profile),
      identifiers_(decoder.identifiers().begin(), decoder.identifiers().end()),
      sequences_(identifiers_.size()),
      rhythms_(decoder.carriers().size()),
      told_(profile.messages.size()) {
  for (std::size_t i = 0; i < rhythms_.size(); ++i)
    rhythms_[i].message = decoder.carriers()[i].message;
  has_bounds_ =
      std::ranges::any_of(profile.messages, [](const auto& one) { return one.early_ms != 0; });
  std::int64_t shortest_us = 0;
  for (const auto& one : profile.messages)
    if (one.period_ms > 0 && (shortest_us == 0 || one.period_ms * us_per_ms < shortest_us))
      shortest_us = one.period_ms * us_per_ms;
  window_min_us_ = std::max(doubled_window_us, doubled_frames_min * shortest_us);
}

bool frame_watch::take(const plan::applied& what, std::int64_t time_us) {
  if (!window_us_) window_us_ = time_us;
  fault_ = judge(what, time_us);
  if (fault_ != frame_fault::none) ++counts_[static_cast<std::size_t>(fault_)];
  weigh(what, fault_, time_us);
  // A late frame says something new, after what it renews has aged: it is told, and taken.
  const bool is_sound = fault_ == frame_fault::none || fault_ == frame_fault::late;
  return is_sound && !doubled_;
}

frame_fault frame_watch::judge(const plan::applied& what, std::int64_t time_us) {
  if (what.outcome == plan::outcome::bad_length) return frame_fault::length;
  if (what.outcome == plan::outcome::bad_checksum) return frame_fault::checksum;
  const auto& message = profile_->messages[identifiers_[what.identifier].message];
  auto& known = sequences_[what.identifier];
  const bool is_late = message.late_ms != 0 && known.last_us != 0 && !message.multiplexer &&
                       time_us - known.last_us > std::int64_t{message.late_ms} * us_per_ms;
  const bool is_next = !message.counter || counts_on(what.identifier, what.counter, time_us);
  known.last_us = time_us;
  const auto carrier = what.branch != plan::no_carrier ? what.branch : what.carrier;
  if (carrier == plan::no_carrier) return is_next ? frame_fault::none : frame_fault::counter;
  auto& one = rhythms_[carrier];
  const bool fast = is_fast(one, time_us);
  if (fast) return frame_fault::early;
  if (!is_next) return frame_fault::counter;
  if (message.frozen_ms != 0 && is_frozen(one, what.content, time_us)) return frame_fault::frozen;
  return is_late ? frame_fault::late : frame_fault::none;
}

bool frame_watch::counts_on(std::uint16_t identifier, std::uint32_t counter, std::int64_t time_us) {
  const auto& of = identifiers_[identifier];
  const auto& message = profile_->messages[of.message];
  const auto& rule = *message.counter;
  auto& known = sequences_[identifier];
  if (counter > rule.last) return false;
  const auto stale_us = stale_after_us(std::int64_t{message.period_ms} * us_per_ms);
  // Who was silent for so long may have begun anew.
  if (time_us - known.last_us > stale_us)
    known = {.bad_length = known.bad_length, .failing = known.failing};
  const auto last = std::exchange(known.last, counter);
  const auto before = std::exchange(known.before, last);
  if (!last) return true;
  const auto ahead = steps_between(rule, *last, counter);
  const bool follows = ahead != 0 && ahead % rule.step == 0 && ahead / rule.step <= rule.jump;
  const bool follows_before = before && steps_between(rule, *before, counter) == rule.step;
  known.interleaved = !follows && follows_before
                          ? std::min(known.interleaved + interleaved_weight, interleaved_max)
                          : std::max(known.interleaved - 1, 0);
  if (known.interleaved >= interleaved_doubled)
    see_double(time_us, fmt::format("two counters take turns in {}", name_of(message, of)));
  return follows;
}

bool frame_watch::is_fast(rhythm& one, std::int64_t time_us) {
  ++one.in_window;
  auto& oldest_us = one.times_us[one.seen % rate_distances];
  const auto spread_us = time_us - oldest_us;
  const bool is_full = one.seen >= rate_distances;
  oldest_us = time_us;
  ++one.seen;
  const auto early_us = std::int64_t{profile_->messages[one.message].early_ms} * us_per_ms;
  if (early_us == 0 || !is_full) return false;
  if (spread_us >= static_cast<std::int64_t>(rate_distances) * early_us) return false;
  one.fast_us = time_us;
  return true;
}

bool frame_watch::is_frozen(rhythm& one, std::uint64_t content, std::int64_t time_us) {
  if (one.content != content) {
    one.content = content;
    one.content_us = time_us;
  }
  const auto& message = profile_->messages[one.message];
  return time_us - one.content_us > std::int64_t{message.frozen_ms} * us_per_ms;
}

void frame_watch::weigh(const plan::applied& what, frame_fault fault, std::int64_t time_us) {
  auto& known = sequences_[what.identifier];
  const auto& of = identifiers_[what.identifier];
  auto& told = told_[of.message];
  const bool is_length = fault == frame_fault::length;
  if (fault == frame_fault::none) {
    known.bad_length = std::max(known.bad_length - 1, 0);
    known.failing = std::max(known.failing - 1, 0);
    return;
  }
  auto& weight = is_length ? known.bad_length : known.failing;
  auto& level = is_length ? told.length : told.end_to_end;
  weight = std::min(weight + failure_weight, weight_max);
  level.last_us = time_us;
  ++level.frames;
  is_unsettled_ = true;
  raise(level, weight, is_length ? codes::bad_length : codes::end_to_end, of, fault);
}

void frame_watch::raise(told_level& known, int weight, const char* code, const plan::identifier& of,
                        frame_fault fault) {
  const int level = weight >= alarm_weight ? alarmed : weight >= warning_weight ? warned : 0;
  if (level <= known.level) return;
  known.level = level;
  const auto* word = level == alarmed ? "alarm" : "warning";
  notices_.push_back({code, word, word,
                      fmt::format("{}: {} ({} frames)", name_of(profile_->messages[of.message], of),
                                  to_words(fault), known.frames)});
}

void frame_watch::settle(told_level& known, const char* code, std::uint16_t message,
                         std::int64_t now_us) {
  if (known.frames == 0 || now_us - known.last_us < fault_over_us) return;
  const auto frames = known.frames;
  const bool was_told = known.level != 0;
  known = {};
  if (was_told)
    notices_.push_back(
        {code, "good", "",
         fmt::format("{}: {} frames failed before", profile_->messages[message].name, frames)});
}

void frame_watch::settle_all(std::int64_t now_us) {
  is_unsettled_ = false;
  for (std::size_t i = 0; i < told_.size(); ++i) {
    auto& one = told_[i];
    const auto message = static_cast<std::uint16_t>(i);
    settle(one.length, codes::bad_length, message, now_us);
    settle(one.end_to_end, codes::end_to_end, message, now_us);
    if (one.babbles && now_us - one.babbled_us >= fault_over_us) {
      one.babbles = false;
      notices_.push_back({codes::babble, "quiet", "", profile_->messages[i].name});
    }
    is_unsettled_ |= one.length.frames != 0 || one.end_to_end.frames != 0 || one.babbles;
  }
}

void frame_watch::step(std::int64_t now_us) {
  if (is_unsettled_) settle_all(now_us);
  if (has_bounds_ && now_us - rates_us_ >= rates_period_us) {
    rates_us_ = now_us;
    judge_rates(now_us);
  }
  if (window_us_ && now_us - *window_us_ >= window_min_us_) judge_window(now_us);
  if (!doubled_ || now_us - doubled_us_ < doubled_hold_us) return;
  doubled_ = false;
  notices_.push_back({codes::double_node, "single", "", ""});
}

double frame_watch::rate_hz(const rhythm& one) const {
  const auto newest = one.times_us[(one.seen + rate_distances - 1) % rate_distances];
  const auto oldest = one.times_us[one.seen % rate_distances];
  const auto spread_us = std::max<std::int64_t>(newest - oldest, 1);
  return static_cast<double>(rate_distances - 1) * us_per_s / static_cast<double>(spread_us);
}

// Who is too fast: one message, or every one that could have shown it by now.
void frame_watch::judge_rates(std::int64_t now_us) {
  const auto is_fast_now = [&](const rhythm& one) {
    const auto period_us = std::int64_t{profile_->messages[one.message].period_ms} * us_per_ms;
    return one.fast_us != 0 && now_us - one.fast_us <= period_us;
  };
  std::uint32_t longest_ms = 0;
  std::size_t fast = 0;
  const rhythm* first = nullptr;
  for (const auto& one : rhythms_) {
    if (!is_fast_now(one)) continue;
    if (first == nullptr) first = &one;
    ++fast;
    longest_ms = std::max(longest_ms, profile_->messages[one.message].period_ms);
  }
  if (first == nullptr) return;
  const auto watched = std::ranges::count_if(rhythms_, [&](const rhythm& one) {
    const auto& message = profile_->messages[one.message];
    return message.early_ms != 0 && one.seen > 0 && message.period_ms <= longest_ms;
  });
  const double expected_hz = 1000.0 / profile_->messages[first->message].period_ms;
  const bool alone = watched == 1;
  const bool is_second_device = alone ? rate_hz(*first) < babbling_factor * expected_hz
                                      : fast * 2 > static_cast<std::size_t>(watched);
  if (is_second_device)
    return see_double(now_us, fmt::format("{} of {} messages come too often", fast, watched));
  for (const auto& one : rhythms_)
    if (is_fast_now(one)) tell_babbler(one, rate_hz(one), now_us);
}

void frame_watch::tell_babbler(const rhythm& one, double seen_hz, std::int64_t now_us) {
  auto& told = told_[one.message];
  told.babbled_us = now_us;
  is_unsettled_ = true;
  if (std::exchange(told.babbles, true)) return;
  const auto& message = profile_->messages[one.message];
  const auto of = std::ranges::find(identifiers_, one.message, &plan::identifier::message);
  notices_.push_back({codes::babble, "babbling", "alarm",
                      fmt::format("{} comes {:.0f} times a second, {:.1f} are expected",
                                  name_of(message, *of), seen_hz, 1000.0 / message.period_ms)});
}

// Without a stated bound only the whole device tells: most of it twice as often, for long.
void frame_watch::judge_window(std::int64_t now_us) {
  const double window_ms = static_cast<double>(now_us - *window_us_) / us_per_ms;
  std::size_t judged = 0;
  std::size_t doubled = 0;
  for (auto& one : rhythms_) {
    const auto period_ms = profile_->messages[one.message].period_ms;
    const auto frames = std::exchange(one.in_window, 0);
    if (frames == 0 || period_ms == 0) continue;
    const double expected = window_ms / period_ms;
    if (frames >= unbounded_babbling_frames && frames >= unbounded_babbling_factor * expected) {
      tell_babbler(one, frames * 1000.0 / window_ms, now_us);
      continue;
    }
    if (expected < doubled_frames_min) continue;
    ++judged;
    if (frames >= doubled_factor * expected) ++doubled;
  }
  window_us_ = now_us;
  windows_ = doubled * 2 > judged ? windows_ + 1 : 0;
  if (windows_ >= doubled_windows)
    see_double(now_us, fmt::format("{} of {} messages come twice as often as they should", doubled,
                                   judged));
}

void frame_watch::see_double(std::int64_t now_us, const std::string& why) {
  doubled_us_ = now_us;
  if (std::exchange(doubled_, true)) return;
  notices_.push_back({codes::double_node, "doubled", "alarm", why});
}

std::vector<notice> frame_watch::take_notices() {
  return std::exchange(notices_, {});
}

} // namespace voltaic::messages::profiles
