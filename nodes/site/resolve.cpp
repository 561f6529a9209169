#include "nodes/site/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "messages/configuration/text.hpp"
#include "messages/nearest_word.hpp"
#include "messages/profiles/load.hpp"
#include "messages/protection/override.hpp"
#include "nodes/site/claim.hpp"
#include "nodes/site/equipment_candidates.hpp"
#include "nodes/site/named_files.hpp"
#include "nodes/site/own_candidates.hpp"
#include "nodes/site/resolve_buses.hpp"
#include "nodes/site/resolve_inverter.hpp"
#include "nodes/site/resolve_measured.hpp"

namespace voltaic::nodes::site {

namespace {

namespace fs = std::filesystem;
using messages::profiles::device_profile;
using messages::protection::table;

class resolver {
 public:
  resolver(const draft& source, plan& result, site_files& files, reporter& report)
      : source_(source), plan_(result), report_(report), files_(source, result, files, report) {}

  void run() {
    resolve_buses(source_, plan_, report_);
    lines();
    devices();
    racks();
    inverters();
    digitals();
    scenario();
  }

 private:
  void unknown(position at, std::string_view key, std::string_view name, std::string_view what,
               const name_set& known) {
    auto words = fmt::format("{}: there is no {} {}", key, what, name);
    const std::vector<std::string_view> words_known(known.begin(), known.end());
    if (const auto near = messages::nearest_word(name, words_known); !near.empty())
      words += fmt::format(", did you mean {}?", near);
    report_.add(at, std::move(words));
  }

  bool claim(name_set& taken, const std::string& name, position at) {
    return site::claim(taken, name, at, report_);
  }

  void lines() {
    name_set names;
    for (const auto& line : source_.lines)
      if (claim(names, line.item.name, line.name_at)) plan_.lines.push_back(line.item);
  }

  void devices() {
    // The simulator of equipment is called so, beside those of racks.
    name_set names{std::string(command_actor), std::string(system_actor), "equipment"};
    for (const auto& device : source_.devices) {
      if (!claim(names, device.item.name, device.name_at)) continue;
      auto item = device.item;
      const auto& file = files_.device_profile(device.profile_text, device.profile_at);
      item.profile = file.content;
      item.profile_path = file.real_path;
      item.profile_hash = file.hash;
      item.profile_words = file.words;
      apply_id_map(item, device.offset_at);
      item.profile_content = messages::configuration::content_hash(item.profile_words);
      check_link(item, device);
      plan_.devices.push_back(std::move(item));
    }
    device_and_rack_names_ = std::move(names);
  }

  // The device has a profile of its own then, and what its rack runs by says so.
  void apply_id_map(device& item, position at) {
    if (item.id_map.empty() || item.profile == nullptr) return;
    auto changed = *item.profile;
    for (const auto& mistake : messages::profiles::remap(changed, item.id_map))
      report_.add(at, fmt::format("id_map: {}", mistake));
    item.profile = std::make_shared<const device_profile>(std::move(changed));
    for (const auto& one : item.id_map)
      item.profile_words += fmt::format("\nid_map {} {}", to_text(one.from), to_text(one.to));
  }

  void check_link(const device& item, const draft_device& at) {
    const bool on_bus = !item.bus.empty();
    if (on_bus && !source_.bus_names.contains(item.bus))
      unknown(at.link_at, "bus", item.bus, "bus", source_.bus_names);
    if (!on_bus && !source_.line_names.contains(item.line))
      unknown(at.link_at, "line", item.line, "line", source_.line_names);
    if (item.profile == nullptr) return;
    const auto protocol = item.profile->protocol;
    if (const auto link = protocol_of(item); link && *link != protocol)
      report_.add(at.link_at, fmt::format("{}: the profile {} speaks {}", on_bus ? "bus" : "line",
                                          item.profile->name, spoken(protocol)));
    check_place(item, at);
  }

  // Of the link; nothing where there is none of that name.
  std::optional<messages::profiles::protocol> protocol_of(const device& item) const {
    using messages::profiles::protocol;
    if (!item.bus.empty()) return protocol::can;
    const auto* line = plan_.find_line(item.line);
    if (line == nullptr) return std::nullopt;
    return line->transport == bus::modbus::transport::framed ? protocol::serial : protocol::modbus;
  }

  // A unit is Modbus's word, an address is what switches say.
  void check_place(const device& item, const draft_device& at) {
    const auto link = protocol_of(item);
    if (item.line.empty() || !link) return;
    const bool is_framed = *link == messages::profiles::protocol::serial;
    if (is_framed && at.has_unit)
      report_.add(at.unit_at, fmt::format("unit: {} is a line of plain RS-485, whose devices have "
                                          "an address",
                                          item.line));
    if (!is_framed && at.has_address)
      report_.add(at.unit_at, fmt::format("address: {} is a Modbus line, whose devices have a unit",
                                          item.line));
    if (is_framed && !at.has_unit && !at.has_address)
      report_.add(at.table_at, fmt::format("device: the key address is missing: {} is on a line of "
                                           "plain RS-485",
                                           item.name));
  }

  void racks() {
    std::map<std::string, std::string> fed; // device -> rack
    for (const auto& rack : source_.racks) {
      if (!claim(device_and_rack_names_, rack.item.name, rack.name_at)) continue;
      auto item = rack.item;
      const auto& file = files_.protection(rack.protection_text, rack.protection_at);
      item.protection_path = file.real_path;
      item.protection_hash = file.hash;
      auto* device = find_device(item.device);
      item.protection = in_force(file.content, item, rack.changes);
      if (!source_.device_names.contains(item.device)) {
        unknown(rack.device_at, "device", item.device, "device", source_.device_names);
      } else if (const auto [other, is_first] = fed.try_emplace(item.device, item.name);
                 !is_first) {
        report_.add(rack.device_at,
                    fmt::format("device: {} already feeds {}", item.device, other->second));
      } else if (device != nullptr) {
        attach(item, *device, rack);
      }
      plan_.racks.push_back(std::move(item));
    }
  }

  void digitals() {
    for (const auto& digital : source_.digitals)
      if (claim(device_and_rack_names_, digital.item.name, digital.name_at))
        plan_.digitals.push_back(digital.item);
  }

  // What the file says, then what the profile asks for beside it, then what the site file says
  // instead.
  std::shared_ptr<const table> in_force(const std::shared_ptr<const table>& file, const rack& of,
                                        const toml::table* changes) {
    if (file == nullptr) return file;
    const auto* feeding = find_device(of.device);
    const auto profile = feeding == nullptr ? nullptr : feeding->profile;
    if (profile == nullptr && changes == nullptr) return file;
    table base = *file;
    messages::protection::rack_size size;
    if (profile != nullptr) {
      size = size_of(*profile);
      add_own_candidates(*profile, base);
      for (const auto* each : equipment_for(of.name)) add_equipment_candidates(*each, size, base);
    }
    if (changes != nullptr)
      report_.add(messages::protection::override_limits(base, *changes, report_.file(), &size));
    return base == *file ? file : std::make_shared<const table>(std::move(base));
  }

  // As the file says it: who feeds what, and what is behind an inverter, is not resolved yet.
  std::vector<const device*> equipment_for(const std::string& rack_name) const {
    std::vector<inverter> stated;
    for (const auto& one : source_.inverters) stated.push_back(one.item);
    return equipment_of(rack_name, plan_.devices, stated, [this](const device& one) {
      return std::ranges::any_of(
          source_.racks, [&](const draft_rack& other) { return other.item.device == one.name; });
    });
  }

  device* find_device(const std::string& name) {
    for (auto& device : plan_.devices)
      if (device.name == name) return &device;
    return nullptr;
  }

  void attach(rack& item, device& feeding, const draft_rack& at) {
    feeding.rack = item.name;
    const auto link = protocol_of(feeding);
    if (link && *link == messages::profiles::protocol::modbus)
      report_.add(at.device_at, fmt::format("device: {} is on a Modbus line; a rack's device is on "
                                            "a bus or on a line of plain RS-485",
                                            feeding.name));
    if (feeding.profile == nullptr) return;
    const auto& profile = *feeding.profile;
    if (item.protection != nullptr && !profile.chemistry.empty() &&
        profile.chemistry != item.protection->chemistry && item.protection->chemistry != "any")
      report_.add(at.protection_at,
                  fmt::format("protection: is for {}, but the profile {} is {}",
                              item.protection->chemistry, profile.name, profile.chemistry));
    if (profile.order_command() == nullptr) {
      item.close_allowed = false;
      plan_.warnings.push_back(
          {report_.file(), at.device_at.line, at.device_at.column,
           fmt::format("device: nothing here can open or close {0}: {1} has no command of the "
                       "purpose \"order\". {0} is watched and judged; a fault sets its limits to "
                       "zero, and the battery itself or a person has to open it",
                       item.name, fs::path(feeding.profile_path).filename().string())});
      return;
    }
    const auto bus = std::ranges::find(plan_.buses, feeding.bus, &can_bus::name);
    const bool is_deaf = bus != plan_.buses.end() && bus->read_only;
    const bool leased = profile.lease.mode == messages::profiles::lease_mode::device;
    const bool opens = leased || !item.hard_wired_opening.empty();
    item.close_allowed = opens && profile.commissioned && !is_deaf;
    if (profile.ratings &&
        profile.ratings->closing_spacing_s < messages::profiles::closing_spacing_default_s)
      plan_.warnings.push_back(
          {report_.file(), at.device_at.line, at.device_at.column,
           fmt::format("device: {} may be closed every {} s, by the profile {}: contactors and "
                       "precharge resistor have to bear less than {} s between closings",
                       item.name, profile.ratings->closing_spacing_s, profile.name,
                       messages::profiles::closing_spacing_default_s)});
    if (is_deaf)
      plan_.warnings.push_back({report_.file(), at.name_at.line, at.name_at.column,
                                fmt::format("{} can neither be closed nor opened: the bus {} is "
                                            "read_only",
                                            item.name, feeding.bus)});
    if (!profile.commissioned)
      plan_.warnings.push_back({report_.file(), at.name_at.line, at.name_at.column,
                                fmt::format("{} will never be closed: the profile {} is not "
                                            "commissioned",
                                            item.name, profile.name)});
    if (!opens)
      plan_.warnings.push_back({report_.file(), at.name_at.line, at.name_at.column,
                                fmt::format("{} will never be closed: the profile {} has no lease "
                                            "and no hard_wired_opening is named",
                                            item.name, profile.name)});
  }

  // An inverter has the name of the device that plays it on a line, or one of its own.
  void inverters() {
    name_set names;
    for (const auto& one : source_.inverters) {
      auto item = one.item;
      const bool is_device = item.name == item.device;
      if (!claim(is_device ? names : device_and_rack_names_, item.name, one.name_at)) continue;
      const auto& file = files_.inverter_profile(one.profile_text, one.profile_at);
      item.profile = file.content;
      item.profile_path = file.real_path;
      item.profile_hash = file.hash;
      check_inverter(one, source_, plan_, item, report_);
      if (!one.compatibility_text.empty()) {
        const auto& pairs = files_.compatibility(one.compatibility_text, one.compatibility_at);
        item.pairs = pairs.content;
        if (pairs.content != nullptr) match_inverter(one, *pairs.content, plan_, item, report_);
      }
      resolve_measured(one, plan_, item, report_);
      plan_.inverters.push_back(std::move(item));
    }
  }

  // Only that it can be read: what its rows mean, those say who play it.
  void scenario() {
    const auto text = std::exchange(plan_.simulator.scenario, {});
    if (text.empty()) return;
    auto file = files_.plain(text, source_.scenario_at, "scenario");
    if (!file) return;
    plan_.simulator.scenario = std::move(file->real_path);
    plan_.simulator.scenario_hash = file->hash;
  }

  const draft& source_;
  plan& plan_;
  reporter& report_;
  named_files files_;
  name_set device_and_rack_names_;
};

} // namespace

void resolve(const draft& source, plan& result, site_files& files, reporter& report) {
  resolver(source, result, files, report).run();
}

} // namespace voltaic::nodes::site
