#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "nodes/doctor/link_check_model.hpp"

namespace voltaic::nodes::doctor {

/// A link and what was found about it.
struct checked_link {
  link_facts facts;
  std::vector<link_finding> findings;
};

/// "CAN interface", "Modbus TCP", ...
[[nodiscard]] std::string_view to_string(link_kind kind);

/// Whether anything is known of a link: of one that the site itself serves nothing is, while it
/// does not run.
[[nodiscard]] bool is_tested(const link_facts& of);

/// Whether nothing is wrong with a link now; notes do not count.
[[nodiscard]] bool is_well(const checked_link& link);

/// For people: a line a link, and below it its findings with where to read on.
[[nodiscard]] std::string report_text(const std::vector<checked_link>& links);
/// For programs: {"site", "running", "links": [{"link", ..., "well", "findings": [...]}]}; "well"
/// is null where nothing could be tested.
[[nodiscard]] nlohmann::ordered_json report_json(const std::string& site, bool site_runs,
                                                 const std::vector<checked_link>& links);

} // namespace voltaic::nodes::doctor
