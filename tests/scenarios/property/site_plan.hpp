#pragma once

#include <cstdint>
#include <string>

#include "nodes/site/plan.hpp"

/// The sites that scenarios are played in.
namespace voltaic::tests::property {

/// As many racks on one bus, each with its device, in nodes of their own; the profiles of those in
/// `watched`, a bit each, have no orders. Loaded once from the product's own site file format;
/// lives for ever.
[[nodiscard]] const nodes::site::plan& plan_of(int racks, std::uint32_t watched);

/// "rack_2/contactor", "bms_2" and "rack_2" are of rack 2; else -1.
[[nodiscard]] int rack_of(const std::string& name);

} // namespace voltaic::tests::property
