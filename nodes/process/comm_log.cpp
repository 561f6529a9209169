#include "nodes/process/comm_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "nodes/process/bus_silence.hpp"

namespace voltaic::nodes::process {
namespace {

constexpr std::int64_t report_period_us = 250'000;

std::map<std::string, std::int64_t> links_told_by(const site::plan& plan, const site::node& self) {
  std::map<std::string, std::int64_t> result;
  for (const auto& line : self.lines) result.emplace(line, 0); // requests without an answer tell it
  for (const auto& bus : self.buses) {
    const auto first = std::ranges::find_if(plan.nodes, [&](const site::node& each) {
      return std::ranges::find(each.buses, bus) != each.buses.end();
    });
    if (first != plan.nodes.end() && first->name == self.name)
      result.emplace(bus, silence_us_of(plan, bus));
  }
  return result;
}

} // namespace

comm_log::comm_log(const site::plan& plan, const site::node& self)
    : report_(links_told_by(plan, self)),
      file_(plan.folders.log, comm_log_name, comm_log_bytes_max, comm_log_files_max) {}

void comm_log::look(const field_ports& ports, messages::instant now) {
  if (now.monotonic_us < due_us_) return;
  due_us_ = now.monotonic_us + report_period_us;
  for (const auto& line : report_.step(ports.health(), ports.line_health(), now.monotonic_us))
    file_.write(line, now.utc_us);
}

} // namespace voltaic::nodes::process
