#include "actors/protection/protection_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "actors/protection/plausibility_model.hpp"

namespace voltaic::actors::protection {

namespace {

constexpr std::uint32_t elements_max = 65'536;

bool is_single(measured what) {
  return what >= measured::voltage && what <= measured::insulation_resistance;
}

} // namespace

std::vector<std::string> protection_options::validate() const {
  std::vector<std::string> wrong;
  const auto has = [&](std::string_view name) {
    return std::ranges::find(table.candidates, name, &messages::protection::candidate::name) !=
           table.candidates.end();
  };
  if (rack.empty()) wrong.push_back("protection needs the name of its rack");
  if (cells().count == 0) wrong.push_back(rack + ": protection needs cell_voltage");
  for (std::size_t each = 0; each < measured_count; ++each) {
    const auto& point = points[each];
    if (point.count == 0) continue;
    const auto what = static_cast<measured>(each);
    const auto name = is_own(what) ? std::string_view(point.name) : describe(what).point;
    const auto most = is_single(what) ? 1 : elements_max;
    if (name.empty()) wrong.push_back(rack + ": a point of its own needs a name");
    if (point.count > most) {
      wrong.push_back(fmt::format("{}: {} must have 1 to {} elements", rack, name, most));
    }
    if (point.period_ms == 0) wrong.push_back(fmt::format("{}: {} needs a period", rack, name));
  }
  for (const double rated_a : {charge_current_a, discharge_current_a}) {
    if (!(rated_a > 0) || !std::isfinite(rated_a)) {
      wrong.push_back(rack + ": rated currents must be above zero");
    }
  }
  for (const auto* needed : {"cell_overvoltage", "cell_undervoltage"}) {
    if (!has(needed)) wrong.push_back(fmt::format("{}: protection has no {}", rack, needed));
  }
  for (const auto& name : disabled) {
    if (!has(name) && !is_built_in(name)) {
      wrong.push_back(fmt::format("{}: cannot disable unknown candidate '{}'", rack, name));
    }
  }
  return wrong;
}

} // namespace voltaic::actors::protection
