#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <filesystem>

#include "nodes/site/load.hpp"
#include "support/demo_site.hpp"
#include "support/temporary_folder.hpp"

namespace site_growth_test {

using namespace voltaic;
using namespace voltaic::nodes;

namespace {

// The demo's racks, as many as the ranges say, on as many buses.
std::variant<site::plan, messages::findings> load(const tests::temporary_folder& folder, int racks,
                                                  int buses, int on_a_bus) {
  const std::filesystem::path configs = std::string(VOLTAIC_SOURCE_FOLDER) + "/configs";
  for (const auto* part : {"profiles", "protection"}) {
    if (!std::filesystem::exists(folder.path() / part))
      std::filesystem::copy(configs / part, folder.path() / part);
  }
  const auto text = fmt::format(R"([site]
name = "grown"
[[bus]]
name = "can{{0..{1}}}"
port = "virtual:can{{0..{1}}}"
[[device]]
name = "bms_{{0..{0}}}"
profile = "profiles/demo_rack.json"
bus = "can{{0..{1}}}"
id_offset = "{{0..{2}}}*0xC0"
[[rack]]
name = "rack_{{0..{0}}}"
device = "bms_{{0..{0}}}"
protection = "protection/lfp.toml"
)",
                                racks - 1, buses - 1, on_a_bus - 1);
  return site::load_text(text, folder / "site.toml");
}

} // namespace

TEST_CASE("the demo grows by its one range to as many racks, two on each bus") {
  for (const int racks : {1, 2, 5, 64}) {
    CAPTURE(racks);
    const auto loaded = site::load_text(tests::demo_site(racks),
                                        std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/demo.toml");
    REQUIRE(std::holds_alternative<site::plan>(loaded));
    const auto& plan = std::get<site::plan>(loaded);
    CHECK(plan.warnings.empty());
    REQUIRE(plan.racks.size() == static_cast<std::size_t>(racks));
    REQUIRE(plan.buses.size() == static_cast<std::size_t>((racks + 1) / 2));
    for (int i = 0; i < racks; ++i) {
      const auto& device = *plan.find_device(fmt::format("bms_{}", i));
      CHECK(device.rack == fmt::format("rack_{}", i));
      CHECK(device.bus == fmt::format("can{}", i / 2));
      CHECK(device.id_offset == (i % 2 == 0 ? 0 : 0xC0));
    }
  }
}

TEST_CASE("64 racks spread over 16 buses: neighbours share one, identifiers begin again") {
  const tests::temporary_folder folder;
  const auto loaded = load(folder, 64, 16, 4);
  REQUIRE(std::holds_alternative<site::plan>(loaded));
  const auto& plan = std::get<site::plan>(loaded);
  REQUIRE(plan.devices.size() == 64);
  for (std::size_t i = 0; i < 64; ++i) {
    CHECK(plan.devices[i].name == fmt::format("bms_{}", i));
    CHECK(plan.devices[i].bus == fmt::format("can{}", i / 4));
    CHECK(plan.devices[i].id_offset == 0xC0 * (i % 4));
    CHECK(plan.racks[i].node == fmt::format("rack_{}", i));
  }
  // 64 chains beside the relay and the site.
  CHECK(plan.nodes.size() == 66);
}

TEST_CASE("ranges that do not spread evenly are refused by their lengths") {
  const tests::temporary_folder folder;
  const auto loaded = load(folder, 6, 4, 2);
  REQUIRE(std::holds_alternative<messages::findings>(loaded));
  const auto& findings = std::get<messages::findings>(loaded);
  REQUIRE(findings.size() == 1);
  CHECK(findings.front().text == "bus: ranges over 4 members, name over 6, not a multiple of it");
}

TEST_CASE("two racks with the same identifiers on one bus are still refused") {
  const tests::temporary_folder folder;
  CHECK(std::holds_alternative<messages::findings>(load(folder, 4, 2, 1)));
}

} // namespace site_growth_test
