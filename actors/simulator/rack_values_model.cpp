#include "actors/simulator/rack_values_model.hpp"

#include <array>

namespace voltaic::actors::simulator {
namespace {

struct description {
  std::string_view name;
  std::uint32_t first; ///< element
  std::uint32_t count;
};

constexpr std::uint32_t scalars = cells + temperatures;

/// In the order of `quantity`.
constexpr std::array<description, 12> descriptions{{
    {"cell_voltage", 0, cells},
    {"cell_temperature", cells, temperatures},
    {"voltage", scalars, 1},
    {"current", scalars + 1, 1},
    {"soc", scalars + 2, 1},
    {"bus_voltage", scalars + 3, 1},
    {"reported_charge_current_limit", scalars + 4, 1},
    {"reported_discharge_current_limit", scalars + 5, 1},
    {"contactor_state", scalars + 6, 1},
    {"minus_closed", scalars + 7, 1},
    {"plus_closed", scalars + 8, 1},
    {"precharge_closed", scalars + 9, 1},
}};

std::size_t position(quantity what, std::uint32_t index) {
  return descriptions[static_cast<std::size_t>(what)].first + index;
}

} // namespace

rack_values_model::rack_values_model()
    : elements_(descriptions.back().first + descriptions.back().count) {}

bool rack_values_model::set(std::string_view point, std::optional<std::uint32_t> index,
                            override_kind kind, double value) {
  for (const description& each : descriptions) {
    if (each.name != point) continue;
    if (index && *index >= each.count) return false;
    const std::uint32_t first = each.first + index.value_or(0);
    const std::uint32_t end = index ? first + 1 : each.first + each.count;
    for (std::uint32_t i = first; i < end; ++i) {
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

std::optional<double> rack_values_model::laid_down(quantity what, std::uint32_t index) const {
  const element& it = elements_[position(what, index)];
  if (it.kind != override_kind::value) return std::nullopt;
  return it.value;
}

} // namespace voltaic::actors::simulator
