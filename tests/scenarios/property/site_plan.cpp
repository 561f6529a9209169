#include "scenarios/property/site_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>
#include <variant>

#include "messages/inverter/compatibility.hpp"
#include "messages/inverter/load_inverter.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/protection/limits_file.hpp"
#include "nodes/site/load.hpp"
#include "scenarios/property/wire.hpp"

namespace voltaic::tests::property {
namespace {

namespace site = nodes::site;
namespace wires = messages::inverter;
using messages::profiles::device_profile;

const std::string configs = std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/";
/// In place of 0.01 V, with which the frames of some families end at 327 V.
constexpr double roomy_scale = 0.1;
/// All racks' inputs and outputs are lines of one chip.
constexpr std::size_t lines_of_rack = input_roles.size() + 2;

std::string text_of(const std::string& file) {
  std::ifstream from(configs + file);
  if (!from) throw std::runtime_error(file + " cannot be read");
  return {std::istreambuf_iterator<char>(from), {}};
}

/// What `load` reads from a file, once.
template <class Loaded, class Load>
const Loaded& loaded_once(const std::string& file, Load load) {
  static std::map<std::string, Loaded> all;
  const auto known = all.find(file);
  if (known != all.end()) return known->second;
  auto found = load(text_of(file), file);
  if (const auto* findings = std::get_if<messages::findings>(&found))
    throw std::runtime_error(site::to_string(findings->front()));
  return all[file] = std::get<Loaded>(std::move(found));
}

std::string rack_text(const schedule& what, int rack) {
  auto text = fmt::format(
      "[[device]]\nname = \"bms_{0}\"\nprofile = \"profiles/demo_rack.json\"\nbus = \"can0\"\n"
      "id_offset = {1}\n[[rack]]\nname = \"rack_{0}\"\ndevice = \"bms_{0}\"\n"
      "protection = \"protection/lfp.toml\"\n",
      rack, static_cast<std::uint32_t>(rack) * rack_ids);
  if (what.has.shares_bus) text += "dc_bus = \"dc_0\"\n";
  if (has(what.has.doubled, rack)) text += "second_evaluator = true\n";
  if (!has(what.has.guarded, rack)) return text;
  for (const auto* role : input_roles) text += fmt::format("{0} = \"dio_{1}/{0}\"\n", role, rack);
  if (has(what.has.keyed, rack))
    text += fmt::format("reset_key = \"dio_{}/{}\"\n", rack, reset_key);
  text += fmt::format("[[digital]]\nname = \"dio_{}\"\nchip = \"simulated\"\n", rack);
  if (!has(what.has.far_away, rack)) text += fmt::format("node = \"rack_{}\"\n", rack);
  auto line = static_cast<std::size_t>(rack) * lines_of_rack;
  for (const auto* role : input_roles)
    text += fmt::format("[[digital.input]]\nname = \"{}\"\nline = {}\n", role, line++);
  text += fmt::format("[[digital.input]]\nname = \"{}\"\nline = {}\nnormally_closed = false\n",
                      reset_key, line++);
  return text + fmt::format("[[digital.output]]\nname = \"relay\"\nline = {}\n", line);
}

std::string inverter_text(const schedule& what) {
  static constexpr std::array lost{"hold", "exclude", "stop"};
  const auto* how = lost.at(static_cast<std::size_t>(what.has.lost));
  auto text = fmt::format(
      "[[bus]]\nname = \"{}\"\nport = \"virtual:can9\"\nbitrate = 500000\n[limits]\npolicy = "
      "\"{}\"\n"
      "lost_silent = \"{}\"\nlost_invalid = \"{}\"\n",
      inverter_bus, what.has.adds_up ? "sum" : "smallest_times_active", how, how);
  if (what.has.lost == lost_rack::hold) text += fmt::format("hold = \"{}ms\"\n", what.has.hold_ms);
  // Its charge voltage suits NMC as well, the racks' own limits hold LFP.
  text += fmt::format(
      "[[inverter]]\nname = \"{}\"\nprofile = \"inverters/discover.json\"\nbus = \"{}\"\n"
      "charge_voltage = 2000.0\ndischarge_voltage = 1400.0\ncharge_current_max = {:.1f}\n"
      "discharge_current_max = {:.1f}\nfold_back = 20.0\nsimulate = true\nracks = [",
      link_node, inverter_bus, inverter_max_a, inverter_max_a);
  for (int rack = 0; rack < what.racks; ++rack)
    if (has(what.has.behind, rack)) text += fmt::format("\"rack_{}\", ", rack);
  return text + "]\n";
}

std::string site_text(const schedule& what) {
  std::string text =
      "[site]\nname = \"property\"\n[[bus]]\nname = \"can0\"\nport = \"virtual:can0\"\n"
      "bitrate = 1000000\n";
  for (int rack = 0; rack < what.racks; ++rack) text += rack_text(what, rack);
  if (what.has.inverter != inverter_family::none) text += inverter_text(what);
  return text;
}

/// As a site would have it whose files say so; these have one kind of rack.
template <class Change>
void change_profile(site::device& of, Change change) {
  auto profile = *of.profile;
  change(profile);
  of.profile = std::make_shared<const device_profile>(std::move(profile));
}

// A device whose profile knows no order.
void take_orders_away(site::device& from) {
  change_profile(from, [](device_profile& profile) {
    std::erase_if(profile.commands, [](const messages::profiles::command& each) {
      return each.purpose == messages::profiles::command_purpose::order;
    });
  });
}

void make_nmc(site::plan& plan, int number) {
  using messages::protection::table;
  auto& rack = plan.racks.at(static_cast<std::size_t>(number));
  rack.protection = std::make_shared<const table>(loaded_once<table>(
      "protection/nmc.toml", [](const std::string& text, const std::string& file) {
        return messages::protection::load(text, file);
      }));
  for (auto& device : plan.devices)
    if (device.name == rack.device)
      change_profile(device, [](device_profile& profile) { profile.chemistry = "nmc"; });
}

// Families whose frames end at 327 V are played with the room of others, unless it is this that is
// to be seen.
void choose_family(site::inverter& item, const schedule& what) {
  static constexpr std::array files{"", "discover", "pylontech_hv", "pylontech_lv",
                                    "sma_sunny_island"};
  const auto file =
      fmt::format("inverters/{}.json", files.at(static_cast<std::size_t>(what.has.inverter)));
  auto profile = loaded_once<wires::inverter_profile>(
      file, [](const std::string& text, const std::string& name) {
        return wires::load_inverter_profile(text, name);
      });
  for (auto& frame : profile.frames)
    for (auto& field : frame.fields)
      if (what.has.can_say && field.item == wires::item_of("voltage")) field.scale = roomy_scale;
  const auto name = profile.name;
  item.profile = std::make_shared<const wires::inverter_profile>(std::move(profile));
  wires::compatibility_entry pair;
  pair.battery.name = "voltaic-demo-rack";
  pair.inverter.name = name;
  pair.compatible = what.has.fits;
  item.pairs = std::make_shared<const wires::compatibility_table>(
      wires::compatibility_table{{std::move(pair)}});
}

} // namespace

site::plan plan_of(const schedule& what) {
  static std::map<std::string, site::plan> plans;
  const auto text = site_text(what);
  if (!plans.contains(text)) {
    auto loaded = site::load_text(text, configs + "property.toml");
    if (const auto* findings = std::get_if<messages::findings>(&loaded))
      throw std::runtime_error(site::to_string(findings->front()));
    plans[text] = std::get<site::plan>(std::move(loaded));
  }
  auto plan = plans[text];
  for (int rack = 0; rack < what.racks; ++rack) {
    if (has(what.has.nmc, rack)) make_nmc(plan, rack);
    if (is_watched(what, rack)) take_orders_away(plan.devices.at(static_cast<std::size_t>(rack)));
  }
  for (auto& inverter : plan.inverters) choose_family(inverter, what);
  return plan;
}

int rack_of(const std::string& name) {
  int number = -1;
  if (std::sscanf(name.c_str(), "rack_%d", &number) == 1) return number;
  if (std::sscanf(name.c_str(), "bms_%d", &number) == 1) return number;
  return -1;
}

} // namespace voltaic::tests::property
