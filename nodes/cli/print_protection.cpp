#include "nodes/cli/print_protection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/contactor/candidate_model.hpp"
#include "actors/contactor/contactor_model.hpp"
#include "actors/protection/protection_model.hpp"
#include "actors/protection/told_candidates_model.hpp"
#include "messages/configuration/text.hpp"
#include "messages/points/output.hpp"
#include "messages/protection/table.hpp"
#include "nodes/cli/journal_configurations.hpp"
#include "nodes/process/chain_actors.hpp"
#include "nodes/site/configuration.hpp"

namespace voltaic::nodes::cli {

namespace {

using messages::configuration::rack_configuration;
using messages::protection::candidate;

constexpr std::string_view columns =
    "chemistry,candidate,unit,direction,level,set,clear,set_ms,clear_ms,latch,actions,period_ms,"
    "condition\n";
/// Of what stands in no table: the same for every cell.
constexpr const char* any_chemistry = "any";

struct line_words {
  std::string chemistry;
  std::string candidate;
  std::string unit;
  messages::protection::direction direction;
  std::uint32_t period_ms = 0;
};

std::string line_of(const line_words& of, const messages::protection::limit& limit,
                    const std::vector<std::string>& actions, const std::string& condition) {
  std::string done;
  for (const auto& each : actions) done += (done.empty() ? "" : " ") + each;
  // No number of a table has more digits, and none is shown with what a computer adds to them.
  return fmt::format("{},{},{},{},{},{:.12g},{:.12g},{},{},{},{},{},{}\n", of.chemistry,
                     of.candidate, of.unit, to_string(of.direction), to_string(limit.level),
                     limit.set, limit.clear, limit.set_ms, limit.clear_ms, to_string(limit.latch),
                     done, of.period_ms, condition);
}

std::string lines_of(const std::string& chemistry, const candidate& watched) {
  const line_words words{chemistry, watched.name, watched.unit, watched.direction,
                         watched.period_ms};
  std::string lines;
  for (const auto& limit : watched.limits) {
    std::vector<std::string> actions;
    for (const auto& each : limit.actions) actions.push_back(to_string(each));
    lines += line_of(words, limit, actions, limit.condition);
  }
  return lines;
}

// By which of several points a candidate of that name is judged.
std::string point_of(const actors::protection::protection_options& rules,
                     const actors::protection::row& of) {
  if (!actors::protection::is_ladder(of.from.kind)) return "";
  const auto& own = rules.points[position_of(of.from.of)].name;
  return fmt::format("of {}",
                     own.empty() ? std::string(describe(of.from.of).point) : std::string(own));
}

// What protection judges beside its table.
std::string built_in_lines(const actors::protection::protection_model& judging) {
  const auto& rules = judging.options();
  std::string lines;
  for (const auto& row : judging.rows()) {
    if (std::ranges::find(rules.table.candidates, row.candidate, &candidate::name) !=
        rules.table.candidates.end())
      continue;
    lines += line_of({any_chemistry, row.candidate, row.unit, row.direction, row.period_ms},
                     row.limit, row.actions, point_of(rules, row));
  }
  return lines;
}

std::string contactor_lines(const site::plan& plan, const site::rack& rack,
                            const rack_configuration& holds) {
  namespace contactor = actors::contactor;
  const auto rules = process::contactor_rules(rack.name, holds);
  std::vector<std::string_view> inputs;
  if (!holds.emergency_stop.empty()) inputs.emplace_back(contactor::emergency_stop);
  if (!holds.interlock.empty()) inputs.emplace_back(contactor::interlock_open);
  if (!holds.fire.empty()) inputs.emplace_back(contactor::fire_detected);
  std::string lines;
  if (!holds.reset_key.empty()) lines += lines_of(any_chemistry, contactor::stuck_key_candidate());
  const auto judged =
      plan.takes_orders(rack)
          ? contactor::contactor_candidates(rules, inputs)
          : std::vector<candidate>{contactor::open_current_candidate(rules.rated_current_a)};
  for (const auto& each : judged) lines += lines_of(any_chemistry, each);
  return lines;
}

// What protection tells by comparing: no row judges it.
std::string told_lines(const site::plan& plan, const site::rack& rack) {
  std::string lines;
  if (!plan.find_device(rack.device)->profile->identity.empty())
    for (const auto& each : actors::protection::identity_candidates())
      lines += lines_of(any_chemistry, each);
  if (rack.second_evaluator)
    lines += lines_of(any_chemistry, actors::protection::difference_candidate());
  return lines;
}

/// Limits of a rack, and where they are from.
struct found_limits {
  std::optional<rack_configuration> holds;
  std::string origin;
};

std::optional<rack_configuration> read(const messages::configuration::version& of) {
  auto made = messages::configuration::read_configuration(of.text);
  if (!made) return std::nullopt;
  return *std::move(made);
}

found_limits find_limits(const site::plan& plan, const site::rack& rack, const rack_history* known,
                         const std::string& which) {
  const auto version_words = [](const messages::configuration::version& of) {
    return fmt::format("version {} {}", of.number, of.hash);
  };
  if (which == limits_staged) {
    if (known == nullptr || !known->staged) return {{}, "nothing waits for approval"};
    return {read(*known->staged), version_words(*known->staged) + ", which waits for approval"};
  }
  if (which == limits_of_files)
    return {site::configuration_of(plan, rack), "what the files say, whatever is in force"};
  if (known == nullptr || known->versions.empty())
    return {site::configuration_of(plan, rack),
            fmt::format("what the files say: no journal in {} knows another configuration",
                        plan.folders.state)};
  const auto& newest = known->versions.back();
  return {read(newest.of),
          fmt::format("in force since {}: {}{}", messages::points::utc_text(newest.utc_us),
                      version_words(newest.of),
                      known->staged ? ", another one waits for approval" : "")};
}

/// Racks by what is said of them, in the order in which that came first.
class rack_groups {
 public:
  void add(const std::string& text, const std::string& rack) {
    const auto same = std::ranges::find(groups_, text, &std::pair<std::string, std::string>::first);
    if (same == groups_.end())
      groups_.emplace_back(text, rack);
    else
      same->second += " " + rack;
  }
  [[nodiscard]] const auto& all() const { return groups_; }

 private:
  std::vector<std::pair<std::string, std::string>> groups_;
};

void print(const rack_groups& tables) {
  fmt::print("{}", columns);
  for (const auto& [lines, racks] : tables.all()) {
    if (tables.all().size() > 1) fmt::print("# {}\n", racks);
    fmt::print("{}", lines);
  }
}

} // namespace

exit_code print_protection(const site::plan& plan, const std::string& which) {
  const auto known = which == limits_of_files ? std::map<std::string, rack_history>()
                                              : configurations_in({plan.folders.state});
  rack_groups tables;
  rack_groups origins;
  std::string unbound;
  bool is_whole = true;
  for (const auto& rack : plan.racks) {
    const auto history = known.find(rack.name);
    const auto found =
        find_limits(plan, rack, history == known.end() ? nullptr : &history->second, which);
    origins.add(found.origin, rack.name);
    is_whole = is_whole && found.holds;
    if (!found.holds) continue;
    const actors::protection::protection_model judging(
        process::protection_rules(plan, rack, *found.holds));
    std::string lines;
    for (const auto& each : found.holds->limits.candidates)
      lines += lines_of(found.holds->limits.chemistry, each);
    tables.add(lines + built_in_lines(judging) + told_lines(plan, rack) +
                   contactor_lines(plan, rack, *found.holds),
               rack.name);
    for (const auto& each : judging.unbound())
      unbound += fmt::format("{} {}: no input: does not protect\n", rack.name, each);
  }
  print(tables);
  for (const auto& [origin, racks] : origins.all()) fmt::print(stderr, "{}: {}\n", racks, origin);
  fmt::print(stderr, "{}", unbound);
  return is_whole ? exit_code::done : exit_code::findings;
}

} // namespace voltaic::nodes::cli
