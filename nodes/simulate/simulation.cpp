#include "nodes/simulate/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "messages/points/output.hpp"
#include "nodes/simulate/event_writer.hpp"
#include "nodes/simulate/told_inverters.hpp"

namespace voltaic::nodes::simulate {
namespace {

/// Every scan of a rack falls on multiples of this after its first one.
constexpr std::int64_t scan_cycle_us = messages::us_per_s;
/// An event is at most this much older than the moment in which it is heard.
constexpr std::int64_t event_lag_max_us = 10 * messages::us_per_s;
/// A close command that was refused is given again after this.
constexpr std::int64_t close_again_us = 5 * messages::us_per_s;

bool all_good(const simulated_site& site, const site::plan& plan) {
  return std::all_of(plan.racks.begin(), plan.racks.end(), [&](const site::rack& rack) {
    const auto cells = site.points().find(rack.name + "/cell_voltage");
    return cells && cells->quality == messages::quality::good;
  });
}

bool is_closed(const simulated_site& site, const site::rack& rack) {
  const auto contactor = site.points().find(rack.name + "/contactor");
  return contactor && messages::points::value_text(*contactor) == "closed";
}

/// Steps until `reached` holds, within the bound for everything before t=0.
template <class Condition>
bool wait_for(simulated_site& site, Condition reached) {
  const std::int64_t until_us = start_time.monotonic_us + warm_up_max_us;
  while (!reached()) {
    if (site.now().monotonic_us >= until_us) return false;
    site.step();
  }
  return true;
}

/// Asks for each rack to be closed until it is: right after a start it may be refused.
bool close_all(simulated_site& site, const site::plan& plan) {
  std::size_t number = 0;
  std::int64_t asked_us = site.now().monotonic_us - close_again_us;
  return wait_for(site, [&] {
    const bool again = site.now().monotonic_us - asked_us >= close_again_us;
    bool closed = true;
    for (const auto& rack : plan.racks) {
      if (is_closed(site, rack) || !plan.takes_orders(rack)) continue;
      closed = false;
      if (!again) continue;
      auto command = make_command("close", rack.name, number++);
      command.id = command.key = "start-" + command.id;
      command.deadline_utc_us = site.now().utc_us + close_again_us;
      site.send(std::move(command));
    }
    if (again) asked_us = site.now().monotonic_us;
    return closed;
  });
}

/// t=0 is the next instant in which every part of a rack is scanned.
void reach_zero(simulated_site& site) {
  const std::int64_t first_us = start_time.monotonic_us + step_us;
  while ((site.now().monotonic_us + step_us - first_us) % scan_cycle_us != 0) site.step();
}

messages::expected<bool> warm_up(simulated_site& site, const site::plan& plan,
                                 const simulation_options& options) {
  if (!wait_for(site, [&] { return all_good(site, plan); })) {
    return messages::failure{"no complete good scan of every rack"};
  }
  if (!wait_for(site, [&] { return site.equipment_read(); })) {
    return messages::failure{"the power equipment is not read"};
  }
  if (options.initially_closed && !close_all(site, plan)) {
    return messages::failure{"the racks could not be closed"};
  }
  reach_zero(site);
  return true;
}

void carry_out(simulated_site& site, const deed& what) {
  if (const auto* over = std::get_if<overlay>(&what.what)) {
    site.set(over->rack, over->point, over->index, over->kind, over->value);
    return;
  }
  if (const auto* over = std::get_if<equipment_overlay>(&what.what)) {
    site.set(*over);
    return;
  }
  if (const auto* over = std::get_if<inverter_overlay>(&what.what)) {
    site.set(*over);
    return;
  }
  if (const auto* over = std::get_if<digital_overlay>(&what.what)) {
    site.set(*over);
    return;
  }
  if (const auto* death = std::get_if<node_death>(&what.what)) {
    site.kill(death->node);
    return;
  }
  auto command = std::get<messages::command>(what.what);
  command.deadline_utc_us = site.now().utc_us + command_deadline_us;
  site.send(std::move(command));
}

void write(simulated_site& site, event_writer& writer) {
  for (const auto& heard : site.take_messages()) {
    if (const auto* event = std::get_if<messages::event>(&heard.payload)) {
      writer.add(*event, heard.header.time.monotonic_us);
    }
  }
}

} // namespace

messages::expected<bool> run_simulation(simulated_site& site, const site::plan& plan,
                                        const simulation_options& options) {
  const bool recorded = std::any_of(plan.buses.begin(), plan.buses.end(), [](const auto& bus) {
    return bus.kind == site::bus_kind::replay;
  });
  if (!recorded) {
    if (auto warm = warm_up(site, plan, options); !warm) return warm;
  }
  if (!options.keeps_points) site.leave_points();
  const std::int64_t zero_us = site.now().monotonic_us + (recorded ? 0 : step_us);
  const std::int64_t end_us = zero_us + options.duration_ms * messages::us_per_ms;
  event_writer writer(zero_us, options.json);
  told_inverters heard(plan);
  auto next = options.deeds.begin();
  while (site.now().monotonic_us + step_us <= end_us) {
    const auto t_ms = (site.now().monotonic_us + step_us - zero_us) / messages::us_per_ms;
    for (; next != options.deeds.end() && next->t_ms <= t_ms; ++next) carry_out(site, *next);
    site.step();
    write(site, writer);
    heard.write(site, writer);
    for (const auto& line : writer.take(site.now().monotonic_us - event_lag_max_us)) {
      options.out(line);
    }
  }
  for (const auto& line : writer.take_rest()) options.out(line);
  const auto failed = site.failed_nodes();
  if (!failed.empty()) return messages::failure{"node " + failed.front() + " failed"};
  return true;
}

} // namespace voltaic::nodes::simulate
