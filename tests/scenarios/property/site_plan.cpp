#include "scenarios/property/site_plan.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>
#include <variant>

#include "messages/profiles/device_profile.hpp"
#include "nodes/site/load.hpp"
#include "scenarios/property/wire.hpp"

namespace voltaic::tests::property {
namespace {

namespace site = nodes::site;

std::string site_text(int racks) {
  auto text = fmt::format(
      "[site]\nname = \"property\"\n[[bus]]\nname = \"can0\"\nport = \"virtual:can0\"\n"
      "bitrate = 1000000\n");
  for (int i = 0; i < racks; ++i) {
    text += fmt::format(
        "[[device]]\nname = \"bms_{0}\"\nprofile = \"profiles/demo_rack.json\"\nbus = \"can0\"\n"
        "id_offset = {1}\n[[rack]]\nname = \"rack_{0}\"\ndevice = \"bms_{0}\"\n"
        "protection = \"protection/lfp.toml\"\n",
        i, static_cast<std::uint32_t>(i) * rack_ids);
  }
  return text;
}

// A device whose profile knows no order.
void take_orders_away(site::device& from) {
  auto profile = *from.profile;
  std::erase_if(profile.commands, [](const messages::profiles::command& each) {
    return each.purpose == messages::profiles::command_purpose::order;
  });
  from.profile = std::make_shared<const messages::profiles::device_profile>(std::move(profile));
}

} // namespace

const site::plan& plan_of(int racks, std::uint32_t watched) {
  static std::map<std::pair<int, std::uint32_t>, site::plan> plans;
  const auto known = plans.find({racks, watched});
  if (known != plans.end()) return known->second;
  auto loaded = site::load_text(site_text(racks),
                                std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/property.toml");
  if (const auto* findings = std::get_if<messages::findings>(&loaded)) {
    throw std::runtime_error(site::to_string(findings->front()));
  }
  auto plan = std::get<site::plan>(std::move(loaded));
  for (auto& device : plan.devices)
    if ((watched >> rack_of(device.name) & 1U) != 0) take_orders_away(device);
  return plans[{racks, watched}] = std::move(plan);
}

int rack_of(const std::string& name) {
  int number = -1;
  if (std::sscanf(name.c_str(), "rack_%d", &number) == 1) return number;
  if (std::sscanf(name.c_str(), "bms_%d", &number) == 1) return number;
  return -1;
}

} // namespace voltaic::tests::property
