#include "actors/simulator/rack_values_model.hpp"

#include <array>

namespace voltaic::actors::simulator {
namespace {

struct description {
  std::string_view name;
  std::uint32_t count;
};

/// In the order of `quantity`.
constexpr std::array descriptions{
    description{"cell_voltage", cells},
    description{"cell_temperature", temperatures},
    description{"voltage", 1},
    description{"current", 1},
    description{"soc", 1},
    description{"bus_voltage", 1},
    description{"reported_charge_current_limit", 1},
    description{"reported_discharge_current_limit", 1},
    description{"contactor_state", 1},
    description{"minus_closed", 1},
    description{"plus_closed", 1},
    description{"precharge_closed", 1},
    description{"balancing", cells},
    description{"module_fault", modules},
    description{"module_charge_current_limit", modules},
    description{"module_discharge_current_limit", modules},
    description{"air_temperature", 1},
    description{"terminal_temperature", terminals},
    description{"insulation_resistance", 1},
    description{"soh", 1},
    description{"current_gain", 1},
};

/// Where the elements of each quantity begin, and the end of all.
constexpr auto firsts = [] {
  std::array<std::uint32_t, descriptions.size() + 1> result{};
  for (std::size_t i = 0; i < descriptions.size(); ++i)
    result[i + 1] = result[i] + descriptions[i].count;
  return result;
}();

static_assert(descriptions.size() == quantities);

std::size_t position(quantity what, std::uint32_t index) {
  return firsts[static_cast<std::size_t>(what)] + index;
}

} // namespace

rack_values_model::rack_values_model() : elements_(firsts.back()) {}

bool rack_values_model::set(std::string_view point, std::optional<std::uint32_t> index,
                            override_kind kind, double value) {
  for (std::size_t what = 0; what < descriptions.size(); ++what) {
    const description& each = descriptions[what];
    if (each.name != point) continue;
    if (index && *index >= each.count) return false;
    // What is in no frame can be neither silent nor frozen.
    const bool is_laid = kind == override_kind::value || kind == override_kind::release;
    if (what == static_cast<std::size_t>(quantity::current_gain) && !is_laid) return false;
    const std::uint32_t first = firsts[what] + index.value_or(0);
    const std::uint32_t end = index ? first + 1 : firsts[what + 1];
    for (std::uint32_t i = first; i < end; ++i) {
      laid_down_[what] -= elements_[i].kind == override_kind::value ? 1 : 0;
      laid_down_[what] += kind == override_kind::value ? 1 : 0;
      elements_[i].kind = kind;
      elements_[i].value = value;
    }
    return true;
  }
  return false;
}

rack_values_model::reported rack_values_model::report(quantity what, std::uint32_t index,
                                                      double physical) {
  element& it = elements_[position(what, index)];
  reported result;
  result.value = physical;
  if (it.kind == override_kind::value) result.value = it.value;
  if (it.kind == override_kind::freeze && it.known) result.value = it.last;
  result.invalid = it.kind == override_kind::invalid;
  result.silent = it.kind == override_kind::silent;
  it.last = result.value;
  it.known = true;
  return result;
}

std::optional<double> rack_values_model::laid_down_at(quantity what, std::uint32_t index) const {
  const element& it = elements_[position(what, index)];
  if (it.kind != override_kind::value) return std::nullopt;
  return it.value;
}

} // namespace voltaic::actors::simulator
