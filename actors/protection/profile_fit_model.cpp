#include "actors/protection/profile_fit_model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace voltaic::actors::protection {

namespace {

constexpr double percent = 100;

struct physical {
  measured of;
  double least;
  double most;
  const char* unit;
};
constexpr std::array<physical, 2> physical_ranges{
    {{measured::cell_voltage, cell_v_min, cell_v_max, "V"},
     {measured::cell_temperature, cell_c_min, cell_c_max, "degC"}}};

const physical* range_of(measured what) {
  const auto* found = std::ranges::find(physical_ranges, what, &physical::of);
  return found == physical_ranges.end() ? nullptr : found;
}

} // namespace

profile_fit_model::outside profile_fit_model::outside_of(measured what, const scan_model* scan) {
  if (scan == nullptr) return {what, 0, 0};
  const auto& known = scan->values();
  outside found{what, scan->invalid_count(), static_cast<std::uint32_t>(known.count)};
  const auto* range = range_of(what);
  if (range == nullptr) return found;
  const double parts = describe(what).parts;
  for (std::size_t each = 0; each < known.count; ++each) {
    if (known.valid[each] == 0) continue;
    const double value = known.value[each] / parts;
    if (value < range->least || value > range->most) ++found.outside;
  }
  return found;
}

profile_fit_model::sum profile_fit_model::sum_of(const seen& now) {
  sum found;
  if (now.voltage == nullptr || !now.voltage->values().any_valid || !now.cells->all_received())
    return found;
  found.rack_v = now.voltage->values().value[0] / describe(measured::voltage).parts;
  // A rack whose fuse or sensor is gone says zero: that is no scale.
  if (found.rack_v <= 0) return found;
  const auto& cells = now.cells->values();
  double known_v = 0;
  std::size_t unknown = 0;
  for (std::size_t each = 0; each < cells.count; ++each) {
    if (cells.valid[each] != 0)
      known_v += cells.value[each] / describe(measured::cell_voltage).parts;
    else
      ++unknown;
  }
  found.lowest_v = known_v;
  found.highest_v = known_v + static_cast<double>(unknown) * cell_v_max;
  const double between_v =
      std::max({found.lowest_v - found.rack_v, found.rack_v - found.highest_v, 0.0});
  found.differs = between_v >= found.rack_v * misfit_percent / percent;
  return found;
}

void profile_fit_model::step(const seen& now) {
  if (is_proven_ || now.cells == nullptr) return;
  outside_ = {outside_of(measured::cell_voltage, now.cells),
              outside_of(measured::cell_temperature, now.temperatures),
              outside_of(measured::voltage, now.voltage),
              outside_of(measured::current, now.current)};
  sum_ = sum_of(now);
  const auto found =
      static_cast<std::int32_t>(std::ranges::count_if(outside_, &outside::are_most)) +
      (sum_.differs ? 1 : 0);
  const auto scans = now.cells->scans();
  if (found > 0) {
    misfits_ = found;
    scans_at_misfit_ = scans;
    return;
  }
  // A silence began the row anew.
  scans_at_misfit_ = std::min(scans_at_misfit_, scans);
  const bool heard_all = std::ranges::all_of(
      std::array{now.cells, now.temperatures, now.voltage, now.current},
      [](const scan_model* each) { return each == nullptr || each->all_received(); });
  if (!heard_all || scans - scans_at_misfit_ < scans_for_ready) return;
  is_proven_ = true;
  misfits_ = 0;
}

void profile_fit_model::forget() {
  is_proven_ = false;
  scans_at_misfit_ = 0;
}

std::string profile_fit_model::words() const {
  std::vector<std::string> all;
  for (const auto& each : outside_) {
    if (!each.are_most()) continue;
    const auto name = describe(each.of).point;
    const auto* range = range_of(each.of);
    all.push_back(range == nullptr
                      ? fmt::format("{} is no value that it has", name)
                      : fmt::format("{} of {} {} are no values that it has, or outside {} to {} {}",
                                    each.outside, each.count, name, range->least, range->most,
                                    range->unit));
  }
  if (sum_.differs)
    all.push_back(fmt::format("the cells add up to {:.1f} V, the rack says {:.1f} V",
                              sum_.rack_v < sum_.lowest_v ? sum_.lowest_v : sum_.highest_v,
                              sum_.rack_v));
  return fmt::format("{}", fmt::join(all, "; "));
}

} // namespace voltaic::actors::protection
