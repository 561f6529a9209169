#include "messages/profiles/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "messages/nearest_word.hpp"
#include "messages/profiles/load_parts.hpp"

namespace voltaic::messages::profiles {
namespace {

constexpr std::uint32_t timeout_ms_max = 60'000;

constexpr spelling<protocol> protocols[] = {
    {"can", protocol::can}, {"modbus", protocol::modbus}, {"serial", protocol::serial}};
constexpr spelling<lease_mode> lease_modes[] = {{"none", lease_mode::none},
                                                {"device", lease_mode::device}};
constexpr std::size_t chemistry_bytes_max = 32;

/// Any that a protection file is for: `lfp` and `nmc` are shipped, users have their own.
bool is_chemistry(std::string_view text) {
  const bool starts = !text.empty() && text.front() >= 'a' && text.front() <= 'z';
  return starts && text.size() <= chemistry_bytes_max &&
         std::all_of(text.begin(), text.end(), [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                  letter == '_';
         });
}

void read_lease(const object_reader& root, device_profile& profile) {
  const auto* node = root.object("lease");
  if (node == nullptr) return;
  const object_reader reader(root.found(), *node, "lease", "lease", root.offset("lease"));
  profile.lease.mode = reader.choice<lease_mode>("mode", lease_modes).value_or(lease_mode::none);
  profile.lease.timeout_ms =
      reader.whole<std::uint32_t>("timeout_ms", 1, timeout_ms_max).value_or(0);
  if (profile.lease.mode == lease_mode::device && !reader.has("timeout_ms"))
    reader.add("missing key \"timeout_ms\"");
  if (reader.has("mode") && profile.lease.mode == lease_mode::none && reader.has("timeout_ms"))
    reader.add("timeout_ms", "only a lease of the device has one");
}

void read_topology(const object_reader& root, device_profile& profile) {
  const auto* node = root.object("topology");
  if (node == nullptr) return;
  const object_reader reader(root.found(), *node, "topology", "topology", root.offset("topology"));
  constexpr std::uint32_t part_max = 4'096;
  const auto modules = reader.whole<std::uint32_t>("modules", 1, part_max);
  const auto cells = reader.whole<std::uint32_t>("cells_per_module", 1, part_max);
  const auto temperatures = reader.whole<std::uint32_t>("temperatures_per_module", 0, part_max);
  if (modules && cells && temperatures)
    profile.topology = topology{*modules, *cells, *temperatures};
}

void read_ratings(const object_reader& root, device_profile& profile) {
  const auto* node = root.object("ratings");
  if (node == nullptr) return;
  const object_reader reader(root.found(), *node, "ratings", "ratings", root.offset("ratings"));
  ratings result;
  const auto read = [&](std::string_view key, double& target) {
    const auto value = reader.number(key);
    if (value && *value <= 0) reader.add(key, "must be above 0");
    target = value.value_or(target);
  };
  read("capacity_ah", result.capacity_ah);
  read("charge_current_a", result.charge_current_a);
  read("discharge_current_a", result.discharge_current_a);
  read("break_current_a", result.break_current_a);
  read("precharge_resistance_ohm", result.precharge_resistance_ohm);
  read("precharge_energy_j", result.precharge_energy_j);
  read("closing_spacing_s", result.closing_spacing_s);
  if (result.closing_spacing_s < closing_spacing_min_s ||
      result.closing_spacing_s > closing_spacing_max_s)
    reader.add("closing_spacing_s",
               fmt::format("must be from {} to {}", closing_spacing_min_s, closing_spacing_max_s));
  if (reader.has("precharge_resistance_ohm") != reader.has("precharge_energy_j"))
    reader.add("a precharge resistor has both precharge_resistance_ohm and precharge_energy_j");
  profile.ratings = result;
}

void read_head(const object_reader& root, device_profile& profile) {
  auto head = read_profile_head(root);
  profile.name = std::move(head.name);
  profile.version = head.version.value_or(0);
  profile.protocol = root.choice<protocol>("protocol", protocols).value_or(protocol::can);
  profile.commissioned = root.boolean("commissioned").value_or(false);
  read_lease(root, profile);
  read_topology(root, profile);
  read_ratings(root, profile);
  profile.chemistry = root.text("chemistry").value_or("");
  if (root.has("chemistry") && !is_chemistry(profile.chemistry))
    root.add("chemistry", "expected a name of lower-case letters, as lfp or nmc");
  profile.reaction_limit_ms =
      root.whole<std::uint32_t>("reaction_limit_ms", 1, reaction_limit_ms_max);
}

void check_protocol(const object_reader& root, const device_profile& profile) {
  struct owned {
    std::string_view key;
    protocol owner;
    bool is_needed;
  };
  const bool is_mapped = root.has("canopen"); // its PDOs are messages
  const owned keys[] = {
      {"messages", protocol::can, !is_mapped}, {"canopen", protocol::can, false},
      {"j1939", protocol::can, false},         {"registers", protocol::modbus, true},
      {"guard", protocol::modbus, false},      {"framing", protocol::serial, true},
      {"questions", protocol::serial, true}};
  for (const auto& each : keys) {
    const bool is_own = each.owner == profile.protocol;
    if (is_own && each.is_needed && !root.has(each.key))
      root.add(fmt::format("missing key \"{}\"", each.key));
    if (!is_own && root.has(each.key)) root.add(each.key, "does not belong to this protocol");
  }
  if (profile.protocol == protocol::modbus && profile.lease.mode == lease_mode::device)
    root.add("lease", "a Modbus device keeps no lease");
}

void check_lease(const object_reader& root, const device_profile& profile) {
  if (profile.order_command() != nullptr && !root.has("lease"))
    root.add("missing key \"lease\": a device that takes orders states it");
  if (profile.lease.mode == lease_mode::device && profile.protocol != protocol::modbus &&
      profile.order_command() == nullptr)
    root.add("lease", "a lease needs a command with purpose \"order\"");
}

/// Points whose shape the topology states.
void check_topology(const load_context& context) {
  const auto& profile = context.profile;
  if (!profile.topology) return;
  const auto check = [&](std::string_view name, std::uint32_t per_module) {
    const auto position = profile.find_point(name);
    if (!position || !context.places[*position].sound) return;
    const auto& point = profile.points[*position];
    const auto offset = context.places[*position].offset;
    if (point.count != profile.topology->modules * per_module)
      context.found.add(offset, fmt::format("points.{}: count {} is not {} modules of {}", name,
                                            point.count, profile.topology->modules, per_module));
    else if (point.group_size != per_module)
      context.found.add(offset, fmt::format("points.{}: group_size must be {}", name, per_module));
  };
  check("cell_voltage", profile.topology->cells_per_module);
  check("cell_temperature", profile.topology->temperatures_per_module);
}

/// A point that nothing carries would never have a value.
void check_carried(const load_context& context) {
  for (std::size_t i = 0; i < context.places.size(); ++i) {
    const auto& place = context.places[i];
    const auto& point = context.profile.points[i];
    if (!place.sound) continue;
    const auto first = std::find(place.carried.begin(), place.carried.end(), false);
    if (first != place.carried.end())
      context.found.add(place.offset, fmt::format("points.{}: nothing carries element {}",
                                                  point.name, first - place.carried.begin()));
    for (std::size_t k = 0; k < point.sentinels.size(); ++k)
      if (first == place.carried.end() && !place.sentinel_possible[k])
        context.found.add(place.sentinels_offset,
                          fmt::format("points.{}.sentinels: {} cannot stand on the wire",
                                      point.name, point.sentinels[k]));
  }
}

void read_profile(const json_node& node, load_context& context) {
  const object_reader root(context.found, node, "profile", "", node.offset);
  if (!root.is_object()) return;
  read_head(root, context.profile);
  check_protocol(root, context.profile);
  read_points(root, context);
  read_identity(root, context);
  read_derating(root, context.profile);
  read_j1939(root, context.profile);
  if (context.profile.protocol == protocol::can)
    read_messages(root, context);
  else if (context.profile.protocol == protocol::modbus)
    read_registers(root, context);
  else
    read_questions(root, context);
  read_framing(root, context.profile);
  read_canopen(root, context);
  read_guard(root, context.profile);
  read_requests(root, context.profile);
  read_commands(root, context);
  check_canopen(root, context.profile);
  check_lease(root, context.profile);
  check_topology(context);
  check_carried(context);
}

} // namespace

std::optional<std::uint16_t> load_context::point_of(const object_reader& reader,
                                                    std::string_view key) const {
  const auto name = reader.text(key);
  if (!name) return std::nullopt;
  const auto position = point_positions.find(*name);
  if (position != point_positions.end()) return position->second;
  std::vector<std::string_view> known;
  for (const auto& [each, at] : point_positions) known.emplace_back(each);
  const auto near = nearest_word(*name, known);
  reader.add(key, fmt::format("there is no point \"{}\"{}", *name,
                              near.empty() ? "" : fmt::format(", did you mean {}?", near)));
  return std::nullopt;
}

bool load_context::carry(std::uint16_t point, std::uint64_t first, std::uint64_t count) {
  auto& carried = places[point].carried;
  if (first + count > carried.size()) return false;
  bool is_new = true;
  for (std::uint64_t i = first; i < first + count; ++i) {
    is_new = is_new && !carried[i];
    carried[i] = true;
  }
  return is_new;
}

void load_context::note_wire_range(std::uint16_t point, std::int64_t minimum,
                                   std::int64_t maximum) {
  const auto& sentinels = profile.points[point].sentinels;
  for (std::size_t i = 0; i < sentinels.size(); ++i)
    if (sentinels[i] >= minimum && sentinels[i] <= maximum)
      places[point].sentinel_possible[i] = true;
}

load_result load_profile(std::string_view text, std::string_view file_name) {
  finding_collector found(text.substr(0, profile_bytes_max), file_name, findings_max);
  const auto root = parse_profile_file(text, found);
  if (!root) return found.take();
  device_profile profile;
  load_context context{found, profile, {}, {}, {}};
  read_profile(*root, context);
  if (!found.empty()) return found.take();
  return profile;
}

} // namespace voltaic::messages::profiles
