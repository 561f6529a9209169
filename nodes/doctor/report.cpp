#include "nodes/doctor/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "nodes/doctor/troubleshooting_page.hpp"
#include "nodes/view/screen.hpp"

namespace voltaic::nodes::doctor {
namespace {

constexpr int says_columns = 92;

void append(std::string& to, const link_finding& finding) {
  const auto at = std::back_inserter(to);
  std::string mark(to_string(finding.weight));
  for (const auto& line : view::wrapped(finding.says, says_columns)) {
    fmt::format_to(at, "  {:<5} {}\n", mark, line);
    mark.clear();
  }
  fmt::format_to(at, "        {}, \"{}\"\n", page::file, finding.heading);
}

std::string_view verdict(const checked_link& link) {
  if (!is_well(link)) return "TROUBLE";
  return is_tested(link.facts) ? "well" : "untested";
}

std::string heard_text(const link_facts& of) {
  if (of.devices.empty()) return {};
  const auto speaking = std::ranges::count(of.devices, presence::speaks, &device_facts::presence);
  return fmt::format("{} of {} devices speak", speaking, of.devices.size());
}

} // namespace

std::string_view to_string(link_kind kind) {
  switch (kind) {
    case link_kind::can_interface:
      return "CAN interface";
    case link_kind::can_bridge:
      return "CAN over Ethernet";
    case link_kind::can_virtual:
      return "virtual CAN bus";
    case link_kind::can_recording:
      return "CAN recording";
    case link_kind::modbus_serial:
      return "Modbus RTU";
    case link_kind::plain_serial:
      return "plain RS-485";
    case link_kind::modbus_tcp:
      return "Modbus TCP";
    case link_kind::inverter:
      return "inverter";
  }
  return "link";
}

bool is_tested(const link_facts& of) {
  return of.interface || of.serial || of.network || of.bus || of.line || of.inverter ||
         of.kind == link_kind::can_recording;
}

bool is_well(const checked_link& link) {
  return std::ranges::none_of(link.findings,
                              [](const auto& each) { return each.weight == weight::now; });
}

std::string report_text(const std::vector<checked_link>& links) {
  std::string result;
  for (const auto& link : links) {
    const auto& of = link.facts;
    fmt::format_to(std::back_inserter(result), "{:<16} {:<18} {:<28} {:<8}  {}\n", of.name,
                   to_string(of.kind), of.address, verdict(link), heard_text(of));
    for (const auto& each : link.findings) append(result, each);
  }
  return result;
}

nlohmann::ordered_json report_json(const std::string& site, bool site_runs,
                                   const std::vector<checked_link>& links) {
  auto all = nlohmann::ordered_json::array();
  for (const auto& link : links) {
    auto findings = nlohmann::ordered_json::array();
    for (const auto& each : link.findings)
      findings.push_back({{"weight", to_string(each.weight)},
                          {"finding", each.code},
                          {"says", each.says},
                          {"heading", each.heading},
                          {"see", fmt::format("{}#{}", page::file, page::anchor(each.heading))}});
    all.push_back(
        {{"link", link.facts.name},
         {"kind", to_string(link.facts.kind)},
         {"address", link.facts.address},
         {"well", is_well(link) && !is_tested(link.facts) ? nlohmann::ordered_json()
                                                          : nlohmann::ordered_json(is_well(link))},
         {"findings", std::move(findings)}});
  }
  return {{"site", site}, {"running", site_runs}, {"links", std::move(all)}};
}

} // namespace voltaic::nodes::doctor
