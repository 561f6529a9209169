#include "nodes/site/judge_digital.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "messages/points/names.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::nodes::site {

namespace {

namespace profiles = messages::profiles;

std::string owner_of(const std::string& point) {
  return point.substr(0, point.find('/'));
}

// Of "coupler_0/inputs[3]": "inputs".
std::string local_name(const std::string& point) {
  const auto path = messages::points::parse_path(point);
  const auto whole = path ? path->point : point;
  return whole.substr(whole.find('/') + 1);
}

/// A rack that an input opens.
struct use {
  std::string role;
  std::string point;
  std::string rack;
  std::string node; ///< of the rack
  position at;
};

class digital_judge {
 public:
  digital_judge(plan& result, reporter& report) : plan_(result), report_(report) {}

  void judge(const draft_digital& place, const digital& item) {
    if (item.inputs.empty() && item.outputs.empty())
      report_.add(place.name_at, fmt::format("name: {} has no input and no output", item.name));
    std::set<std::string> names;
    for (std::size_t i = 0; i < item.inputs.size(); ++i)
      judge_line(item, item.inputs[i], place.input_at[i], false, names);
    for (std::size_t i = 0; i < item.outputs.size(); ++i) {
      judge_line(item, item.outputs[i], place.output_at[i], true, names);
      judge_follow(item.outputs[i], place.output_at[i]);
    }
  }

  // It drops when the inverter is lost: what names nobody drops nothing, and nobody is told
  // before that day.
  void judge(const draft_inverter& place, const inverter& item) {
    const auto& point = item.safety_relay;
    if (point.empty()) return;
    const auto name = local_name(point);
    if (const auto* from = plan_.find_digital(owner_of(point)))
      return judge_relay_output(*from, point, place.relay_at);
    const auto* device = plan_.find_device(owner_of(point));
    if (device == nullptr)
      return report_.add(place.relay_at,
                         fmt::format("safety_relay: {} is neither an output of a [[digital]] nor "
                                     "a point of a device",
                                     point));
    if (device->profile == nullptr) return;
    const auto sets = [&](const profiles::command& each) {
      return each.purpose == profiles::command_purpose::set && each.point == name;
    };
    const auto found = std::ranges::find_if(device->profile->commands, sets);
    if (found == device->profile->commands.end())
      return report_.add(
          place.relay_at,
          fmt::format("safety_relay: {} has no point {} that can be set", device->name, name));
    if (found->allowed.minimum > 0 || found->allowed.maximum < 0)
      report_.add(place.relay_at, fmt::format("safety_relay: {} cannot be set to 0", point));
  }

  /// Once all racks are judged: what lies between inputs and racks.
  void judge_ways() {
    for (const auto& [name, uses] : uses_) {
      const auto& from = *plan_.find_digital(name);
      std::set<std::string> nodes;
      std::vector<const use*> by_bus;
      for (const auto& each : uses) {
        nodes.insert(each.node);
        if (each.node != from.node) by_bus.push_back(&each);
      }
      if (by_bus.empty()) continue;
      if (nodes.size() > 1) {
        warn_of_several(from, by_bus);
        continue;
      }
      for (const auto* each : by_bus)
        warn(each->at, fmt::format("{}: {} reaches {} through the message bus, whose loss opens "
                                   "the rack; put {} into the node {} to be independent of it",
                                   each->role, each->point, each->rack, name, each->node));
    }
  }

  void judge(const draft_rack& place, const rack& item) {
    judge_role(item, "emergency_stop", item.emergency_stop, place.emergency_stop_at);
    judge_role(item, "interlock", item.interlock, place.interlock_at);
    judge_role(item, "fire", item.fire, place.fire_at);
    judge_key(item, place.reset_key_at);
  }

 private:
  void judge_line(const digital& item, const digital_line& line, position at, bool is_output,
                  std::set<std::string>& names) {
    if (!line.name.empty() && !names.insert(line.name).second)
      report_.add(at, fmt::format("name: {}/{} is there twice", item.name, line.name));
    if (!line.line) return judge_point(line, at, is_output);
    if (item.chip.empty()) return report_.add(at, fmt::format("line: {} names no chip", item.name));
    const auto [user, is_first] =
        lines_.try_emplace({item.chip, *line.line}, item.name + "/" + line.name);
    if (!is_first)
      report_.add(at,
                  fmt::format("line: {} of {} is already {}", *line.line, item.chip, user->second));
  }

  // A coupler is a device that feeds no rack; what it takes is a point of a set command.
  void judge_point(const digital_line& line, position at, bool is_output) {
    if (line.point.empty()) return; // that is wrong, and told
    const auto* coupler = plan_.find_device(owner_of(line.point));
    if (coupler == nullptr || !coupler->rack.empty())
      return report_.add(
          at, fmt::format("point: {} is no device that stands by itself", owner_of(line.point)));
    if (coupler->profile == nullptr) return;
    const auto name = local_name(line.point);
    if (!coupler->profile->find_point(name))
      return report_.add(at, fmt::format("point: {} has no point {}", coupler->name, name));
    const auto takes = [&](const profiles::command& each) { return each.point == name; };
    if (is_output && std::ranges::none_of(coupler->profile->commands, takes))
      report_.add(at, fmt::format("point: {} cannot be set", line.point));
  }

  void judge_follow(const digital_output& output, position at) {
    const auto owner = owner_of(output.follow);
    if (output.follow.empty() || plan_.find_digital(owner) != nullptr ||
        plan_.find_device(owner) != nullptr || plan_.find_rack(owner) != nullptr ||
        owner == system_actor)
      return;
    report_.add(at, fmt::format("follow: there is no {} that could say {}", owner, output.follow));
  }

  void judge_relay_output(const digital& from, const std::string& point, position at) {
    const auto name = point.substr(point.find('/') + 1);
    const auto found = std::ranges::find(from.outputs, name, &digital_output::name);
    if (found == from.outputs.end())
      report_.add(at, fmt::format("safety_relay: {} has no output {}", from.name, name));
    else if (!found->follow.empty())
      report_.add(at, fmt::format("safety_relay: {} follows {}, so that nobody else sets it", point,
                                  found->follow));
  }

  void judge_role(const rack& item, std::string_view role, const std::string& point, position at) {
    if (point.empty()) return;
    const auto owner = owner_of(point);
    const auto name = local_name(point);
    const auto* feeding = plan_.find_device(item.device);
    if (!plan_.takes_orders(item))
      report_.add(at, fmt::format("{}: nothing here can open {}: the profile {} has no command of "
                                  "the purpose \"order\"; wire {} to what opens the battery",
                                  role, item.name, feeding->profile->name, point));
    if (owner == item.name) {
      const auto* device = plan_.find_device(item.device);
      if (device != nullptr && device->profile != nullptr && !device->profile->find_point(name))
        report_.add(at, fmt::format("{}: the profile {} has no point {}", role,
                                    device->profile->name, name));
      return;
    }
    const auto* from = plan_.find_digital(owner);
    const bool is_input =
        from != nullptr && std::ranges::any_of(from->inputs, [&](const digital_input& input) {
          return input.name == name;
        });
    if (!is_input)
      return report_.add(at, fmt::format("{}: {} is neither an input of a [[digital]] nor a point "
                                         "of {} itself",
                                         role, point, item.name));
    uses_[from->name].push_back({std::string(role), point, item.name, item.node, at});
  }

  void warn(position at, std::string text) {
    plan_.warnings.push_back({report_.file(), at.line, at.column, std::move(text)});
  }

  // It stands in one node: for racks of several there is no better one.
  void warn_of_several(const digital& from, const std::vector<const use*>& by_bus) {
    std::vector<std::string> points;
    std::vector<std::string> racks;
    for (const auto* each : by_bus) {
      add_once(points, each->point);
      add_once(racks, each->rack);
    }
    warn(by_bus.front()->at,
         fmt::format("{}: {} reaches {} through the message bus, whose loss opens {}; {} is in one "
                     "node and serves racks of several: to be independent of the bus each of them "
                     "needs an input of its own in its node, as another contact of the same button",
                     by_bus.front()->role, fmt::join(points, ", "), fmt::join(racks, ", "),
                     racks.size() == 1 ? "it" : "them", from.name));
  }

  static void add_once(std::vector<std::string>& to, const std::string& name) {
    if (std::ranges::find(to, name) == to.end()) to.push_back(name);
  }

  // It loosens: a wire that breaks must not turn it, nor an input that is there for something else.
  void judge_key(const rack& item, position at) {
    const auto& point = item.reset_key;
    if (point.empty()) return;
    if (!plan_.takes_orders(item))
      report_.add(at, fmt::format("reset_key: {} takes no orders, and is not known to be open: its "
                                  "latches are reset by voltaic reset",
                                  item.name));
    for (const auto& other : plan_.racks)
      if (point == other.emergency_stop || point == other.interlock || point == other.fire)
        report_.add(at, fmt::format("reset_key: {} opens {} as well", point, other.name));
    const auto* from = plan_.find_digital(owner_of(point));
    const auto name = local_name(point);
    if (from == nullptr)
      return report_.add(at, fmt::format("reset_key: {} is no input of a [[digital]]", point));
    const auto found = std::ranges::find(from->inputs, name, &digital_input::name);
    if (found == from->inputs.end())
      return report_.add(at, fmt::format("reset_key: {} has no input {}", from->name, name));
    if (found->normally_closed)
      report_.add(at, fmt::format("reset_key: {} is normally closed, so that a broken wire would "
                                  "turn it; a key closes its contact: normally_closed = false",
                                  point));
  }

  plan& plan_;
  reporter& report_;
  std::map<std::string, std::vector<use>> uses_;                       ///< by the [[digital]]
  std::map<std::pair<std::string, std::uint32_t>, std::string> lines_; ///< and who uses them
};

} // namespace

void judge_digital(const draft& source, plan& result, reporter& report) {
  digital_judge judge(result, report);
  for (const auto& place : source.digitals)
    if (const auto* item = result.find_digital(place.item.name)) judge.judge(place, *item);
  for (const auto& place : source.racks)
    if (const auto* item = result.find_rack(place.item.name)) judge.judge(place, *item);
  judge.judge_ways();
  for (const auto& place : source.inverters)
    if (const auto* item = result.find_inverter(place.item.name)) judge.judge(place, *item);
}

} // namespace voltaic::nodes::site
