#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/simulator/simulated_rack_model.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/finding.hpp"
#include "nodes/simulate/trace.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::simulate {

/// What a row lays over a simulated rack, in the rack's own words.
struct overlay {
  std::string rack;
  std::string point; ///< "cell_voltage"
  std::optional<std::uint32_t> index;
  actors::simulator::override_kind kind = actors::simulator::override_kind::value;
  double value = 0;
};

/// A row whose target is known to exist.
struct deed {
  std::int64_t t_ms = 0;
  std::variant<overlay, messages::command> what;
};

/// How long a command of a trace may take to act.
inline constexpr std::int64_t command_deadline_us = 10 * messages::us_per_s;

/// A command as the site's service person gives it; `number` makes its key.
[[nodiscard]] messages::command make_command(const std::string& operation,
                                             const std::string& subject, std::size_t number);

/// Finds what each row means in this site. Every row that means nothing is a finding.
[[nodiscard]] std::variant<std::vector<deed>, messages::findings> resolve_trace(
    const trace& rows, const site::plan& plan, const std::string& file);

} // namespace voltaic::nodes::simulate
