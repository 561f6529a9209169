#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "actors/protection/plausibility_model.hpp"
#include "bus/message/record/recording.hpp"
#include "messages/protection/table.hpp"
#include "nodes/cli/load_site.hpp"
#include "nodes/cli/recording.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/simulate/simulation.hpp"
#include "nodes/site/duration.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

namespace {

struct options {
  std::string site;
  std::string trace;
  std::string duration = "60s";
  std::string initial = "closed";
  std::vector<std::string> disabled;
  std::vector<std::string> mutated;
  std::uint64_t seed = 1;
  bool noise = false;
  bool json = false;
  std::string record;
  std::string captures;
};

/// What the trace makes happen; nothing when mistakes were printed.
std::optional<std::vector<simulate::deed>> read_deeds(const std::string& path,
                                                      const site::plan& plan) {
  if (path.empty()) return std::vector<simulate::deed>();
  auto deeds = simulate::load_trace(path, plan, simulate::trace_player::site);
  if (const auto* findings = std::get_if<messages::findings>(&deeds)) {
    for (const auto& one : *findings) fmt::print(stderr, "{}\n", site::to_string(one));
    return std::nullopt;
  }
  return std::get<std::vector<simulate::deed>>(std::move(deeds));
}

// A trace may be played in part, but nobody should believe that it was played whole.
void warn_of_late(const std::vector<simulate::deed>& deeds, std::int64_t duration_ms) {
  const auto late = std::ranges::count_if(
      deeds, [&](const simulate::deed& each) { return each.t_ms >= duration_ms; });
  if (late > 0)
    fmt::print(stderr,
               "voltaic simulate: {} of {} rows of the trace come after the end and are not "
               "played: --for {}ms plays all\n",
               late, deeds.size(), std::ranges::max(deeds, {}, &simulate::deed::t_ms).t_ms + 1);
}

bool is_candidate(const site::plan& plan, const std::string& name) {
  return actors::protection::is_built_in(name) ||
         std::ranges::any_of(plan.racks, [&](const site::rack& rack) {
           return std::ranges::any_of(rack.protection->candidates,
                                      [&](const auto& each) { return each.name == name; });
         });
}

/// Takes candidates out of what every rack watches. The name of one that no rack has.
std::optional<std::string> disable(site::plan& plan, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (!is_candidate(plan, name)) return name;
  }
  plan.disabled_candidates = names;
  return std::nullopt;
}

bool is_evaluator(const site::plan& plan, std::string_view actor) {
  return std::ranges::any_of(plan.racks, [&](const site::rack& rack) {
    return rack.second_evaluator &&
           (actor == rack.name + "/protection" || actor == site::second_evaluator_of(rack));
  });
}

/// Takes candidates out of what one of two evaluators watches: "rack_0/evaluator=soc_low". What is
/// wrong with the words, or nothing.
std::optional<std::string> mutate(site::plan& plan, const std::vector<std::string>& words) {
  for (const auto& each : words) {
    const auto equals = each.find('=');
    const auto actor = each.substr(0, equals);
    const auto name = equals == std::string::npos ? std::string() : each.substr(equals + 1);
    if (!is_evaluator(plan, actor))
      return fmt::format(
          "{}: expected EVALUATOR=CANDIDATE, with RACK/protection or RACK/evaluator "
          "of a rack that has second_evaluator = true",
          each);
    if (!is_candidate(plan, name)) return fmt::format("{}: no rack has this candidate", each);
    plan.mutated_evaluators[actor].push_back(name);
  }
  return std::nullopt;
}

/// Nothing when the file could not be opened, and that was printed.
std::optional<std::unique_ptr<bus::message::recorder>> open_recorder(
    const options& given, bus::message::recorder::clock now_us) {
  if (given.record.empty()) return std::unique_ptr<bus::message::recorder>();
  if (!prepare_recording("simulate", given.record)) return std::nullopt;
  auto opened = bus::message::recorder::open(given.record, std::move(now_us));
  if (opened) return *std::move(opened);
  fmt::print(stderr, "voltaic simulate: {}\n", opened.error().text);
  return std::nullopt;
}

exit_code play(const options& given, const site::plan& plan,
               const simulate::simulation_options& how) {
  auto recordings = simulate::load_recordings(plan);
  if (!recordings) {
    fmt::print(stderr, "voltaic simulate: {}\n", recordings.error().text);
    return exit_code::findings;
  }
  std::unique_ptr<simulate::simulated_site> site;
  const auto recorder = open_recorder(
      given, [&] { return (site ? site->now() : simulate::start_of(plan)).monotonic_us; });
  if (!recorder) return exit_code::refused;
  site = std::make_unique<simulate::simulated_site>(
      plan, simulate::simulated_site_options{.seed = given.seed,
                                             .noise = given.noise,
                                             .recordings = *std::move(recordings),
                                             .captures = given.captures,
                                             .tap = recorder->get()});
  const auto done = simulate::run_simulation(*site, plan, how);
  std::fflush(stdout);
  site.reset(); // what it still says is recorded as well
  if (!done) fmt::print(stderr, "voltaic simulate: {}\n", done.error().text);
  return done ? exit_code::done : exit_code::fault;
}

exit_code simulate_site(const options& given) {
  const auto duration_ms = parse_duration_ms(given.duration);
  if (!duration_ms) {
    fmt::print(stderr, "voltaic simulate: --for {}: expected a duration such as 120s\n",
               given.duration);
    return exit_code::usage;
  }
  auto plan = load_site("simulate", given.site);
  if (!plan) return exit_code::findings;
  if (const auto unknown = disable(*plan, given.disabled)) {
    fmt::print(stderr, "voltaic simulate: --disable {}: no rack has this candidate\n", *unknown);
    return exit_code::usage;
  }
  if (const auto wrong = mutate(*plan, given.mutated)) {
    fmt::print(stderr, "voltaic simulate: --mutate {}\n", *wrong);
    return exit_code::usage;
  }
  auto deeds = read_deeds(given.trace.empty() ? plan->simulator.scenario : given.trace, *plan);
  if (!deeds) return exit_code::findings;
  // A site's scenario is often longer than what somebody wants to see of it.
  if (!given.trace.empty()) warn_of_late(*deeds, static_cast<std::int64_t>(*duration_ms));
  simulate::simulation_options how;
  how.duration_ms = static_cast<std::int64_t>(*duration_ms);
  how.initially_closed = given.initial == "closed";
  how.json = given.json;
  how.keeps_points = false;
  how.deeds = *std::move(deeds);
  how.out = [](const std::string& line) { fmt::print("{}\n", line); };
  const auto played = play(given, *plan, how);
  if (played != exit_code::done || given.record.empty()) return played;
  return finish_recording("simulate", given.record) ? exit_code::done : exit_code::fault;
}

} // namespace

action declare_simulate(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("SITE", given->site, "The site file").type_name("FILE").required();
  app.add_option("--trace", given->trace,
                 "CSV with the header t_ms,point,index,value; without it the site's scenario")
      .type_name("FILE");
  app.add_option("--for", given->duration,
                 "How long, from the first complete good scan; of a site whose buses are replay: "
                 "from the first recorded frame, which needs no trace")
      .type_name("DURATION")
      .shows_default();
  app.add_option("--seed", given->seed,
                 "Of what is random: noise and the message hub's faults. Without --noise a trace "
                 "has none, so that every seed gives the same output, byte for byte")
      .type_name("NUMBER")
      .shows_default();
  app.add_flag("--noise", given->noise,
               "Racks measure with errors and have weak cells, by the seed");
  app.add_option("--initial", given->initial, "Contactors at the start: closed or open")
      .type_name("STATE")
      .shows_default()
      .one_of({"closed", "open"});
  app.add_option("--disable", given->disabled, "Candidates that are not watched")
      .type_name("CANDIDATE")
      .delimiter(',');
  app.add_option("--mutate", given->mutated,
                 "One of a rack's two evaluators does not watch a candidate: "
                 "rack_0/evaluator=cell_overvoltage shows what follows when both disagree")
      .type_name("EVALUATOR=CANDIDATE")
      .delimiter(',');
  declare_record_option(app, given->record);
  app.add_option(
         "--captures", given->captures,
         "Keep what racks say around each fault in FOLDER, as a site does; voltaic captures "
         "--in FOLDER shows it")
      .type_name("FOLDER");
  app.add_flag("--json", given->json, "One JSON object a line");
  return [given] { return simulate_site(*given); };
}

} // namespace voltaic::nodes::cli
