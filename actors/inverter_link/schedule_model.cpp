#include "actors/inverter_link/schedule_model.hpp"

#include <utility>

namespace voltaic::actors::inverter_link {

schedule_model::schedule_model(const std::vector<messages::inverter::frame_layout>& frames) {
  for (const auto& each : frames)
    entries_.push_back({std::int64_t{each.period_ms} * messages::us_per_ms,
                        std::int64_t{each.phase_ms} * messages::us_per_ms, each.on_request, 0,
                        false, false, 0});
}

void schedule_model::ask(const std::string& request) {
  for (auto& each : entries_)
    if (!each.on_request.empty() && each.on_request == request) each.is_asked = true;
}

std::vector<std::size_t> schedule_model::due(std::int64_t now_us) {
  if (!std::exchange(is_started_, true))
    for (auto& each : entries_) each.due_us = now_us + each.phase_us;
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    auto& each = entries_[i];
    const bool is_timely = each.period_us > 0 && now_us >= each.due_us;
    if (is_timely) each.due_us += (1 + (now_us - each.due_us) / each.period_us) * each.period_us;
    const bool is_asked = std::exchange(each.is_asked, false);
    const bool is_urgent =
        std::exchange(each.is_urgent, false) && now_us - each.last_us >= hurry_gap_us;
    if (!is_timely && !is_asked && !is_urgent) continue;
    each.last_us = now_us;
    all.push_back(i);
  }
  return all;
}

} // namespace voltaic::actors::inverter_link
