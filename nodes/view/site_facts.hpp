#pragma once

#include <string>
#include <vector>

#include "nodes/site/plan.hpp"
#include "nodes/view/alarm_list.hpp"

namespace voltaic::nodes::view {

/// What is known of a site without listening to it.
struct site_facts {
  std::string site;
  std::vector<std::string> racks;     ///< in the order of the site file
  std::vector<std::string> equipment; ///< devices that belong to no rack
  alarm_list::latch_question latches = [](const alarm&) { return false; };
};

/// From the plan, of which nothing is kept but the protection tables.
[[nodiscard]] site_facts facts_of(const site::plan& plan);

} // namespace voltaic::nodes::view
