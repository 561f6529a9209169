#include "nodes/process/chain_actors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "actors/contactor/contactor_actor.hpp"
#include "actors/contactor/watch_actor.hpp"
#include "actors/protection/protection_actor.hpp"
#include "actors/protection/second_evaluator_actor.hpp"
#include "messages/configuration/identity.hpp"
#include "messages/configuration/profile_words.hpp"
#include "messages/configuration/text.hpp"
#include "messages/configuration/version.hpp"
#include "messages/profiles/device_profile.hpp"
#include "nodes/process/own_points.hpp"
#include "nodes/site/configuration.hpp"

namespace voltaic::nodes::process {
namespace {

using actors::runtime::context;
using messages::configuration::rack_configuration;
using messages::configuration::standing;

/// By the journal as it is now, which an actor may read while it is made.
standing standing_now(context& with, const std::string& rack, const rack_configuration& wanted,
                      messages::configuration::kept_elsewhere elsewhere,
                      const std::string& profile_words) {
  auto& kept = elsewhere.versions;
  for (auto& record : with.journal().newest(messages::configuration::stream))
    kept.push_back({std::move(record.key), record.utc_us, std::move(record.body), true});
  std::map<std::string, std::string> words;
  for (const auto& each : kept)
    if (messages::configuration::is_words_key(each.rack))
      words[messages::configuration::content_hash(each.body)] = each.body;
  auto known = messages::configuration::find_known(kept, rack, wanted);
  known.journal_was_lost = with.journal().boot().after_loss;
  known.others_unreadable = elsewhere.any_unreadable;
  known.words = std::move(words);
  known.words[wanted.profile_content] = profile_words;
  auto found = messages::configuration::standing_of(known, wanted);
  found.identity = messages::configuration::find_identity(kept, rack, known.former);
  return found;
}

// What is not watched derates nothing either.
messages::protection::derating derating_of(messages::protection::table rules,
                                           const std::vector<std::string>& disabled,
                                           const messages::protection::stated_derating& stated) {
  std::erase_if(rules.candidates, [&](const auto& each) {
    return std::ranges::find(disabled, each.name) != disabled.end();
  });
  return messages::protection::derating_of(stated, rules);
}

void take(const rack_configuration& from, actors::protection::protection_options& into) {
  into.table = from.limits;
  into.derating = from.derating;
  into.capacity_ah = from.capacity_ah;
  into.charge_current_a = from.charge_current_a;
  into.discharge_current_a = from.discharge_current_a;
}

// The inputs that open a rack. Its own points its device says.
std::vector<actors::contactor::input_options> inputs_of(const rack_configuration& from,
                                                        const site::rack& rack) {
  using actors::contactor::input_role;
  std::vector<actors::contactor::input_options> inputs;
  const auto add = [&](input_role role, const std::string& point) {
    if (point.empty()) return;
    const auto owner = point.substr(0, point.find('/'));
    inputs.push_back({role, point, owner == rack.name ? rack.device : owner});
  };
  add(input_role::stop, from.emergency_stop);
  add(input_role::interlock, from.interlock);
  add(input_role::fire, from.fire);
  return inputs;
}

// Of a rack that nothing here can open or close.
actor_factory make_watch(const site::rack& rack,
                         const messages::profiles::device_profile& profile) {
  actors::contactor::watch_actor_options options{rack.name,
                                                 rack.device,
                                                 {profile.find_point("minus_closed").has_value(),
                                                  profile.find_point("plus_closed").has_value()}};
  if (profile.ratings)
    options.rated_current_a =
        std::max(profile.ratings->charge_current_a, profile.ratings->discharge_current_a);
  return [options](context& with) {
    return std::make_unique<actors::contactor::watch_actor>(with, options);
  };
}

// Whether other racks of its DC bus, or an inverter, have a say in its closing.
bool is_asked_about(const site::plan& plan, const site::rack& rack) {
  const bool shares = std::ranges::any_of(plan.racks, [&](const site::rack& other) {
    return !rack.dc_bus.empty() && other.name != rack.name && other.dc_bus == rack.dc_bus;
  });
  return shares || std::ranges::any_of(plan.inverters, [&](const site::inverter& each) {
           return std::ranges::find(each.racks, rack.name) != each.racks.end();
         });
}

// The highest voltage that its device can tell; 0: it tells none.
double highest_voltage_v(const messages::profiles::device_profile& of) {
  const auto found = of.find_point("voltage");
  if (!found) return 0;
  const auto& point = of.points[*found];
  if (point.valid) return point.valid->maximum;
  return static_cast<double>(messages::profiles::raw_maximum(point.type)) * point.scale +
         point.offset;
}

void take(const rack_configuration& from, actors::contactor::contactor_options& into) {
  into.close_barred_by = bar_to_closing(from);
  into.shares_bus = from.shares_bus > 0;
  into.break_current_a = from.break_current_a;
  into.rated_current_a = std::max(from.charge_current_a, from.discharge_current_a);
  into.resistor = {from.precharge_resistance_ohm, from.precharge_energy_j};
  into.spacing_us = std::llround(from.closing_spacing_s * messages::us_per_s);
  if (from.lease_ms > 0)
    into.lease_us = static_cast<std::int64_t>(from.lease_ms) * messages::us_per_ms;
}

/// Whose points the rack's candidates may judge: its own device's first.
std::vector<speaking_device> speaking_to(const site::plan& plan, const site::rack& rack) {
  std::vector<speaking_device> all{{{}, plan.find_device(rack.device)->profile}};
  for (const auto& each : plan.devices)
    if (each.rack.empty() && each.profile != nullptr) all.push_back({each.name, each.profile});
  return all;
}

/// The devices beside the rack's own of which points are judged.
std::vector<std::string> judged_equipment(const actors::protection::protection_options& rules) {
  std::set<std::string> names;
  for (const auto& point : rules.points) {
    const auto device = messages::protection::split_point(point.name).device;
    if (!device.empty()) names.emplace(device);
  }
  return {names.begin(), names.end()};
}

/// The CAN bus of a rack whose controller can leave it: a real one. Virtual buses, bridges and
/// recordings have none.
std::string controller_bus_of(const site::plan& plan, const site::rack& rack) {
  const auto* bus = plan.find_bus(plan.find_device(rack.device)->bus);
  return bus != nullptr && bus->uri.starts_with("socketcan:") ? bus->name : std::string();
}

/// What a rack's evaluators judge by, as far as it is the same at each of their starts.
actors::protection::protection_options rules_of(const site::plan& plan, const site::rack& rack,
                                                const std::string& evaluator) {
  const auto& profile = *plan.find_device(rack.device)->profile;
  actors::protection::protection_options rules;
  rules.rack = rack.name;
  rules.profile = fmt::format("{} version {}", profile.name, profile.version);
  rules.bus = controller_bus_of(plan, rack);
  rules.can_open = plan.takes_orders(rack);
  rules.disabled = plan.disabled_candidates;
  const auto mutated = plan.mutated_evaluators.find(evaluator);
  if (mutated != plan.mutated_evaluators.end())
    rules.disabled.insert(rules.disabled.end(), mutated->second.begin(), mutated->second.end());
  for (std::size_t each = 0; each < actors::protection::known_count; ++each) {
    const auto found = profile.find_point(actors::protection::measured_points[each].point);
    if (!found) continue;
    const auto& point = profile.points[*found];
    rules.points[each] = {point.count, point.group_size, point.period_ms};
    if (point.type != messages::profiles::raw_type::f64)
      rules.points[each].resolution = point.scale;
  }
  if (const auto limit = profile.find_point("reported_charge_current_limit")) {
    rules.reports_charge_limit = true;
    rules.reported_period_ms = profile.points[*limit].period_ms;
  }
  rules.reports_discharge_limit =
      profile.find_point("reported_discharge_current_limit").has_value();
  return rules;
}

/// The link that compares the current of a rack; empty: none does.
std::string witness_of(const site::plan& plan, const site::rack& rack) {
  const auto* inverter = site::current_witness_of(plan, rack);
  return inverter == nullptr ? std::string() : inverter->name + "/link";
}

/// Makes actors that judge a rack: `make` gets its context, the options and what holds.
template <class Make>
actor_factory make_judge(const actor_setup& setup, Make make) {
  const auto& rack = *setup.plan.find_rack(setup.actor.subject);
  const auto& device = *setup.plan.find_device(rack.device);
  const auto wanted = site::configuration_of(setup.plan, rack);
  return [make, device = device.name, profile = device.profile, words = device.profile_words,
          wanted, kept = setup.kept, speaking = speaking_to(setup.plan, rack),
          witness = witness_of(setup.plan, rack),
          rules = rules_of(setup.plan, rack, setup.actor.name)](context& with) {
    actors::protection::evaluator_options own{rules, device, {}, witness};
    auto holds = standing_now(with, rules.rack, wanted, kept, words);
    take(holds.rules, own.rules);
    add_own_points(speaking, own.rules);
    own.equipment = judged_equipment(own.rules);
    if (!own.rules.disabled.empty()) // only where a simulation isolates candidates
      own.rules.derating = derating_of(own.rules.table, own.rules.disabled, profile->derating);
    return make(with, std::move(own), std::move(holds));
  };
}

} // namespace

actors::protection::protection_options protection_rules(const site::plan& plan,
                                                        const site::rack& rack,
                                                        const rack_configuration& holds) {
  auto rules = rules_of(plan, rack, rack.name + "/protection");
  take(holds, rules);
  add_own_points(speaking_to(plan, rack), rules);
  return rules;
}

actors::contactor::contactor_options contactor_rules(const std::string& rack,
                                                     const rack_configuration& holds) {
  actors::contactor::contactor_options rules;
  rules.rack = rack;
  take(holds, rules);
  return rules;
}

actor_factory make_protection(const actor_setup& setup) {
  const auto& rack = *setup.plan.find_rack(setup.actor.subject);
  const auto second = site::second_evaluator_of(rack);
  const auto& profile = *setup.plan.find_device(rack.device)->profile;
  return make_judge(
      setup,
      [second, identity = profile.identity](
          context& with, actors::protection::evaluator_options own,
          standing holds) -> std::unique_ptr<actors::runtime::actor> {
        return std::make_unique<actors::protection::protection_actor>(
            with, actors::protection::actor_options{std::move(own.rules), std::move(own.device),
                                                    std::move(own.equipment), std::move(holds),
                                                    second, identity, std::move(own.witness)});
      });
}

actor_factory make_evaluator(const actor_setup& setup) {
  return make_judge(setup,
                    [](context& with, actors::protection::evaluator_options own,
                       const standing& holds) -> std::unique_ptr<actors::runtime::actor> {
                      auto first = own.rules.rack + "/protection";
                      return std::make_unique<actors::protection::second_evaluator>(
                          with, actors::protection::second_evaluator_options{
                                    std::move(own), std::move(first), holds.was_lost});
                    });
}

actor_factory make_contactor(const actor_setup& setup) {
  const auto rack = *setup.plan.find_rack(setup.actor.subject);
  if (!setup.plan.takes_orders(rack))
    return make_watch(rack, *setup.plan.find_device(rack.device)->profile);
  actors::contactor::actor_options options;
  options.device = rack.device;
  options.asks_before_closing = is_asked_about(setup.plan, rack);
  options.second_evaluator = site::second_evaluator_of(rack);
  options.machine_boot = setup.machine_boot;
  const auto wanted = site::configuration_of(setup.plan, rack);
  const auto words = setup.plan.find_device(rack.device)->profile_words;
  const auto voltage_max_v = highest_voltage_v(*setup.plan.find_device(rack.device)->profile);
  return [options, wanted, words, rack, voltage_max_v, kept = setup.kept](context& with) {
    auto own = options;
    const auto standing = standing_now(with, rack.name, wanted, kept, words);
    own.rules = contactor_rules(rack.name, standing.rules);
    own.rules.rack_voltage_max_v = voltage_max_v;
    own.inputs = inputs_of(standing.rules, rack);
    // Another key than was approved resets nothing; nor does the former one, which may be gone.
    if (!rack.reset_key.empty() && standing.rules.reset_key == wanted.reset_key)
      own.inputs.push_back({actors::contactor::input_role::reset_key, rack.reset_key,
                            rack.reset_key.substr(0, rack.reset_key.find('/'))});
    return std::make_unique<actors::contactor::contactor_actor>(with, std::move(own));
  };
}

} // namespace voltaic::nodes::process
