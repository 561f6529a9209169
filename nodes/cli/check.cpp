#include <fmt/format.h>

#include <memory>
#include <string>

#include "actors/contactor/contactor_actor.hpp"
#include "actors/protection/protection_actor.hpp"
#include "actors/rack/rack_model.hpp"
#include "messages/profiles/device_profile.hpp"
#include "nodes/cli/print_protection.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/simulate/targets.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

namespace {

struct options {
  std::string file;
  bool with_protection = false;
  std::string which = limits_in_force;
};

void print_nodes(const site::plan& plan) {
  fmt::print("nodes\n");
  for (const auto& node : plan.nodes) {
    fmt::print("  {:<12} {}{}\n", node.name, to_string(node.kind), node.safety ? ", safety" : "");
    for (const auto& actor : node.actors)
      fmt::print("    {:<24} {}\n", actor.name, to_string(actor.kind));
  }
}

// Once, and no warning: who needs no signatures is told nothing at every start.
void print_trust(const site::plan& plan) {
  if (plan.trust)
    fmt::print("files are signed for project {}, keys that count: {}\n", plan.trust->project,
               plan.trust->keys.size());
  else
    fmt::print("files need no signature: the site file names no keys in [profiles]\n");
}

void print_buses(const site::plan& plan) {
  if (!plan.buses.empty()) fmt::print("buses\n");
  for (const auto& bus : plan.buses)
    fmt::print("  {:<12} {}, {} bit/s, load {:.1f} % with worst-case stuffing\n", bus.name, bus.uri,
               bus.bitrate, bus.load_percent);
  if (!plan.lines.empty()) fmt::print("lines\n");
  for (const auto& line : plan.lines)
    fmt::print("  {:<12} {} {}, load {:.1f} % of its time\n", line.name,
               bus::modbus::kind_of(line.transport),
               line.host.empty() ? line.serial.device : fmt::format("{}:{}", line.host, line.port),
               line.load_percent);
}

void print_point(const std::string& name, const std::string& channel, const std::string& unit,
                 std::uint32_t count, std::uint32_t period_ms) {
  fmt::print("  {:<40} {:<36} {:<6} {:>6}  {}\n", name, channel, unit.empty() ? "-" : unit,
             count > 1 ? fmt::format("[{}]", count) : "",
             period_ms == 0 ? "" : fmt::format("every {} ms", period_ms));
}

void print_catalogue(const messages::catalogue& said) {
  for (const auto& point : said.points)
    print_point(point.name, point.channel, point.unit, point.count, point.period_ms);
}

// What devices report, and what each rack's actors say beside it.
void print_points(const site::plan& plan) {
  fmt::print("points\n");
  for (const auto& device : plan.devices)
    for (const auto& point : device.profile->points)
      print_point((device.rack.empty() ? device.name : device.rack) + "/" + point.name,
                  device.name + "/" + point.channel, point.unit, point.count, point.period_ms);
  for (const auto& rack : plan.racks) {
    const auto* device = plan.find_device(rack.device);
    print_catalogue(actors::rack::model({rack.name, rack.device, device->profile}).catalogue());
    print_catalogue(actors::protection::catalogue_of(rack.name, rack.name + "/protection",
                                                     !device->profile->identity.empty()));
    const auto contactor = rack.name + "/contactor";
    print_catalogue(plan.takes_orders(rack)
                        ? actors::contactor::catalogue_of(rack.name, contactor)
                        : actors::contactor::watch_catalogue_of(rack.name, contactor));
  }
}

void print_reactions(const site::plan& plan) {
  if (!plan.reactions.empty()) fmt::print("reaction times\n");
  for (const auto& one : plan.reactions)
    fmt::print("  {:<12} {} {}: {} ms{}\n", one.rack, one.candidate, one.level, one.time_ms,
               one.limit_ms == 0 ? "" : fmt::format(" of {} ms", one.limit_ms));
}

std::string input_words(const site::candidate_input& one) {
  return one.point.empty() ? "no input: does not protect"
                           : fmt::format("by {}/{}", one.rack, one.point);
}

// Which candidates of its protection file protect each rack, and which only stand there.
void print_candidates(const site::plan& plan) {
  if (!plan.candidates.empty()) fmt::print("protection\n");
  for (const auto& one : plan.candidates)
    fmt::print("  {:<12} {:<28} {}\n", one.rack, one.candidate, input_words(one));
}

exit_code check(const options& given) {
  // What is asked for as CSV stays CSV.
  std::FILE* const words = given.with_protection ? stderr : stdout;
  const auto tell = [&](const messages::findings& all) {
    for (const auto& finding : all) fmt::print(words, "{}\n", site::to_string(finding));
    return exit_code::findings;
  };
  const auto loaded = site::load(given.file);
  if (const auto* found = std::get_if<messages::findings>(&loaded)) return tell(*found);
  const auto& plan = std::get<site::plan>(loaded);
  if (const auto found = simulate::scenario_findings(plan); !found.empty()) return tell(found);
  for (auto warning : plan.warnings) {
    warning.text = "warning: " + warning.text;
    fmt::print(words, "{}\n", site::to_string(warning));
  }
  if (given.with_protection) return print_protection(plan, given.which);
  fmt::print("site {}\n", plan.name);
  print_trust(plan);
  print_nodes(plan);
  print_buses(plan);
  print_points(plan);
  print_candidates(plan);
  print_reactions(plan);
  return exit_code::done;
}

} // namespace

action declare_check(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("SITE", given->file, "Site file").type_name("FILE").required();
  const auto print = app.add_flag("--print-protection", given->with_protection,
                                  "Print all protection limits as CSV");
  app.add_option(
         "--limits", given->which,
         "With --print-protection, which: those in force by the journals of the site, or of "
         "the files where a rack never ran; of the files; or what waits for approval")
      .type_name("WHICH")
      .one_of({limits_in_force, limits_of_files, limits_staged})
      .shows_default()
      .needs(print);
  return [given] { return check(*given); };
}

} // namespace voltaic::nodes::cli
