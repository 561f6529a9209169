#include "bus/modbus/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace voltaic::bus::modbus {
namespace {

constexpr std::int64_t us_per_ms = 1'000;
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// Exceptions by which a unit, or the gateway before it, asks to be left alone
/// for a while: acknowledge, busy, no path, no answer.
bool asks_for_rest(std::uint8_t code) {
  constexpr std::uint8_t codes[] = {0x05, 0x06, 0x0A, 0x0B};
  return std::ranges::find(codes, code) != std::end(codes);
}

constexpr std::int64_t us_per_s = 1'000'000;

} // namespace

std::int64_t frame_silence_us(const line_options& line) {
  constexpr std::uint32_t fixed_above_baud = 19'200;
  constexpr std::int64_t fixed_us = 1'750;
  constexpr std::int64_t bits_per_35_characters = 385; // of 11 bits
  if (line.transport != transport::rtu) return 0;
  if (line.serial.baud > fixed_above_baud) return fixed_us;
  return bits_per_35_characters * us_per_s / (10 * std::int64_t{line.serial.baud});
}

schedule::schedule(const line_options& line, std::int64_t now_us) : line_(line) {
  for (const auto& plan : line.units) {
    const auto known = std::ranges::find_if(
        units_, [&](const unit_state& each) { return each.plan->unit == plan.unit; });
    const auto at = static_cast<std::size_t>(known - units_.begin());
    if (known == units_.end()) {
      units_.emplace_back();
      units_.back().plan = &plan;
    }
    if (plan.reads.empty()) continue;
    slots_.emplace_back();
    slots_.back().plan = &plan;
    slots_.back().unit = at;
    slots_.back().due_us = now_us;
  }
}

std::int64_t schedule::start_us(const slot& one) const {
  const auto& unit = units_[one.unit];
  const bool waits = unit.retrying != no_slot && &slots_[unit.retrying] != &one;
  return waits ? never : std::max({one.due_us, unit.quiet_us, unit.rest_us, line_free_us_});
}

bool schedule::yields(const slot& one) const {
  const auto& unit = units_[one.unit];
  return unit.condition != condition::healthy || unit.tries != 0;
}

const schedule::unit_state* schedule::find(std::uint8_t unit) const {
  const auto found =
      std::ranges::find_if(units_, [&](const unit_state& each) { return each.plan->unit == unit; });
  return found == units_.end() ? nullptr : &*found;
}

schedule::turn schedule::next(const std::deque<write_request>& waiting, std::int64_t now_us) {
  std::optional<std::size_t> patient; // of a unit that may not answer
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const auto& each = waiting[i];
    if (each.deadline_us != 0 && now_us >= each.deadline_us) return {i, {}};
    if (std::max(free_us(each.unit), line_free_us_) > now_us) continue;
    const auto* unit = find(each.unit);
    const bool answers =
        unit == nullptr || (unit->condition != condition::failing && !unit->suspect);
    if (answers) return {i, {}};
    if (!patient) patient = i;
  }
  if (patient && !std::exchange(read_is_due_, true)) return {patient, {}};
  if (const auto reading = next_read(now_us)) {
    read_is_due_ = false;
    return {{}, reading};
  }
  return {patient, {}};
}

std::optional<schedule::task> schedule::next_read(std::int64_t now_us) {
  std::size_t first = no_slot;   // of those that answer
  std::size_t patient = no_slot; // of the others
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (start_us(slots_[i]) > now_us) continue;
    auto& best = yields(slots_[i]) ? patient : first;
    if (best == no_slot || slots_[i].due_us < slots_[best].due_us) best = i;
  }
  if (first == no_slot && patient == no_slot) return std::nullopt;
  const bool its_turn = patient != no_slot && (first == no_slot || yielded_ >= yields_max);
  yielded_ = its_turn || patient == no_slot ? 0 : yielded_ + 1;
  return task_of(its_turn ? patient : first);
}

std::int64_t schedule::due_us(const std::deque<write_request>& waiting) const {
  std::int64_t first = never;
  for (const auto& each : waiting) {
    const auto due_us = std::max(free_us(each.unit), line_free_us_);
    first = std::min({first, due_us, each.deadline_us == 0 ? never : each.deadline_us});
  }
  for (const auto& each : slots_) first = std::min(first, start_us(each));
  return first;
}

schedule::task schedule::task_of(std::size_t index) const {
  const auto& chosen = slots_[index];
  const auto& unit = units_[chosen.unit];
  task made{index, chosen.plan->unit, {}, unit.suspect && unit.plan->guard.has_value()};
  made.request =
      made.is_guard ? unit.plan->guard->request : chosen.plan->reads[chosen.answers.size()];
  return made;
}

std::optional<poll> schedule::book(const task& done, exchange&& gave, std::int64_t now_us) {
  auto& one = slots_[done.slot];
  auto& unit = units_[one.unit];
  line_free_us_ = now_us + frame_silence_us(line_);
  unit.quiet_us = now_us + unit.plan->min_gap_ms * us_per_ms;
  unit.rest_us = 0;
  // Whatever was on its way had its time, or the guard told it apart.
  if (!unit.plan->guard) unit.suspect = false;
  if (gave.outcome == outcome::disconnected) {
    unit.tries = 0;
    unit.retrying = no_slot;
    append(one, std::move(gave), now_us);
    append_rest(one, now_us);
    return finish_if_complete(one, now_us);
  }
  const bool answered = gave.outcome == outcome::done || gave.outcome == outcome::exception;
  if (!answered) return book_missing(unit, one, done, std::move(gave), now_us);
  if (done.is_guard) return book_guard(unit, one, done, std::move(gave), now_us);
  unit.tries = 0;
  unit.retrying = no_slot;
  const bool rests = line_.transport != transport::framed && gave.outcome == outcome::exception &&
                     asks_for_rest(gave.exception_code);
  append(one, std::move(gave), now_us);
  if (rests) {
    fail(unit, now_us);
    append_rest(one, now_us);
  } else {
    unit.condition = condition::healthy;
    unit.backoff_us = 0;
  }
  return finish_if_complete(one, now_us);
}

std::optional<poll> schedule::book_guard(unit_state& unit, slot& one, const task& done,
                                         exchange&& gave, std::int64_t now_us) {
  if (gave.outcome == outcome::done && gave.registers != unit.plan->guard->values) {
    gave = {outcome::bad_answer, 0, {}, "the guard registers hold other values", false};
    return book_missing(unit, one, done, std::move(gave), now_us);
  }
  unit.suspect = false;
  return std::nullopt;
}

std::optional<poll> schedule::book_missing(unit_state& unit, slot& one, const task& done,
                                           exchange&& gave, std::int64_t now_us) {
  make_suspect(unit, now_us);
  if (unit.condition == condition::healthy && unit.tries < retries_max) {
    ++unit.tries;
    unit.retrying = done.slot;
    return std::nullopt;
  }
  fail(unit, now_us);
  append(one, std::move(gave), now_us);
  append_rest(one, now_us);
  return finish_if_complete(one, now_us);
}

// On TCP the connection was closed, and with it went what was late. On a serial
// line it comes: the unit is not asked for anything else until it had the time,
// or until its guard registers tell the answers apart.
void schedule::make_suspect(unit_state& unit, std::int64_t now_us) const {
  if (line_.transport == transport::tcp) return;
  unit.suspect = true;
  if (!unit.plan->guard)
    unit.quiet_us =
        std::max(unit.quiet_us, now_us + std::int64_t{line_.response_timeout_ms} * us_per_ms);
}

void schedule::fail(unit_state& unit, std::int64_t now_us) const {
  unit.condition = condition::failing;
  unit.tries = 0;
  unit.retrying = no_slot;
  unit.backoff_us = std::clamp(2 * unit.backoff_us, line_.probe_min_ms * us_per_ms,
                               line_.probe_max_ms * us_per_ms);
  unit.rest_us = now_us + unit.backoff_us;
}

void schedule::append(slot& one, exchange&& gave, std::int64_t now_us) const {
  one.was_failing |= units_[one.unit].condition != condition::healthy;
  one.answers.push_back({one.plan->reads[one.answers.size()], gave.outcome, gave.exception_code,
                         std::move(gave.registers), now_us, std::move(gave.reason)});
}

void schedule::append_rest(slot& one, std::int64_t now_us) const {
  while (one.answers.size() < one.plan->reads.size()) {
    auto like = one.answers.back();
    append(one, {like.outcome, like.exception_code, {}, "not asked: " + like.reason, false},
           now_us);
  }
}

std::optional<poll> schedule::finish_if_complete(slot& one, std::int64_t now_us) {
  if (one.answers.size() < one.plan->reads.size()) return std::nullopt;
  poll round;
  round.unit = one.plan->unit;
  round.first_read = one.plan->first_read;
  round.answers = std::exchange(one.answers, {});
  round.now_us = now_us;
  advance(one, now_us);
  return round;
}

// The grid is fixed: what could not be done in time is left out and counted, and
// shifts nothing.
void schedule::advance(slot& one, std::int64_t now_us) {
  const std::int64_t period_us = one.plan->period_ms * us_per_ms;
  one.due_us += period_us;
  const bool was_failing = std::exchange(one.was_failing, false);
  if (one.due_us > now_us) return;
  const auto missed = (now_us - one.due_us) / period_us + 1;
  one.due_us += missed * period_us;
  if (!was_failing) overruns_ += static_cast<std::uint64_t>(missed);
}

std::int64_t schedule::free_us(std::uint8_t unit) const {
  const auto* known = find(unit);
  return known == nullptr ? 0 : known->quiet_us;
}

void schedule::book_write(std::uint8_t unit, outcome gave, std::int64_t now_us) {
  line_free_us_ = now_us + frame_silence_us(line_);
  for (auto& each : units_) {
    if (each.plan->unit != unit) continue;
    each.quiet_us = std::max(each.quiet_us, now_us + each.plan->min_gap_ms * us_per_ms);
    if (gave == outcome::timeout || gave == outcome::bad_answer) make_suspect(each, now_us);
  }
}

std::size_t schedule::skipped() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      units_, [](const unit_state& each) { return each.condition == condition::failing; }));
}

} // namespace voltaic::bus::modbus
