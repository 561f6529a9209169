#include "actors/protection/level_model.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

namespace voltaic::actors::protection {

namespace {

constexpr std::size_t padded(std::size_t count) {
  return (count + lanes - 1) / lanes * lanes;
}

} // namespace

element_values::element_values(std::size_t elements)
    : count(elements),
      value(padded(elements), 0),
      valid(padded(elements), 0),
      confirmed(padded(elements), -1) {}

void element_values::summarise() {
  constexpr auto lowest = std::numeric_limits<std::int32_t>::min();
  constexpr auto highest = std::numeric_limits<std::int32_t>::max();
  std::int32_t smallest[lanes];
  std::int32_t largest[lanes];
  std::int32_t seen[lanes] = {};
  std::fill_n(smallest, lanes, highest);
  std::fill_n(largest, lanes, lowest);
  for (std::size_t base = 0; base < value.size(); base += lanes) {
    const std::int32_t* values = value.data() + base;
    const std::int32_t* masks = valid.data() + base;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const std::int32_t mask = masks[lane];
      const std::int32_t up = (values[lane] & mask) | (highest & ~mask);
      const std::int32_t down = (values[lane] & mask) | (lowest & ~mask);
      smallest[lane] = up < smallest[lane] ? up : smallest[lane];
      largest[lane] = down > largest[lane] ? down : largest[lane];
      seen[lane] |= mask;
    }
  }
  minimum = *std::min_element(smallest, smallest + lanes);
  maximum = *std::max_element(largest, largest + lanes);
  any_valid = std::any_of(seen, seen + lanes, [](std::int32_t mask) { return mask != 0; });
}

void element_values::put(std::optional<std::int32_t> one) {
  any_valid = one.has_value();
  valid[0] = one ? -1 : 0;
  if (one) value[0] = minimum = maximum = *one;
}

std::optional<std::int64_t> element_values::sum_if_all_valid() const {
  std::int64_t sum = 0;
  std::int32_t all = -1;
  for (std::size_t element = 0; element < count; ++element) {
    sum += value[element];
    all &= valid[element];
  }
  return all != 0 ? std::optional(sum) : std::nullopt;
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
}

std::int32_t level_model::set_at(std::size_t level) const {
  // No value is as large as this, see `fixed_max`.
  constexpr auto never = std::numeric_limits<std::int32_t>::max();
  return counts_[level] != 0 ? levels_[level].set : never;
}

void level_model::step(const element_values& input, std::int32_t charge_us,
                       std::vector<transition>& changes) {
  assert(charge_us >= 0 && charge_us <= charge_us_max && input.value.size() == padded_);
  quiet_ = true;
  if (gates_.size() > padded_)
    std::copy(state_.begin(), state_.end() - static_cast<std::ptrdiff_t>(padded_),
              gates_.begin() + static_cast<std::ptrdiff_t>(padded_));
  const std::int32_t worst = sign_ > 0 ? input.maximum : -input.minimum;
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
  const std::int32_t set = set_at(level);
  const std::int32_t full = levels_[level].set_us;
  std::int32_t above_zero[lanes] = {};
  std::int32_t reached[lanes] = {};
  std::int32_t due[lanes] = {};
  for (std::size_t base = 0; base < padded_; base += lanes) {
    const std::int32_t* values = input.value.data() + base;
    const std::int32_t* masks = input.valid.data() + base;
    const std::int32_t* trusted = input.confirmed.data() + base;
    const std::int32_t* gates = gate_of(level) + base;
    const std::int32_t* states = state_.data() + level * padded_ + base;
    std::int32_t* integrals = integral_us_.data() + level * padded_ + base;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const std::int32_t bad =
          -static_cast<std::int32_t>(sign_ * values[lane] >= set) & gates[lane];
      // +charge where bad, -charge where not, nothing where not valid.
      const std::int32_t change = ((charge_us & bad) - (charge_us & ~bad)) & masks[lane];
      std::int32_t next = integrals[lane] + change;
      next = next < 0 ? 0 : next;
      next = next > full ? full : next;
      integrals[lane] = next;
      above_zero[lane] |= next;
      reached[lane] |= -static_cast<std::int32_t>(next >= full);
      due[lane] |= bad & masks[lane] & trusted[lane] & ~states[lane] &
                   -static_cast<std::int32_t>(next >= full);
    }
  }
  const auto any = [](std::int32_t lane) { return lane != 0; };
  pending_[level] = std::any_of(above_zero, above_zero + lanes, any) ? 1 : 0;
  full_[level] = std::any_of(reached, reached + lanes, any) ? 1 : 0;
  return std::any_of(due, due + lanes, any);
}

void level_model::set_due(std::size_t level, const element_values& input,
                          std::vector<transition>& changes) {
  const std::int32_t set = set_at(level);
  for (std::size_t element = 0; element < input.count; ++element) {
    const std::size_t at = level * padded_ + element;
    const bool bad = input.valid[element] != 0 && input.confirmed[element] != 0 &&
                     gate_of(level)[element] != 0 && sign_ * input.value[element] >= set;
    if (state_[at] != 0 || !bad || integral_us_[at] < levels_[level].set_us) continue;
    state_[at] = -1;
    clear_us_[at] = 0;
    ++active_[level];
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
    const bool behind = input.valid[element] != 0 && sign_ * input.value[element] <= limits.clear;
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

} // namespace voltaic::actors::protection
