#pragma once

#include <map>
#include <set>
#include <string>

#include "messages/points/point_table.hpp"
#include "nodes/doctor/link_facts.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::doctor {

/// What a running site says of itself.
struct site_words {
  messages::points::point_table points;
  std::map<std::string, messages::health> health; ///< of the nodes that run, by name
};

/// Every link of a plan in the order CAN buses, lines, inverters, with nothing known of it yet.
[[nodiscard]] std::vector<link_facts> links_of(const site::plan& plan);

/// Adds to a link what the running site says of it. Pure; `now_utc_us` in microseconds since 1970.
void add_words(link_facts& to, const site::plan& plan, const site_words& said,
               std::int64_t now_utc_us);

} // namespace voltaic::nodes::doctor
