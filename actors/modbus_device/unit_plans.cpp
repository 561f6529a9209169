#include "actors/modbus_device/unit_plans.hpp"

#include <optional>
#include <utility>

namespace voltaic::actors::modbus_device {
namespace {

bus::modbus::table table_of(messages::profiles::register_table table) {
  return table == messages::profiles::register_table::input ? bus::modbus::table::input
                                                            : bus::modbus::table::holding;
}

std::vector<bus::modbus::register_window> writable_of(
    const messages::profiles::register_plan& plan) {
  std::vector<bus::modbus::register_window> windows;
  for (const auto& command : plan.commands())
    if (const auto& target = command.target_register)
      windows.push_back({target->address, target->words});
  return windows;
}

std::optional<bus::modbus::guard_read> guard_of(const messages::profiles::device_profile& profile) {
  if (!profile.guard) return std::nullopt;
  const auto& guard = *profile.guard;
  return bus::modbus::guard_read{
      {table_of(guard.table), guard.address, static_cast<std::uint16_t>(guard.values.size())},
      guard.values};
}

} // namespace

messages::expected<std::vector<bus::modbus::unit_plan>> make_unit_plans(
    const model_options& options, std::uint8_t unit, std::uint32_t min_gap_ms) {
  const auto made = model::create(options);
  if (!made) return made.error();
  const auto& plan = made->plan();
  bus::modbus::unit_plan common;
  common.unit = unit;
  common.min_gap_ms = min_gap_ms;
  common.writable = writable_of(plan);
  common.guard = guard_of(*options.profile);
  std::vector<bus::modbus::unit_plan> plans;
  for (std::size_t i = 0; i < plan.reads().size(); ++i) {
    if (plans.empty() || plans.back().period_ms != plan.period_ms(i)) {
      plans.push_back(common);
      plans.back().period_ms = plan.period_ms(i);
      plans.back().first_read = static_cast<std::uint16_t>(i);
    }
    const auto& read = plan.reads()[i];
    plans.back().reads.push_back({table_of(read.table), read.address, read.count});
  }
  return plans;
}

} // namespace voltaic::actors::modbus_device
