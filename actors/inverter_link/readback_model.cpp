#include "actors/inverter_link/readback_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace voltaic::actors::inverter_link {

std::string words_of(const tighter_register& of) {
  return fmt::format("its register {} reads {:g} {}", of.point, of.held,
                     messages::inverter::items[of.item].unit);
}

readback_model::readback_model(std::vector<cap_point> points) {
  for (auto& each : points) all_.push_back({std::move(each)});
}

void readback_model::note(watched& of, double wanted, std::int64_t now_us) {
  const auto tightest = [&](const std::optional<double>& than) {
    return than && messages::is_tighter(*than, wanted, of.point.side) ? *than : wanted;
  };
  if (!of.now) {
    of.since_us = now_us;
  } else if (now_us - of.since_us >= readback_patience_us) {
    of.before = std::exchange(of.now, std::nullopt);
    of.since_us = now_us;
  }
  of.now = tightest(of.now);
}

void readback_model::step(const std::vector<written_value>& wanted, const reader& read,
                          std::int64_t now_us) {
  tighter_.clear();
  for (auto& each : all_) {
    const auto& about = each.point;
    const auto given = std::ranges::find(wanted, about.point, &written_value::point);
    if (given == wanted.end()) {
      each.now.reset();
      each.before.reset();
      continue;
    }
    note(each, given->value, now_us);
    const auto held = read(about.point);
    if (!held || !each.before) continue;
    const auto is_tighter_than = [&](double value) {
      return std::abs(*held - value) > about.range.resolution &&
             messages::is_tighter(*held, value, about.side);
    };
    if (is_tighter_than(*each.now) && is_tighter_than(*each.before))
      tighter_.push_back({about.item, about.point, *held});
  }
}

const tighter_register* readback_model::find(messages::inverter::item which) const {
  const auto found = std::ranges::find(tighter_, which, &tighter_register::item);
  return found == tighter_.end() ? nullptr : &*found;
}

} // namespace voltaic::actors::inverter_link
