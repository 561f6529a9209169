#pragma once

#include <cstdint>
#include <string>

#include "nodes/site/plan.hpp"
#include "scenarios/property/schedule.hpp"

/// The sites that scenarios are played in.
namespace voltaic::tests::property {

/// The site of a schedule: racks on one bus, each with its device, in nodes of their own; the
/// profiles of those that are watched have no orders. Loaded from the product's own site file
/// format.
[[nodiscard]] nodes::site::plan plan_of(const schedule& what);

/// The CAN of the inverter, and the link's node and actor.
inline constexpr const char* inverter_bus = "can9";
inline constexpr const char* link_node = "inverter_0";
inline constexpr const char* link_actor = "inverter_0/link";

/// "rack_2/contactor", "bms_2" and "rack_2" are of rack 2; else -1.
[[nodiscard]] int rack_of(const std::string& name);

} // namespace voltaic::tests::property
