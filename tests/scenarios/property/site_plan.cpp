#include "scenarios/property/site_plan.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <stdexcept>
#include <utility>
#include <variant>

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

} // namespace

const site::plan& plan_of(int racks) {
  static std::map<int, site::plan> plans;
  const auto known = plans.find(racks);
  if (known != plans.end()) return known->second;
  auto loaded = site::load_text(site_text(racks),
                                std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/property.toml");
  if (const auto* findings = std::get_if<messages::findings>(&loaded)) {
    throw std::runtime_error(site::to_string(findings->front()));
  }
  return plans[racks] = std::get<site::plan>(std::move(loaded));
}

int rack_of(const std::string& name) {
  int number = -1;
  if (std::sscanf(name.c_str(), "rack_%d", &number) == 1) return number;
  if (std::sscanf(name.c_str(), "bms_%d", &number) == 1) return number;
  return -1;
}

} // namespace voltaic::tests::property
