#include "nodes/view/gather.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "messages/points/catalogue.hpp"
#include "messages/points/output.hpp"
#include "nodes/view/bus_sum.hpp"

namespace voltaic::nodes::view {

namespace {

using messages::quality;
using messages::points::point_state;
using nlohmann::json;

/// What is told first of a device, by the ends of its points' names.
constexpr std::array telling_points = {"state",   "faults",  "alarms",    "power",
                                       "current", "voltage", "frequency", "temperature"};

/// What every rack has.
constexpr std::string_view contactor_end = "/contactor";
const std::string group_end = "/" + std::string(site::group_actor);

/// All points by name; lives as long as what was selected.
class index_of_points {
 public:
  explicit index_of_points(const std::vector<point_state>& points) {
    for (const auto& one : points) by_name_.emplace(one.description.name, &one);
  }
  [[nodiscard]] const point_state* find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }
  [[nodiscard]] number value(const std::string& name) const {
    const auto* point = find(name);
    if (point == nullptr || point->element_quality.empty() ||
        point->element_quality[0] != quality::good)
      return {};
    return point->numbers[0];
  }

 private:
  std::unordered_map<std::string_view, const point_state*> by_name_;
};

std::string place_of(std::uint32_t index, std::uint32_t group_size) {
  if (group_size == 0) return std::to_string(index);
  return std::to_string(index / group_size) + ":" + std::to_string(index % group_size);
}

extreme extreme_of(const index_of_points& points, const std::string& whole, const char* which) {
  const auto name = whole + "_" + which;
  const auto at = points.value(name + "_index");
  const auto* array = points.find(whole);
  extreme result{points.value(name), {}};
  if (result.value && at && array != nullptr)
    result.place = place_of(static_cast<std::uint32_t>(*at), array->description.group_size);
  return result;
}

elements elements_of(const point_state* array) {
  elements result;
  if (array == nullptr) return result;
  result.group_size = array->description.group_size;
  result.values = array->numbers;
  for (std::size_t i = 0; i < result.values.size(); ++i)
    if (array->element_quality[i] != quality::good)
      result.values[i] = std::numeric_limits<double>::quiet_NaN();
  return result;
}

/// "contactor_weld, precharge_failed" one by one; "none" is none.
std::vector<std::string> locks_of(const point_state* lock) {
  std::vector<std::string> all;
  if (lock == nullptr || lock->quality != quality::good || lock->text == "none") return all;
  constexpr std::string_view between = ", ";
  for (std::size_t from = 0; from < lock->text.size();) {
    const auto end = std::min(lock->text.find(between, from), lock->text.size());
    all.push_back(lock->text.substr(from, end - from));
    from = end + between.size();
  }
  return all;
}

rack_picture rack_of(const std::string& name, const index_of_points& points,
                     const live_state& heard) {
  const auto of = [&](const char* point) { return name + "/" + point; };
  rack_picture rack;
  rack.name = name;
  const auto* contactor = points.find(of("contactor"));
  const bool is_known = contactor != nullptr && contactor->quality == quality::good;
  rack.contactor = is_known ? contactor->text : "unknown";
  rack.contactor_locks = locks_of(points.find(of("contactor_lock")));
  rack.voltage_v = points.value(of("voltage"));
  rack.current_a = points.value(of("current"));
  rack.power_w = points.value(of("power"));
  rack.soc_percent = points.value(of("soc"));
  rack.cell_min_v = extreme_of(points, of("cell_voltage"), "min");
  rack.cell_max_v = extreme_of(points, of("cell_voltage"), "max");
  rack.cell_average_v = points.value(of("cell_voltage_average"));
  rack.temperature_min_c = extreme_of(points, of("cell_temperature"), "min");
  rack.temperature_max_c = extreme_of(points, of("cell_temperature"), "max");
  rack.cells_v = elements_of(points.find(of("cell_voltage")));
  rack.charge_limit_a = points.value(of("charge_current_limit"));
  rack.discharge_limit_a = points.value(of("discharge_current_limit"));
  const auto limits = heard.limits().find(name);
  if (limits != heard.limits().end() && rack.charge_limit_a)
    rack.limit_reasons = limits->second.reasons;
  return rack;
}

system_picture system_of(const index_of_points& points) {
  const auto of = [&](const char* point) { return points.value(std::string("system/") + point); };
  system_picture all;
  all.racks_active = of("racks_active");
  all.voltage_v = of("voltage");
  all.current_a = of("current");
  all.power_w = of("power");
  all.soc_percent = of("soc");
  all.soc_min_percent = of("soc_min");
  all.soc_max_percent = of("soc_max");
  all.charge_limit_a = of("charge_current_limit");
  all.discharge_limit_a = of("discharge_current_limit");
  all.energy_charged_wh = of("energy_charged");
  all.energy_discharged_wh = of("energy_discharged");
  if (const auto* soc = points.find("system/soc")) all.missing = soc->missing;
  return all;
}

std::size_t rank(const point_state& point) {
  const auto& about = point.description;
  const auto last = telling_points.size();
  if (about.raw_type == "text") return last + 2;
  if (about.category == "configuration") return last + 1;
  const auto found = std::ranges::find_if(
      telling_points, [&](std::string_view end) { return about.name.ends_with(end); });
  return static_cast<std::size_t>(found - telling_points.begin());
}

/// Power and energy in thousands where they are.
equipment_picture::point shown_point(const point_state& point) {
  const auto& about = point.description;
  equipment_picture::point shown;
  shown.name = about.name.substr(about.name.find('/') + 1);
  shown.text = messages::points::values_text(point);
  if (shown.text == "-" || about.unit.empty()) return shown;
  shown.unit = about.unit;
  constexpr double kilo = 1'000;
  if (about.count == 1 && about.unit.starts_with('W') && std::abs(point.numbers[0]) >= kilo) {
    shown.text = messages::points::fixed_text(point.numbers[0] / kilo, 1);
    shown.unit = "k" + about.unit;
  }
  return shown;
}

equipment_picture equipment_of(const std::string& name, const std::vector<point_state>& points) {
  std::vector<const point_state*> own;
  for (const auto& point : points)
    if (point.description.name.starts_with(name + "/")) own.push_back(&point);
  std::stable_sort(own.begin(), own.end(),
                   [](const point_state* a, const point_state* b) { return rank(*a) < rank(*b); });
  equipment_picture result{name, !own.empty(), {}};
  for (const auto* point : own) {
    result.is_good = result.is_good && point->quality == quality::good;
    result.points.push_back(shown_point(*point));
  }
  return result;
}

void count(link_picture& link, const char* what, std::uint64_t number) {
  if (number > 0) link.errors.push_back({what, number});
}

link_picture link_of(const messages::bus_health& bus) {
  link_picture link{bus.name,
                    bus.state,
                    bus.state == "error-active" || bus.state == "connected",
                    bus.load_percent,
                    {}};
  count(link, "errors", bus.errors);
  count(link, "lost", bus.rx_overflow);
  count(link, "bus-off", bus.bus_off);
  count(link, "unsent", bus.tx_dropped);
  return link;
}

link_picture link_of(const messages::line_health& line) {
  link_picture link{line.name, line.state, line.state == "connected", {}, {}};
  count(link, "timeouts", line.timeouts);
  count(link, "crc", line.crc_errors);
  count(link, "exceptions", line.exceptions);
  count(link, "bad answers", line.bad_answers);
  count(link, "overruns", line.overruns);
  return link;
}

std::vector<link_picture> links_of(const live_state& heard) {
  std::map<std::string, messages::bus_health> buses;
  for (const auto& [node, health] : heard.health())
    for (const auto& bus : health.buses)
      if (const auto [known, is_new] = buses.try_emplace(bus.name, bus); !is_new)
        add(known->second, bus);
  std::vector<link_picture> links;
  for (const auto& [name, bus] : buses) links.push_back(link_of(bus));
  for (const auto& [node, health] : heard.health())
    for (const auto& line : health.lines) links.push_back(link_of(line));
  return links;
}

process_picture process_of(const json& said, bool is_node) {
  process_picture one;
  one.name = said.value("name", "");
  one.state = said.value("state", "");
  one.is_node = is_node;
  // Whom nobody starts again has died once more than it was started again.
  one.deaths = said.value("restarts", 0U) + (one.state == "failed" ? 1 : 0);
  one.cpu_percent = said.value("cpu_percent", 0.0);
  one.memory_mb = said.value("rss_kb", 0.0) / 1024;
  one.uptime_s = said.value("uptime_s", std::int64_t{0});
  const auto last = said.value("last_exit", json());
  if (last.is_string()) one.last_exit = last.get<std::string>();
  return one;
}

std::vector<process_picture> processes_of(const json& status, const live_state& heard) {
  std::vector<process_picture> result;
  for (const auto& said : status.value("nodes", json::array())) {
    auto& node = result.emplace_back(process_of(said, true));
    const auto health = heard.health().find(node.name);
    if (node.state != "running" || health == heard.health().end()) continue;
    for (const auto& actor : health->second.actors)
      if (actor.state != "running") node.state = "degraded";
  }
  for (const auto& said : status.value("processes", json::array()))
    result.push_back(process_of(said, false));
  return result;
}

/// Of a site whose file cannot be read: what speaks. In alphabetical order.
site_facts heard_facts(const std::vector<point_state>& points) {
  site_facts facts;
  for (const auto& point : points)
    if (const auto& name = point.description.name; name.ends_with(contactor_end))
      facts.racks.push_back(name.substr(0, name.size() - contactor_end.size()));
  for (const auto& point : points) {
    const auto& owner = point.owner;
    const auto is_in = [&](const auto& list) {
      return std::ranges::find(list, owner) != list.end();
    };
    if (point.description.name.starts_with(owner + "/") && owner != site::system_actor &&
        !owner.ends_with(group_end) && !owner.ends_with(contactor_end) && !is_in(facts.racks) &&
        !is_in(facts.equipment))
      facts.equipment.push_back(owner);
  }
  return facts;
}

} // namespace

picture gather(const site_facts& facts, const live_state& heard, const json& status,
               std::int64_t utc_us) {
  picture result;
  result.site = facts.site;
  result.utc_us = utc_us;
  result.is_heard = heard.is_heard();
  const auto points = heard.points().select({});
  const index_of_points index(points);
  result.system = system_of(index);
  const auto known = facts.racks.empty() && facts.equipment.empty() ? heard_facts(points) : facts;
  for (const auto& name : known.racks) result.racks.push_back(rack_of(name, index, heard));
  for (const auto& name : known.equipment) result.equipment.push_back(equipment_of(name, points));
  result.links = links_of(heard);
  if (status.is_object())
    result.processes = processes_of(status, heard);
  else
    result.trouble = "the supervisor does not answer";
  if (!result.is_heard) result.trouble = "nothing is heard on the message bus";
  return result;
}

} // namespace voltaic::nodes::view
