#include "messages/j1939/traffic_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "messages/j1939/traffic_json.hpp"
#include "messages/j1939/traffic_text.hpp"

namespace voltaic::messages::j1939 {

void traffic_report::read(const can::log_entry& entry) {
  entry_ = entry;
  heard_.clear();
  traffic_.take(entry, heard_);
}

std::size_t traffic_report::unreadable() const {
  return static_cast<std::size_t>(std::ranges::count_if(heard_, [&](const heard& one) {
    const auto* whole = std::get_if<message>(&one);
    return whole != nullptr && !source_.read(*whole);
  }));
}

void traffic_report::append_json(std::string& out) const {
  for (const auto& one : heard_) {
    append_json_line(out, entry_, one, source_);
    out += '\n';
  }
}

void traffic_report::append_text(std::string& out) const {
  for (const auto& one : heard_) {
    append_text_line(out, entry_, one, source_);
    out += '\n';
  }
}

std::vector<std::string> traffic_report::complaints() const {
  std::vector<std::string> all;
  for (const auto& [reason, count] : traffic_.lost())
    all.push_back(
        fmt::format("transfers that were lost without an abort, {}: {}", to_string(reason), count));
  if (traffic_.open() > 0)
    all.push_back(fmt::format("transfers that the log ends in: {}", traffic_.open()));
  return all;
}

} // namespace voltaic::messages::j1939
