#include "actors/contactor/feedback_reader.hpp"

#include <string_view>

namespace voltaic::actors::contactor {

namespace {

constexpr std::array<std::string_view, 9> point_names{
    "minus_closed", "plus_closed", "precharge_closed", "opened_by_lease", "current",
    "voltage",      "bus_voltage", "accepted_epoch",   "single_orders"};

std::optional<bool> truth(const std::optional<double>& value) {
  if (!value) return std::nullopt;
  return *value != 0;
}

} // namespace

void feedback_reader::learn(const messages::catalogue& described) {
  fingerprint_ = described.fingerprint;
  for (std::size_t each = 0; each < field_count; ++each) {
    places_[each].reset();
    for (std::size_t position = 0; position < described.points.size(); ++position) {
      const auto& point = described.points[position];
      if (point.name != rack_ + "/" + std::string(point_names[each])) continue;
      places_[each] =
          place{static_cast<std::uint16_t>(position), messages::points::scale_of(point)};
    }
  }
}

void feedback_reader::take(const messages::telemetry& said, std::int64_t time_us) {
  if (said.fingerprint != fingerprint_) return;
  for (const auto& block : said.blocks) {
    for (std::size_t each = 0; each < field_count; ++each) {
      const auto& at = places_[each];
      if (!at || at->position != block.point || block.first_index != 0) continue;
      const auto value = messages::points::good_number(block, at->scale);
      if (waiting_.size() == waiting_max) {
        apply(waiting_.front());
        waiting_.pop_front();
      }
      waiting_.push_back({time_us, static_cast<field>(each), value});
    }
  }
}

const device_values& feedback_reader::values_at(std::int64_t now_us) {
  while (!waiting_.empty() && waiting_.front().time_us <= now_us) {
    apply(waiting_.front());
    waiting_.pop_front();
  }
  return values_;
}

void feedback_reader::apply(const change& one) {
  switch (one.which) {
    case field::minus:
      values_.minus_closed = truth(one.value);
      break;
    case field::plus:
      values_.plus_closed = truth(one.value);
      break;
    case field::precharge:
      values_.precharge_closed = truth(one.value);
      break;
    case field::lease:
      values_.opened_by_lease = truth(one.value);
      break;
    case field::current:
      values_.current_a = one.value;
      break;
    case field::rack_v:
      values_.rack_v = one.value;
      break;
    case field::bus_v:
      values_.bus_v = one.value;
      break;
    case field::epoch:
      values_.accepted_epoch = one.value;
      break;
    case field::single:
      values_.single_orders = truth(one.value);
      break;
  }
}

} // namespace voltaic::actors::contactor
