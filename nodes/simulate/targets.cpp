#include "nodes/simulate/targets.hpp"

#include <fmt/format.h>

#include <array>

#include "messages/points/names.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::nodes::simulate {
namespace {

using actors::simulator::override_kind;

constexpr std::array<override_kind, 5> kinds = {override_kind::value, override_kind::invalid,
                                                override_kind::freeze, override_kind::silent,
                                                override_kind::release};

/// Both spellings name the same device: by its rack, or by itself.
const site::device* find_device(const site::plan& plan, std::string_view owner) {
  for (const auto& device : plan.devices) {
    if (!device.rack.empty() && (device.rack == owner || device.name == owner)) return &device;
  }
  return nullptr;
}

/// `rack_0/cell_voltage`, `bms_0/CellVoltage`, or `rack_0` with `module_1:cell_3`.
std::variant<overlay, std::string> find(const trace_row& row, const site::plan& plan) {
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

bool is_rack(const site::plan& plan, const std::string& name) {
  return plan.find_rack(name) != nullptr;
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
  out.user = "trace";
  out.reason = "trace";
  return out;
}

std::variant<std::vector<deed>, messages::findings> resolve_trace(const trace& rows,
                                                                  const site::plan& plan,
                                                                  const std::string& file) {
  std::vector<deed> deeds;
  messages::findings findings;
  actors::simulator::simulated_rack_model reports({}); // knows what a rack reports
  for (const auto& row : rows) {
    const auto wrong = [&](std::string text) {
      findings.push_back({file, row.line, 1, std::move(text)});
    };
    if (row.effect == effect::command) {
      if (row.operation != "acknowledge" && !is_rack(plan, row.subject)) {
        wrong(fmt::format("no rack '{}'", row.subject));
      }
      deeds.push_back({row.t_ms, make_command(row.operation, row.subject, deeds.size())});
      continue;
    }
    auto found = find(row, plan);
    if (const auto* reason = std::get_if<std::string>(&found)) {
      wrong(*reason);
      continue;
    }
    auto& what = std::get<overlay>(found);
    what.kind = kinds[static_cast<std::size_t>(row.effect)];
    what.value = row.value;
    if (!reports.set(what.point, what.index, what.kind, what.value)) {
      wrong(fmt::format("the simulated rack does not report '{}'", row.point));
    }
    deeds.push_back({row.t_ms, std::move(what)});
  }
  if (!findings.empty()) return findings;
  return deeds;
}

} // namespace voltaic::nodes::simulate
