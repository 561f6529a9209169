#include "nodes/simulate/targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

#include "actors/simulator/pack_model.hpp"
#include "actors/simulator/serial_battery_model.hpp"
#include "messages/inverter/inverter_profile.hpp"
#include "messages/points/names.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::nodes::simulate {
namespace {

using actors::simulator::override_kind;

using actors::simulator::equipment_effect;

/// What a row does to a rack; nothing: racks know no such thing.
std::optional<override_kind> rack_kind(effect wanted) {
  switch (wanted) {
    case effect::value:
      return override_kind::value;
    case effect::invalid:
      return override_kind::invalid;
    case effect::freeze:
      return override_kind::freeze;
    case effect::silent:
      return override_kind::silent;
    case effect::release:
      return override_kind::release;
    default:
      return std::nullopt;
  }
}

equipment_effect equipment_kind(effect wanted) {
  switch (wanted) {
    case effect::invalid:
      return equipment_effect::invalid;
    case effect::freeze:
      return equipment_effect::freeze;
    case effect::silent:
      return equipment_effect::silent;
    case effect::release:
      return equipment_effect::release;
    case effect::exception:
      return equipment_effect::exception;
    case effect::late:
      return equipment_effect::late;
    case effect::checksum:
      return equipment_effect::checksum;
    case effect::half_frame:
      return equipment_effect::half_frame;
    case effect::noise:
      return equipment_effect::noise;
    default:
      return equipment_effect::value;
  }
}

/// Both spellings name the same device: by its rack, or by itself.
const site::device* find_device(const site::plan& plan, std::string_view owner) {
  for (const auto& device : plan.devices) {
    if (!device.rack.empty() && (device.rack == owner || device.name == owner)) return &device;
  }
  return nullptr;
}

/// What a rack's current sensor makes of the current: -1, 10, 0.
constexpr std::string_view current_gain = "current_gain";

/// `rack_0/cell_voltage`, `bms_0/CellVoltage`, or `rack_0` with `module_1:cell_3`.
std::variant<overlay, std::string> find_in_rack(const trace_row& row, const site::plan& plan) {
  const auto slash = row.point.rfind('/');
  const auto owner = row.point.substr(0, slash);
  const auto* device = find_device(plan, owner);
  if (device == nullptr) return fmt::format("no simulated rack or device '{}'", owner);
  const auto* bus = plan.find_bus(device->bus);
  if (bus != nullptr && bus->kind == site::bus_kind::replay) {
    return fmt::format("'{}' is played from a recording, which nothing changes", owner);
  }
  const bool shorthand = slash == std::string::npos;
  const auto local = shorthand ? std::string() : row.point.substr(slash + 1);
  const auto member = row.scope.substr(row.scope.find(':') + 1);
  // A defect, in no frame.
  if (local == current_gain && !device->rack.empty() && !row.index && row.scope.empty())
    return overlay{.rack = device->rack, .point = local, .index = {}};
  for (const auto& point : device->profile->points) {
    const bool meant =
        shorthand
            ? point.group_size > 0 && member.starts_with(messages::points::element_word(point.name))
            : point.name == local || point.channel == local;
    if (!meant) continue;
    overlay out{.rack = device->rack, .point = point.name, .index = row.index};
    if (!row.scope.empty()) {
      out.index = messages::points::flat_index(row.scope, point.group_size);
      if (!out.index) return fmt::format("'{}' is no element of {}", row.scope, row.point);
    }
    if (out.index && *out.index >= point.count) {
      return fmt::format("{} has {} elements", row.point, point.count);
    }
    return out;
  }
  return fmt::format("{} has no point '{}' that a device reports", owner, local);
}

/// Why simulated equipment did not take a row; asked of it, since it alone knows its faults.
template <class Equipment>
std::string refusal(Equipment& of, std::string_view kind, const trace_row& row,
                    const equipment_overlay& what) {
  const auto takes = [&](std::optional<std::uint32_t> index, equipment_effect how, double value) {
    return of.set(what.point, index, how, value);
  };
  const auto given = row.point.substr(row.point.find('/') + 1);
  const bool is_known = takes({}, equipment_effect::release, 0) ||
                        (what.index && takes(0, equipment_effect::release, 0));
  if (!is_known) return fmt::format("the simulated {} has no point or fault '{}'", kind, given);
  if (what.index && !takes(what.index, equipment_effect::release, 0))
    return fmt::format("{} has no element {}", row.point, *what.index);
  // Some count from 0, J1939's parameters from 1.
  if (!what.index && (takes(0, what.effect, what.value) || takes(1, what.effect, what.value)))
    return fmt::format("{} needs an index with this value", row.point);
  if (what.effect != equipment_effect::value)
    return fmt::format("the simulated {} cannot do this with {}", kind, row.point);
  return fmt::format("the simulated {} does not take {} for {}", kind, what.value, row.point);
}

} // namespace

messages::command make_command(const std::string& operation, const std::string& subject,
                               std::size_t number) {
  messages::command out;
  out.id = fmt::format("trace-{}", number);
  out.key = out.id;
  out.target = site::command_actor;
  out.operation = operation;
  out.point = subject;
  out.role = "service";
  if (operation == "shelve") out.lease_ms = shelved_ms;
  out.user = "trace";
  out.reason = "trace";
  return out;
}

namespace {

/// Turns rows into deeds and keeps what is wrong with them.
class trace_resolver {
 public:
  trace_resolver(const site::plan& plan, const std::string& file, trace_player player)
      : plan_(plan), file_(file), player_(player) {}

  void resolve(const trace_row& row) {
    if (row.effect == effect::command)
      resolve_command(row);
    else if (const auto* digital = plan_.find_digital(row.point.substr(0, row.point.find('/'))))
      resolve_digital(row, *digital);
    else if (const auto* device = find_equipment(row))
      resolve_equipment(row, *device);
    else if (const auto* inverter = plan_.find_inverter(row.point);
             inverter != nullptr && inverter->simulate)
      resolve_inverter(row, *inverter);
    else
      resolve_rack(row);
  }

  std::variant<std::vector<deed>, messages::findings> take() {
    if (auto found = take_findings(); !found.empty()) return found;
    return std::move(deeds_);
  }

  // One mistake is often made in every row of a point: it is told once, for the first of them.
  messages::findings take_findings() {
    for (const auto& [mistake, what] : told_)
      if (what.more_rows > 0)
        findings_[what.at].text += fmt::format(" (and in {} more rows)", what.more_rows);
    told_.clear();
    return std::move(findings_);
  }

 private:
  void wrong(const trace_row& row, std::string text) {
    const auto mistake = std::pair(text, row.effect);
    if (const auto known = told_.find(mistake); known != told_.end()) {
      ++known->second.more_rows;
      return;
    }
    if (findings_.size() >= trace_findings_max) return;
    told_[mistake] = {findings_.size(), 0};
    findings_.push_back({file_, row.line, 1, std::move(text)});
  }

  void resolve_command(const trace_row& row) {
    if (player_ == trace_player::devices)
      return wrong(row, fmt::format("'{} {}' is a command: simulated devices give none; use it "
                                    "with voltaic simulate",
                                    row.operation, row.subject));
    if (row.operation == "kill") {
      const auto* node = plan_.find_node(row.subject);
      if (node == nullptr || node->kind == site::node_kind::relay)
        return wrong(row, fmt::format("no node '{}' that a simulation could end", row.subject));
      deeds_.push_back({row.t_ms, node_death{row.subject}});
      return;
    }
    const auto rack = row.subject.substr(0, row.subject.find('/'));
    if (row.operation != "acknowledge" && plan_.find_rack(rack) == nullptr)
      wrong(row, fmt::format("no rack '{}'", rack));
    deeds_.push_back({row.t_ms, make_command(row.operation, row.subject, deeds_.size())});
  }

  void resolve_digital(const trace_row& row, const site::digital& digital) {
    if (player_ == trace_player::devices)
      return wrong(row, fmt::format("{} is played by voltaic simulate alone", row.point));
    const auto name = row.point.substr(row.point.find('/') + 1);
    const bool is_line = std::ranges::any_of(
        digital.inputs, [&](const auto& input) { return input.name == name && input.line; });
    if (!is_line || row.index || !row.scope.empty())
      return wrong(row, fmt::format("{} has no input '{}' on a line", digital.name, name));
    const bool is_level = row.value == 0 || row.value == 1;
    if (row.effect != effect::release && (row.effect != effect::value || !is_level))
      return wrong(row, "a digital input is 0, 1 (active) or release");
    deeds_.push_back(
        {row.t_ms, digital_overlay{row.point, row.effect == effect::value && row.value == 1}});
  }

  [[nodiscard]] const site::device* find_equipment(const trace_row& row) const {
    const auto owner = row.point.substr(0, row.point.rfind('/'));
    const auto* device = plan_.find_device(owner);
    const auto* rack = plan_.find_rack(owner);
    if (device == nullptr && rack != nullptr) device = plan_.find_device(rack->device);
    return device != nullptr && !device->simulate.empty() ? device : nullptr;
  }

  void resolve_equipment(const trace_row& row, const site::device& device) {
    if (!device.bus.empty()) return resolve_pack(row, device);
    equipment_overlay what{device.name, "", row.index, equipment_kind(row.effect), row.value};
    if (const auto slash = row.point.rfind('/'); slash != std::string::npos) {
      const auto local = row.point.substr(slash + 1);
      for (const auto& point : device.profile->points)
        if (point.name == local || point.channel == local) what.point = point.name;
      if (what.point.empty())
        return wrong(row, fmt::format("{} has no point '{}'", device.name, local));
    }
    if (!row.scope.empty() || (what.point.empty() && row.index))
      return wrong(row, fmt::format("{} has no element of that name", row.point));
    if (device.simulate == site::serial_battery) {
      actors::simulator::serial_battery_model battery(device.profile, device.unit);
      if (!battery.set(what.point, what.index, what.effect, what.value))
        return wrong(row, refusal(battery, "battery", row, what));
      deeds_.push_back({row.t_ms, std::move(what)});
      return;
    }
    auto& known = known_[device.simulate];
    if (known == nullptr) known = actors::simulator::make_equipment(device.simulate);
    if (!known->set(what.point, what.index, what.effect, what.value))
      return wrong(row, refusal(*known, device.simulate, row, what));
    deeds_.push_back({row.t_ms, std::move(what)});
  }

  // A pack has faults of its own beside its points: what it takes, it knows.
  void resolve_pack(const trace_row& row, const site::device& device) {
    equipment_overlay what{device.name, "", row.index, equipment_kind(row.effect), row.value};
    if (const auto slash = row.point.rfind('/'); slash != std::string::npos)
      what.point = row.point.substr(slash + 1);
    for (const auto& point : device.profile->points)
      if (point.channel == what.point) what.point = point.name;
    auto played = actors::simulator::make_pack(device.simulate, device.profile, device.id_offset);
    if (played == nullptr || !row.scope.empty())
      return wrong(
          row, fmt::format("the simulated {} cannot do this with {}", device.simulate, row.point));
    if (!played->set(what.point, what.index, what.effect, what.value))
      return wrong(row, refusal(*played, device.simulate, row, what));
    deeds_.push_back({row.t_ms, std::move(what)});
  }

  void resolve_inverter(const trace_row& row, const site::inverter& inverter) {
    using actors::simulator::inverter_effect;
    inverter_overlay what{row.point, inverter_effect::none};
    if (row.effect == effect::silent)
      what.effect = inverter_effect::silent;
    else if (row.effect == effect::freeze)
      what.effect = inverter_effect::freeze;
    else if (row.effect != effect::release)
      return wrong(row, fmt::format("{} can be silent, freeze or release", row.point));
    const auto& profile = *inverter.profile;
    if (row.effect == effect::freeze && (!profile.keep_alive || !profile.keep_alive->counter_byte))
      return wrong(row, fmt::format("{} cannot freeze: the heartbeat of its profile {} has no "
                                    "counter that could stand still; it can be silent",
                                    row.point, profile.name));
    deeds_.push_back({row.t_ms, std::move(what)});
  }

  void resolve_rack(const trace_row& row) {
    auto found = find_in_rack(row, plan_);
    if (const auto* reason = std::get_if<std::string>(&found)) return wrong(row, *reason);
    auto& what = std::get<overlay>(found);
    const auto kind = rack_kind(row.effect);
    if (!kind)
      return wrong(row, "only equipment on a line answers late, with an exception or broken");
    what.kind = *kind;
    what.value = row.value;
    if (!reports_.set(what.point, what.index, what.kind, what.value))
      return wrong(row, fmt::format("the simulated rack cannot do this with '{}'", row.point));
    deeds_.push_back({row.t_ms, std::move(what)});
  }

  const site::plan& plan_;
  const std::string& file_;
  trace_player player_;
  actors::simulator::simulated_rack_model reports_{{}}; ///< knows what a rack reports
  /// By kind: knows what equipment shows and takes.
  std::map<std::string, std::unique_ptr<actors::simulator::equipment_model>> known_;
  std::vector<deed> deeds_;
  messages::findings findings_;
  struct told {
    std::size_t at = 0; ///< of the findings
    std::size_t more_rows = 0;
  };
  std::map<std::pair<std::string, effect>, told> told_; ///< by text and what the row does
};

} // namespace

std::variant<std::vector<deed>, messages::findings> resolve_trace(const trace& rows,
                                                                  const site::plan& plan,
                                                                  const std::string& file,
                                                                  trace_player player) {
  trace_resolver resolver(plan, file, player);
  for (const auto& row : rows) resolver.resolve(row);
  return resolver.take();
}

std::variant<std::vector<deed>, messages::findings> load_trace(const std::string& path,
                                                               const site::plan& plan,
                                                               trace_player player) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    return messages::findings{{path, 1, 1, "the trace is a folder"}};
  // A pipe is welcome: a trace may come out of another program.
  std::ifstream file(path, std::ios::binary);
  if (!file) return messages::findings{{path, 1, 1, "the trace cannot be read"}};
  const std::string text(std::istreambuf_iterator<char>(file), {});
  messages::findings unreadable;
  const auto rows = parse_trace(text, path, unreadable);
  if (unreadable.empty()) return resolve_trace(rows, plan, path, player);
  // Whoever mends the lines that cannot be read wants to know of the others as well.
  trace_resolver resolver(plan, path, player);
  for (const auto& row : rows) resolver.resolve(row);
  std::ranges::move(resolver.take_findings(), std::back_inserter(unreadable));
  std::ranges::stable_sort(unreadable, {}, &messages::finding::line);
  return unreadable;
}

messages::findings scenario_findings(const site::plan& plan) {
  if (plan.simulator.scenario.empty()) return {};
  auto loaded = load_trace(plan.simulator.scenario, plan, trace_player::devices);
  if (auto* findings = std::get_if<messages::findings>(&loaded)) return std::move(*findings);
  return {};
}

} // namespace voltaic::nodes::simulate
