#include "actors/inverter_link/range_model.hpp"

#include <fmt/format.h>

#include <utility>

namespace voltaic::actors::inverter_link {

namespace wire = messages::inverter;

namespace {

bool is_battery_voltage(wire::item which) {
  return which == wire::item_of("voltage") || which == wire::item_of("charge_voltage_limit") ||
         which == wire::item_of("discharge_voltage_limit");
}

} // namespace

void range_model::look(const wire::field& at, const wire::payload& told) {
  if (at.what != wire::field::kind::number) return;
  const auto value = told.number(at.item);
  if (!value || wire::can_say(at, wire_, *value)) return;
  if (is_battery_voltage(at.item)) stopping_.insert(at.item);
  const auto range = wire::range_of(at, wire_);
  const auto& item = wire::items[at.item];
  if (!found_.empty()) found_ += ", ";
  found_ += fmt::format("{} of {:.1f} {} (its field holds {:g} to {:g})", item.name, *value,
                        item.unit, range.least, range.most);
  found_names_ += item.name;
  found_names_ += ' ';
}

void range_model::look(const wire::payload& told, std::int64_t now_us) {
  std::erase_if(stopping_, [&](const wire::item which) { return told.number(which).has_value(); });
  found_.clear();
  found_names_.clear();
  for (const auto& layout : profile_->frames)
    for (const auto& each : layout.fields) look(each, told);
  if (!found_.empty()) {
    found_us_ = now_us;
    if (found_names_ != names_) {
      names_ = found_names_;
      reason_ = found_;
    }
  } else if (stops()) {
    found_us_ = now_us;
  } else if (!reason_.empty() && now_us - found_us_ >= range_memory_us) {
    names_.clear();
    reason_.clear();
  }
}

std::optional<std::string> range_model::take_news() {
  if (std::exchange(names_told_, names_) == names_) return std::nullopt;
  return reason_;
}

} // namespace voltaic::actors::inverter_link
