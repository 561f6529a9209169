#include "actors/modbus_device/unit_plans.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "messages/profiles/answer_plan.hpp"
#include "messages/profiles/register_plan.hpp"

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

/// One question of plain RS-485 each: what is asked has a number, and takes no table.
messages::expected<std::vector<bus::modbus::unit_plan>> serial_plans(const model_options& options,
                                                                     std::uint8_t unit,
                                                                     std::uint32_t min_gap_ms) {
  const auto plan = messages::profiles::answer_plan::compile(*options.profile);
  if (!plan) return plan.error();
  bus::modbus::unit_plan common;
  common.unit = unit;
  common.min_gap_ms = min_gap_ms;
  common.dialect = std::make_shared<const messages::serial::dialect>(plan->dialect());
  std::vector<bus::modbus::unit_plan> plans;
  for (std::size_t i = 0; i < plan->read_count(); ++i) {
    plans.push_back(common);
    plans.back().period_ms = plan->period_ms(i);
    plans.back().first_read = static_cast<std::uint16_t>(i);
    plans.back().reads = {{bus::modbus::table::holding, static_cast<std::uint16_t>(i), 1}};
  }
  return plans;
}

} // namespace

messages::expected<std::vector<bus::modbus::unit_plan>> make_unit_plans(
    const model_options& options, std::uint8_t unit, std::uint32_t min_gap_ms) {
  using messages::profiles::protocol;
  if (const auto findings = options.validate(); !findings.empty())
    return messages::failure{options.name + ": " + findings.front()};
  if (options.profile->protocol == protocol::serial) return serial_plans(options, unit, min_gap_ms);
  const auto made = messages::profiles::register_plan::compile(*options.profile);
  if (!made) return made.error();
  const auto& plan = *made;
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
