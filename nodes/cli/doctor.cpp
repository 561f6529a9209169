#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "messages/nearest_word.hpp"
#include "nodes/cli/applied_site.hpp"
#include "nodes/cli/load_site.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/doctor/comm_log_reader.hpp"
#include "nodes/doctor/machine_facts.hpp"
#include "nodes/doctor/report.hpp"
#include "nodes/doctor/running_facts.hpp"
#include "nodes/process/comm_log.hpp"

namespace voltaic::nodes::cli {

namespace {

using doctor::link_facts;
using doctor::link_kind;

constexpr std::chrono::seconds collect_timeout{5};
constexpr std::string_view site_file_end = ".toml";

struct options {
  std::string site;
  std::string link;
  bool as_json = false;
};

/// What the site says, where it runs and can be asked.
std::optional<doctor::site_words> ask_site(const site::plan& plan) {
  const auto sites = running_sites(plan.file);
  if (sites.empty()) return std::nullopt;
  const auto connection = site_connection::open(sites.front());
  auto view = connection ? (*connection)->collect(sites.front(), collect_timeout)
                         : messages::expected<site_view>(connection.error());
  if (!view) {
    fmt::print(stderr, "voltaic doctor: the site runs and says nothing: {}\n", view.error().text);
    return std::nullopt;
  }
  doctor::site_words said;
  const auto status = status_of(sites.front(), &*view);
  for (const auto& node : status["nodes"]) {
    const auto health = view->health.find(node.value("name", ""));
    if (health != view->health.end() && node.value("state", "") == "running")
      said.health.insert(*health);
  }
  said.points = std::move(view->points);
  return said;
}

/// The simulator plays a device of the line, and it does not run: nothing is there to be tested.
bool is_stage_without_play(const link_facts& of, const site::plan& plan) {
  return !of.site_runs && std::ranges::any_of(plan.simulated_lines(), [&](const auto& each) {
    return each.name == of.name;
  });
}

/// A connection takes one of the few that a gateway has: it is tried where the site has none.
void add_network(link_facts& to, const site::plan& plan) {
  const auto* line = plan.find_line(to.name);
  if (to.line && to.line->state != "down") return;
  if (line == nullptr || is_stage_without_play(to, plan)) return;
  to.network = doctor::try_connection(line->host, line->port);
}

void add_machine(link_facts& to, const site::plan& plan, const std::set<pid_t>& own) {
  switch (to.kind) {
    case link_kind::can_interface:
      to.interface = doctor::look_at_interface(to.address.substr(to.address.find(':') + 1));
      return;
    case link_kind::can_bridge:
      to.network = doctor::look_for_route(to.address);
      return;
    case link_kind::can_recording: {
      const auto begin = to.address.find(':') + 1;
      to.unreadable = doctor::unreadable(to.address.substr(begin, to.address.rfind('#') - begin));
      return;
    }
    case link_kind::modbus_serial:
    case link_kind::plain_serial:
      // The site's own user has it open: what this one may do says nothing then.
      if (is_stage_without_play(to, plan)) return;
      if (!to.line || to.line->state == "down") to.serial = doctor::look_at_serial(to.address, own);
      return;
    case link_kind::modbus_tcp:
      return add_network(to, plan);
    case link_kind::can_virtual:
    case link_kind::inverter:
      return;
  }
}

/// The links that are asked for; none where there is no such link, which is told then.
std::vector<link_facts> chosen_links(const site::plan& plan, const std::string& name) {
  auto links = doctor::links_of(plan);
  if (name.empty()) return links;
  std::vector<std::string> names;
  for (const auto& each : links) names.push_back(each.name);
  std::erase_if(links, [&](const auto& each) { return each.name != name; });
  if (!links.empty()) return links;
  const auto near =
      messages::nearest_word(name, std::vector<std::string_view>(names.begin(), names.end()));
  fmt::print(stderr, "voltaic doctor: {} has no link {}{}; its links: {}\n", plan.name, name,
             near.empty() ? "" : fmt::format(", did you mean {}?", near), fmt::join(names, ", "));
  return links;
}

// A word that is no file names a link of the site that is meant without it, as for every command.
options read_words(options given) {
  std::error_code error;
  if (!given.link.empty() || given.site.empty() || std::filesystem::exists(given.site, error) ||
      given.site.find('/') != std::string::npos || given.site.ends_with(site_file_end))
    return given;
  given.link = std::exchange(given.site, {});
  if (const char* meant = std::getenv(site_variable)) given.site = meant;
  return given;
}

exit_code examine(const options& asked) {
  const auto given = read_words(asked);
  const auto chosen = site_of_file("doctor", given.site);
  if (const auto* code = std::get_if<exit_code>(&chosen)) return *code;
  const auto* plan = &std::get<site::plan>(chosen);
  auto links = chosen_links(*plan, given.link);
  if (links.empty()) return given.link.empty() ? exit_code::done : exit_code::usage;
  const auto said = ask_site(*plan);
  std::set<pid_t> own;
  if (said)
    for (const auto& [node, health] : said->health) own.insert(static_cast<pid_t>(health.pid));
  const auto now_us = utc_now_us();
  const auto log =
      doctor::log_end(fmt::format("{}/{}.log", plan->folders.log, process::comm_log_name));
  const auto told = doctor::count_words(log, now_us - doctor::lately_us);
  std::vector<doctor::checked_link> checked;
  for (auto& link : links) {
    if (said) doctor::add_words(link, *plan, *said, now_us);
    add_machine(link, *plan, own);
    if (const auto words = told.find(link.name); words != told.end()) link.told = words->second;
    auto findings = doctor::check(link);
    checked.push_back({std::move(link), std::move(findings)});
  }
  if (given.as_json) {
    fmt::print("{}\n", doctor::report_json(plan->name, said.has_value(), checked).dump());
  } else {
    if (!said)
      fmt::print("{} does not run: only what the machine says of its links is tested\n",
                 plan->name);
    fmt::print("{}", doctor::report_text(checked));
  }
  return std::ranges::all_of(checked, doctor::is_well) ? exit_code::done : exit_code::findings;
}

} // namespace

action declare_doctor(command_options& app) {
  auto given = std::make_shared<options>();
  declare_site_option(app, given->site, "--site,SITE",
                      "Site file, also of a site that does not run; without it the one that runs");
  app.add_option("LINK", given->link, "A bus, a Modbus line or an inverter of it; none: all")
      .type_name("LINK");
  app.add_flag("--json", given->as_json, "One JSON object");
  return [given] { return examine(*given); };
}

} // namespace voltaic::nodes::cli
