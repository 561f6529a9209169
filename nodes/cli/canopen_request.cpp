#include "nodes/cli/canopen_request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

#include "messages/profiles/canopen_rule.hpp"
#include "messages/roles.hpp"
#include "messages/time.hpp"
#include "nodes/cli/applied_site.hpp"
#include "nodes/cli/identity.hpp"
#include "nodes/cli/running_site.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/process/comm_log.hpp"
#include "nodes/process/field_ports.hpp"
#include "nodes/process/shared_log.hpp"
#include "nodes/site/duration.hpp"

namespace voltaic::nodes::cli {
namespace {

constexpr const char* blanks = " \t\r\n";

template <class... Words>
exit_code refuse(exit_code code, fmt::format_string<Words...> text, Words&&... words) {
  fmt::print(stderr, "voltaic canopen: {}\n", fmt::format(text, std::forward<Words>(words)...));
  return code;
}

/// The bus of a running site that a uri opens as well.
std::optional<std::pair<site::plan, std::string>> owner_of(const std::string& uri) {
  for (const auto& site : running_sites({})) {
    auto plan = applied_site(site);
    if (!plan) continue;
    for (const auto& each : plan->buses)
      if (each.uri == uri) return std::pair(*std::move(plan), each.name);
  }
  return std::nullopt;
}

std::optional<exit_code> missing_right(const canopen_request& given,
                                       const std::optional<site::plan>& owner) {
  if (given.reason.find_first_not_of(blanks) == std::string::npos)
    return refuse(exit_code::usage, "--reason is required: it says why a device was changed");
  if (!owner) return std::nullopt;
  const auto role = role_of(owner->roles);
  if (messages::may(role, messages::deed::commission)) return std::nullopt;
  return refuse(exit_code::refused, "{}", messages::refusal_of(role, messages::deed::commission));
}

/// What the bus's site has against it.
std::optional<exit_code> refusal_of(const canopen_request& given, const site::plan& plan,
                                    const std::string& name, bus_use use) {
  const auto* bus = plan.find_bus(name);
  if (bus == nullptr) {
    std::vector<std::string> known;
    for (const auto& one : plan.buses) known.push_back(one.name);
    return refuse(exit_code::usage, "{} has no bus {}; its buses: {}", plan.name, name,
                  fmt::join(known, ", "));
  }
  if (bus->kind == site::bus_kind::replay)
    return refuse(exit_code::refused, "{} plays a recording: nobody is there to be asked", name);
  if (bus->read_only && use != bus_use::listens)
    return refuse(exit_code::refused, "{} is only read by {}: nothing may be sent there{}", name,
                  plan.name, given.command == "scan" ? "; --listen hears who speaks" : "");
  if (bus->kind == site::bus_kind::bridge && !running_sites(given.site).empty())
    return refuse(exit_code::refused,
                  "{} comes over Ethernet to the site alone, which runs: a second listener would "
                  "take it away from it",
                  name);
  return std::nullopt;
}

std::set<std::uint8_t> nodes_on(const site::plan& plan, const std::string& bus) {
  std::set<std::uint8_t> nodes;
  for (const auto& each : plan.devices) {
    if (each.bus != bus || each.profile == nullptr || !each.profile->canopen) continue;
    const auto node = messages::profiles::node_of(*each.profile->canopen, each.id_offset);
    if (node) nodes.insert(*node);
  }
  return nodes;
}

} // namespace

std::variant<chosen_bus, exit_code> choose_bus(const canopen_request& given, bus_use use) {
  chosen_bus chosen;
  auto name = given.bus;
  if (given.uri.empty()) {
    auto found = site_of_file("canopen", given.site);
    if (const auto* code = std::get_if<exit_code>(&found)) return *code;
    chosen.owner = std::get<site::plan>(std::move(found));
  } else if (!given.uri.starts_with("socketcan:") && !given.uri.starts_with("udp:") &&
             !given.uri.starts_with("tcp:")) {
    return refuse(exit_code::usage,
                  "--uri {}: expected socketcan:INTERFACE, udp:ADDRESS:PORT or tcp:ADDRESS:PORT; a "
                  "virtual bus is one of a site",
                  given.uri);
  } else if (auto owner = owner_of(given.uri)) {
    chosen.owner = std::move(owner->first);
    name = std::move(owner->second);
  }
  bus::can::port_options options;
  options.name = given.bus;
  options.uri = given.uri;
  if (chosen.owner) {
    if (const auto code = refusal_of(given, *chosen.owner, name, use)) return *code;
    options = process::port_options_of(*chosen.owner, *chosen.owner->find_bus(name));
    if (!given.uri.empty() || !running_sites(given.site).empty())
      chosen.nodes_of_site = nodes_on(*chosen.owner, name);
  }
  if (use == bus_use::changes)
    if (const auto code = missing_right(given, chosen.owner)) return *code;
  options.read_only = use == bus_use::listens;
  auto opened = canopen_bus::open(options);
  if (!opened) return refuse(exit_code::no_site, "{}", opened.error().text);
  chosen.bus = *std::move(opened);
  return chosen;
}

void record_deed(const canopen_request& given, const chosen_bus& at, std::string_view what) {
  std::error_code error;
  if (!at.owner || !std::filesystem::is_directory(at.owner->folders.log, error)) return;
  process::shared_log log(at.owner->folders.log, process::comm_log_name,
                          process::comm_log_bytes_max, process::comm_log_files_max);
  log.write(fmt::format("{}: {} by {} with voltaic canopen: {}", given.bus, what, user_name(),
                        given.reason),
            utc_now_us());
}

std::optional<std::int64_t> answer_time_us(const canopen_request& given,
                                           std::int64_t otherwise_us) {
  constexpr std::uint64_t us_per_ms = 1'000;
  constexpr std::uint64_t ms_max = 60'000;
  if (given.timeout.empty()) return otherwise_us;
  const auto ms = parse_duration_ms(given.timeout);
  if (ms && *ms > 0 && *ms <= ms_max) return static_cast<std::int64_t>(*ms * us_per_ms);
  fmt::print(stderr,
             "voltaic canopen: --timeout {}: expected a duration such as 500ms, 1m at most\n",
             given.timeout);
  return std::nullopt;
}

} // namespace voltaic::nodes::cli
