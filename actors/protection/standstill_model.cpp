#include "actors/protection/standstill_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "actors/protection/vectorised.hpp"

namespace voltaic::actors::protection {

namespace {

/// What moves every cell has so many parts; sums stay inside 32 bits.
constexpr std::int32_t whole = 1'000'000;
constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max() / 2;
constexpr double seconds_per_hour = 3'600;
constexpr double ms_per_s = 1'000;

double parts_per_as(double capacity_ah, double resolution_v) {
  if (!(capacity_ah > 0)) return 0;
  const double coarser = std::max(1.0, resolution_v / standstill_resolution_v);
  return whole / (standstill_share * coarser * capacity_ah * seconds_per_hour);
}

struct known_cells {
  const std::int32_t* value;
  const std::int32_t* valid;
  const std::int32_t* fresh;
  std::size_t count;
};
struct passed {
  std::int32_t ms;
  std::int32_t charge;
};
/// The least charge for which a cell stands, and whether one is known at all: any bit.
struct standing {
  std::int32_t least = most;
  std::int32_t any = 0;
};

VOLTAIC_VECTORISED
standing stand(known_cells of, passed by, std::int32_t* __restrict last,
               std::int32_t* __restrict still_ms, std::int32_t* __restrict moved,
               std::int32_t* __restrict ages) {
  standing seen;
  for (std::size_t cell = 0; cell < of.count; ++cell) {
    // Of a cell that is not valid, or silent, nobody knows whether it stands.
    const std::int32_t known = of.valid[cell] & of.fresh[cell];
    const std::int32_t same = -static_cast<std::int32_t>(of.value[cell] == last[cell]) & known;
    last[cell] = of.value[cell];
    const std::int32_t ms = still_ms[cell] + by.ms;
    const std::int32_t charge = moved[cell] + by.charge;
    still_ms[cell] = (ms < most ? ms : most) & same;
    moved[cell] = (charge < most ? charge : most) & same;
    ages[cell] = still_ms[cell] & -static_cast<std::int32_t>(moved[cell] >= whole);
    const std::int32_t counted = moved[cell] | (~known & most);
    seen.least = counted < seen.least ? counted : seen.least;
    seen.any |= known;
  }
  return seen;
}

} // namespace

standstill_model::standstill_model(std::uint32_t count, double capacity_ah, double resolution_v)
    : last_(element_values(count).value.size(), 0),
      still_ms_(last_.size(), 0),
      moved_(last_.size(), 0),
      ages_(last_.size(), 0),
      parts_per_as_(parts_per_as(capacity_ah, resolution_v)) {}

void standstill_model::step(const element_values& cells, std::int32_t flowed_ms, double current_a) {
  carried_ += std::abs(current_a) * flowed_ms / ms_per_s * parts_per_as_;
  const auto charge = static_cast<std::int32_t>(std::min<double>(carried_, most));
  carried_ -= charge;
  const auto seen =
      stand({cells.value.data(), cells.valid.data(), cells.fresh.data(), last_.size()},
            {flowed_ms, charge}, last_.data(), still_ms_.data(), moved_.data(), ages_.data());
  all_stand_ = seen.any != 0 && seen.least >= whole;
}

} // namespace voltaic::actors::protection
