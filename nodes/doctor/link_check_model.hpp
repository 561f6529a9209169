#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nodes/doctor/link_facts.hpp"

namespace voltaic::nodes::doctor {

/// `now`: something is wrong. `note`: it was, or it is worth knowing; the link works.
enum class weight : std::uint8_t { now, note };
[[nodiscard]] std::string_view to_string(weight of);

/// One thing that an installer should know of a link.
struct link_finding {
  doctor::weight weight = weight::now;
  std::string code;         ///< for programs: "bitrate_mismatch"
  std::string says;         ///< for people, with what to do first
  std::string_view heading; ///< of docs/troubleshooting.md
};

/// A bus that is loaded more than this has no room for retries (`voltaic check` warns from there
/// on).
inline constexpr double load_percent_max = 70;
/// A rack whose lowest cell has this is not empty: at rest some 50 % of LFP (3.3 V is its plateau),
/// and a few percent of NMC. What says 0 % then did not get the state of charge.
inline constexpr double plausible_cell_v = 3.3;

/// All findings of a link, what is wrong now first, each cause once: what the machine sees explains
/// what the site sees. Pure.
[[nodiscard]] std::vector<link_finding> check(const link_facts& of);

} // namespace voltaic::nodes::doctor
