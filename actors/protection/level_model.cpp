#include "actors/protection/level_model.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

#include "actors/protection/vectorised.hpp"

namespace voltaic::actors::protection {

namespace {

constexpr std::size_t padded(std::size_t count) {
  return (count + lanes - 1) / lanes * lanes;
}

/// Of the valid elements; without any, the smallest is the largest number there is.
struct summary {
  std::int32_t minimum = std::numeric_limits<std::int32_t>::max();
  std::int32_t maximum = std::numeric_limits<std::int32_t>::min();
  std::int32_t any_valid = 0;
};

VOLTAIC_VECTORISED
summary summary_of(const std::int32_t* values, const std::int32_t* valid, std::size_t count) {
  constexpr summary none;
  summary found;
  for (std::size_t lane = 0; lane < count; ++lane) {
    const std::int32_t mask = valid[lane];
    const std::int32_t up = (values[lane] & mask) | (none.minimum & ~mask);
    const std::int32_t down = (values[lane] & mask) | (none.maximum & ~mask);
    found.minimum = up < found.minimum ? up : found.minimum;
    found.maximum = down > found.maximum ? down : found.maximum;
    found.any_valid |= mask;
  }
  return found;
}

/// Elements of one level, as far as they decide whether it counts.
struct level_lanes {
  const std::int32_t* values;
  const std::int32_t* valid;
  const std::int32_t* gates;
  std::size_t count;
  std::int32_t flip; ///< -1 where low values are bad: it turns the sign around
  std::int32_t set;  ///< for values with that sign
};

/// -1 where the value of a lane is beyond the limit, else 0.
inline std::int32_t is_bad(const level_lanes& of, std::size_t lane) {
  const std::int32_t value = (of.values[lane] ^ of.flip) - of.flip;
  return -static_cast<std::int32_t>(value >= of.set) & of.gates[lane];
}

/// Some integrator is above zero, or has reached what sets: any bit.
struct integrated {
  std::int32_t above_zero = 0;
  std::int32_t reached = 0;
};

VOLTAIC_VECTORISED
integrated add_up(level_lanes of, std::int32_t charge_us, std::int32_t full,
                  std::int32_t* __restrict integrals) {
  integrated found;
  for (std::size_t lane = 0; lane < of.count; ++lane) {
    const std::int32_t good = ~is_bad(of, lane);
    // +charge where bad, -charge where not, nothing where not valid.
    const std::int32_t change = ((charge_us ^ good) - good) & of.valid[lane];
    std::int32_t next = integrals[lane] + change;
    next = next < 0 ? 0 : next;
    next = next > full ? full : next;
    integrals[lane] = next;
    found.above_zero |= next;
    found.reached |= -static_cast<std::int32_t>(next >= full);
  }
  return found;
}

VOLTAIC_VECTORISED
bool any_due(level_lanes of, const std::int32_t* integrals, std::int32_t full,
             const std::int32_t* confirmed, const std::int32_t* states) {
  std::int32_t due = 0;
  for (std::size_t lane = 0; lane < of.count; ++lane) {
    due |= is_bad(of, lane) & of.valid[lane] & confirmed[lane] & ~states[lane] &
           -static_cast<std::int32_t>(integrals[lane] >= full);
  }
  return due != 0;
}

VOLTAIC_VECTORISED
std::int64_t sum_of(const std::int32_t* values, std::size_t count) {
  std::int64_t sum = 0;
  for (std::size_t lane = 0; lane < count; ++lane) sum += values[lane];
  return sum;
}

VOLTAIC_VECTORISED
bool all_set(const std::int32_t* masks, std::size_t count) {
  std::int32_t all = -1;
  for (std::size_t lane = 0; lane < count; ++lane) all &= masks[lane];
  return all != 0;
}

} // namespace

element_values::element_values(std::size_t elements)
    : count(elements),
      value(padded(elements), 0),
      valid(padded(elements), 0),
      confirmed(padded(elements), -1),
      fresh(padded(elements), -1) {}

void element_values::summarise() {
  const auto found = summary_of(value.data(), valid.data(), value.size());
  minimum = found.minimum;
  maximum = found.maximum;
  any_valid = found.any_valid != 0;
}

void element_values::put(std::optional<std::int32_t> one) {
  any_valid = one.has_value();
  valid[0] = one ? -1 : 0;
  if (one) value[0] = minimum = maximum = *one;
}

std::optional<std::int64_t> element_values::sum_if_all_valid() const {
  if (!all_set(valid.data(), count)) return std::nullopt;
  return sum_of(value.data(), count);
}

level_model::level_model(messages::protection::direction side, std::vector<level_setting> levels,
                         std::size_t count, bool cascade)
    : sign_(side == messages::protection::direction::high ? 1 : -1),
      padded_(padded(count)),
      levels_(std::move(levels)),
      integral_us_(levels_.size() * padded_, 0),
      clear_us_(levels_.size() * padded_, 0),
      state_(levels_.size() * padded_, 0),
      gates_((cascade ? levels_.size() : 1) * padded_, -1),
      active_(levels_.size(), 0),
      pending_(levels_.size(), 0),
      full_(levels_.size(), 0),
      counts_(levels_.size(), 1) {
  for (auto& each : levels_) {
    each.set *= sign_;
    each.clear *= sign_;
  }
  find_least_set();
}

void level_model::count_level(std::size_t level, bool counts) {
  counts_[level] = counts ? 1 : 0;
  find_least_set();
}

void level_model::find_least_set() {
  least_set_ = std::numeric_limits<std::int32_t>::max();
  for (std::size_t level = 0; level < levels_.size(); ++level)
    least_set_ = std::min(least_set_, set_at(level));
}

std::int32_t level_model::set_at(std::size_t level) const {
  // No value is as large as this, see `fixed_max`.
  constexpr auto never = std::numeric_limits<std::int32_t>::max();
  return counts_[level] != 0 ? levels_[level].set : never;
}

void level_model::step_levels(const element_values& input, std::int32_t charge_us,
                              std::vector<transition>& changes) {
  assert(charge_us >= 0 && charge_us <= charge_us_max && input.value.size() == padded_);
  quiet_ = true;
  if (gates_.size() > padded_)
    std::copy(state_.begin(), state_.end() - static_cast<std::ptrdiff_t>(padded_),
              gates_.begin() + static_cast<std::ptrdiff_t>(padded_));
  const std::int32_t worst = worst_of(input);
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    const bool beyond = input.any_valid && worst >= set_at(level);
    if (!beyond && pending_[level] == 0 && active_[level] == 0) continue;
    // Without a charge no integrator moves: nothing becomes due that is not full already.
    const bool may_set = charge_us > 0 || full_[level] != 0 || levels_[level].set_us == 0;
    if (may_set && integrate(level, input, charge_us)) set_due(level, input, changes);
    if (active_[level] > 0) clear_due(level, input, charge_us, changes);
    quiet_ = quiet_ && !beyond && pending_[level] == 0 && active_[level] == 0;
  }
}

const std::int32_t* level_model::gate_of(std::size_t level) const {
  return gates_.data() + (gates_.size() > padded_ ? level * padded_ : 0);
}

bool level_model::integrate(std::size_t level, const element_values& input,
                            std::int32_t charge_us) {
  const level_lanes of{input.value.data(), input.valid.data(), gate_of(level), padded_,
                       sign_ > 0 ? 0 : -1, set_at(level)};
  const std::int32_t full = levels_[level].set_us;
  auto* integrals = integral_us_.data() + level * padded_;
  const auto found = add_up(of, charge_us, full, integrals);
  pending_[level] = found.above_zero != 0 ? 1 : 0;
  full_[level] = found.reached != 0 ? 1 : 0;
  return full_[level] != 0 &&
         any_due(of, integrals, full, input.confirmed.data(), state_.data() + level * padded_);
}

void level_model::set_due(std::size_t level, const element_values& input,
                          std::vector<transition>& changes) {
  const std::int32_t set = set_at(level);
  for (std::size_t element = 0; element < input.count; ++element) {
    const std::size_t at = level * padded_ + element;
    const bool bad = input.valid[element] != 0 && input.confirmed[element] != 0 &&
                     gate_of(level)[element] != 0 && sign_ * input.value[element] >= set;
    if (state_[at] != 0 || !bad || integral_us_[at] < levels_[level].set_us) continue;
    begin(level, at);
    changes.push_back({static_cast<std::uint32_t>(element), input.value[element],
                       static_cast<std::uint8_t>(level), edge::set});
  }
}

void level_model::clear_due(std::size_t level, const element_values& input, std::int32_t charge_us,
                            std::vector<transition>& changes) {
  const auto& limits = levels_[level];
  for (std::size_t element = 0; element < input.count; ++element) {
    const std::size_t at = level * padded_ + element;
    if (state_[at] == 0) continue;
    // Written so that nothing but a valid value behind the limit satisfies it.
    const bool behind = input.valid[element] != 0 && input.fresh[element] != 0 &&
                        sign_ * input.value[element] <= limits.clear;
    clear_us_[at] =
        behind ? clear_us_[at] + std::min(charge_us, limits.clear_us - clear_us_[at]) : 0;
    if (!behind || clear_us_[at] < limits.clear_us) continue;
    state_[at] = 0;
    integral_us_[at] = 0;
    --active_[level];
    changes.push_back({static_cast<std::uint32_t>(element), input.value[element],
                       static_cast<std::uint8_t>(level), edge::clear});
  }
}

void level_model::restart_clearing() {
  std::ranges::fill(clear_us_, 0);
}

bool level_model::imply(std::size_t level, std::size_t element) {
  const std::size_t at = level * padded_ + element;
  if (state_[at] != 0 || counts_[level] == 0) return false;
  begin(level, at);
  quiet_ = false;
  return true;
}

void level_model::begin(std::size_t level, std::size_t at) {
  state_[at] = -1;
  clear_us_[at] = 0;
  ++active_[level];
}

bool level_model::is_behind(std::size_t level, const element_values& input) const {
  for (std::size_t element = 0; element < input.count; ++element) {
    if (input.valid[element] == 0 || input.fresh[element] == 0) return false;
    if (sign_ * input.value[element] > levels_[level].clear) return false;
  }
  return true;
}

} // namespace voltaic::actors::protection
