#include "nodes/site/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>

#include "messages/configuration/profile_words.hpp"
#include "messages/configuration/text.hpp"
#include "messages/inverter/compatibility.hpp"
#include "messages/inverter/load_inverter.hpp"
#include "messages/nearest_word.hpp"
#include "messages/profiles/load.hpp"
#include "messages/protection/limits_file.hpp"
#include "messages/protection/override.hpp"
#include "nodes/site/equipment_candidates.hpp"
#include "nodes/site/expand.hpp"
#include "nodes/site/own_candidates.hpp"
#include "nodes/site/resolve_inverter.hpp"
#include "nodes/site/resolve_measured.hpp"

namespace voltaic::nodes::site {

namespace {

namespace fs = std::filesystem;
using messages::inverter::compatibility_table;
using messages::inverter::inverter_profile;
using messages::profiles::device_profile;
using messages::protection::table;
using name_set = std::set<std::string, std::less<>>;

/// Of an interface of Linux (IFNAMSIZ), in a log or in the machine.
constexpr std::size_t interface_name_max = 15;
constexpr auto interface_characters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

std::uint64_t content_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL; // FNV-1a
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

// One file that the site names, read once however many devices use it.
template <class Content>
struct loaded_file {
  std::shared_ptr<const Content> content; ///< null: wrong, and reported
  std::string real_path;
  std::uint64_t hash = 0;
  std::string words; ///< of device profiles
};

class resolver {
 public:
  resolver(const draft& source, plan& result, site_files& files, reporter& report)
      : source_(source),
        plan_(result),
        files_(files),
        report_(report),
        folder_(fs::path(result.file).parent_path()) {}

  void run() {
    buses();
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

  // False (and a finding) when the name was taken before.
  bool claim(name_set& taken, const std::string& name, position at) {
    if (taken.insert(name).second) return true;
    report_.add(at, fmt::format("name: {} is already used", name));
    return false;
  }

  void buses() {
    name_set names;
    name_set uris;
    for (const auto& bus : source_.buses) {
      if (!claim(names, bus.item.name, bus.name_at)) continue;
      auto item = bus.item;
      if (item.kind == bus_kind::replay)
        resolve_replay(item, bus.port_at);
      else
        check_name(item, bus.port_at);
      // A recording is only read: any number of buses may play it.
      if (item.kind != bus_kind::replay && !uris.insert(item.uri).second)
        report_.add(bus.port_at,
                    fmt::format("port: {} is already the port of another bus", item.uri));
      plan_.buses.push_back(std::move(item));
    }
  }

  void check_name(const can_bus& bus, position at) {
    const auto name = std::string_view(bus.uri).substr(bus.uri.find(':') + 1);
    const auto consists = [&](std::size_t size_max, const char* characters) {
      return !name.empty() && name.size() <= size_max &&
             name.find_first_not_of(characters) == std::string_view::npos;
    };
    if (bus.uri.starts_with("virtual:") && !consists(32, "abcdefghijklmnopqrstuvwxyz0123456789_"))
      report_.add(at, "port: a virtual bus has a name of lower case letters, digits and _");
    if (bus.kind == bus_kind::socketcan && !consists(interface_name_max, interface_characters))
      report_.add(at, fmt::format("port: expected socketcan:NAME with the name of an interface, as "
                                  "`ip link` shows it, found \"{}\"",
                                  bus.uri));
  }

  // The file is made absolute: every process finds it, wherever it was started.
  void resolve_replay(can_bus& bus, position at) {
    const auto colon = bus.uri.find(':');
    const auto hash = bus.uri.rfind('#');
    // GVRET numbers its buses; candump writes the interface's name.
    const auto recorded = hash == std::string::npos ? std::string() : bus.uri.substr(hash + 1);
    if (recorded.empty() || recorded.size() > interface_name_max ||
        recorded.find_first_not_of(interface_characters) != std::string::npos) {
      report_.add(at, "port: expected replay:FILE#BUS with the number or name of the recorded bus");
      return;
    }
    const auto given = bus.uri.substr(colon + 1, hash - colon - 1);
    const fs::path file = folder_ / given;
    std::error_code error;
    if (!fs::is_regular_file(file, error)) {
      report_.add(at, fmt::format("port: there is no file {}", given));
      return;
    }
    bus.uri = fmt::format("replay:{}#{}", fs::canonical(file).string(), recorded);
  }

  void lines() {
    name_set names;
    for (const auto& line : source_.lines)
      if (claim(names, line.item.name, line.name_at)) plan_.lines.push_back(line.item);
  }

  // The real path of a file below the site's folder; or an absolute one that
  // came out of a variable, which the person who starts the site sets.
  std::optional<std::string> real_path(const std::string& text, position at, std::string_view key) {
    const fs::path given(text);
    for (const auto& part : given)
      if (part == "..") {
        report_.add(at, fmt::format("{}: {} leaves the site's folder", key, text));
        return std::nullopt;
      }
    auto real = files_.real_path(named(text));
    if (!real) {
      report_.add(at, fmt::format("{}: {}: {}", key, text, real.error().text));
      return std::nullopt;
    }
    const auto relative = fs::path(*real).lexically_relative(folder_);
    const bool outside = relative.empty() || *relative.begin() == "..";
    if (outside && !(given.is_absolute() && source_.absolute_allowed.contains(text))) {
      report_.add(at, fmt::format("{}: {} leaves the site's folder", key, text));
      return std::nullopt;
    }
    return *std::move(real);
  }

  std::string named(const std::string& text) const {
    return (folder_ / text).lexically_normal().string();
  }

  template <class Content, class Loader>
  const loaded_file<Content>& read(std::map<std::string, loaded_file<Content>>& cache,
                                   const std::string& text, position at, std::string_view key,
                                   Loader loader) {
    auto [entry, is_new] = cache.try_emplace(text);
    if (!is_new) return entry->second;
    const auto path = real_path(text, at, key);
    if (!path) return entry->second;
    const auto content = files_.read(named(text));
    if (!content) {
      report_.add(at, fmt::format("{}: {} {}", key, text, content.error().text));
      return entry->second;
    }
    entry->second.real_path = *path;
    entry->second.hash = content_hash(*content);
    auto loaded = loader(*content, shown_path(text));
    if (auto* found = std::get_if<messages::findings>(&loaded))
      report_.add(std::move(*found));
    else
      entry->second.content = std::make_shared<const Content>(std::get<Content>(std::move(loaded)));
    if constexpr (std::is_same_v<Content, device_profile>)
      entry->second.words = messages::configuration::profile_words(*content);
    return entry->second;
  }

  // As a person would name it from where the command was started.
  std::string shown_path(const std::string& text) const {
    return (fs::path(report_.file()).parent_path() / text).string();
  }

  void devices() {
    // The simulator of equipment is called so, beside those of racks.
    name_set names{std::string(command_actor), std::string(system_actor), "equipment"};
    for (const auto& device : source_.devices) {
      if (!claim(names, device.item.name, device.name_at)) continue;
      auto item = device.item;
      const auto& file =
          read<device_profile>(profiles_, device.profile_text, device.profile_at, "profile",
                               [](const std::string& text, const std::string& name) {
                                 return messages::profiles::load_profile(text, name);
                               });
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
    const bool is_can = item.profile->protocol == messages::profiles::protocol::can;
    if (is_can != on_bus)
      report_.add(at.link_at, fmt::format("{}: the profile {} speaks {}", on_bus ? "bus" : "line",
                                          item.profile->name, is_can ? "CAN" : "Modbus"));
  }

  void racks() {
    std::map<std::string, std::string> fed; // device -> rack
    for (const auto& rack : source_.racks) {
      if (!claim(device_and_rack_names_, rack.item.name, rack.name_at)) continue;
      auto item = rack.item;
      const auto& file = read<table>(tables_, rack.protection_text, rack.protection_at,
                                     "protection", messages::protection::load);
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
    if (feeding.bus.empty())
      report_.add(at.device_at, fmt::format("device: {} is on a line; a rack's device is on a bus",
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
      const auto& file =
          read<inverter_profile>(inverter_profiles_, one.profile_text, one.profile_at, "profile",
                                 messages::inverter::load_inverter_profile);
      item.profile = file.content;
      item.profile_path = file.real_path;
      item.profile_hash = file.hash;
      check_inverter(one, source_, plan_, item, report_);
      if (!one.compatibility_text.empty()) {
        const auto& pairs = read<compatibility_table>(compatibilities_, one.compatibility_text,
                                                      one.compatibility_at, "compatibility",
                                                      messages::inverter::load_compatibility);
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
    const auto path = real_path(text, source_.scenario_at, "scenario");
    if (!path) return;
    const auto content = files_.read(named(text));
    if (!content)
      return report_.add(source_.scenario_at,
                         fmt::format("scenario: {} {}", text, content.error().text));
    plan_.simulator.scenario = *path;
    plan_.simulator.scenario_hash = content_hash(*content);
  }

  const draft& source_;
  plan& plan_;
  site_files& files_;
  reporter& report_;
  fs::path folder_; ///< real: the plan's file is
  std::map<std::string, loaded_file<device_profile>> profiles_;
  std::map<std::string, loaded_file<table>> tables_;
  std::map<std::string, loaded_file<inverter_profile>> inverter_profiles_;
  std::map<std::string, loaded_file<compatibility_table>> compatibilities_;
  name_set device_and_rack_names_;
};

} // namespace

void resolve(const draft& source, plan& result, site_files& files, reporter& report) {
  resolver(source, result, files, report).run();
}

} // namespace voltaic::nodes::site
