#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "messages/profiles/device_profile.hpp"
#include "messages/protection/table.hpp"
#include "nodes/process/plan_difference.hpp"

namespace plan_difference_test {

using namespace voltaic::nodes;
using process::change_kind;
using process::part_kind;

namespace {

void add_rack(site::plan& plan, int number) {
  const auto name = fmt::format("rack_{}", number);
  const auto device_name = fmt::format("bms_{}", number);
  site::device device;
  device.name = device_name;
  device.profile_hash = 1;
  device.bus = "can0";
  device.id_offset = static_cast<std::uint32_t>(number) * 0xC0;
  device.rack = name;
  device.node = name;
  plan.devices.push_back(device);
  site::rack rack;
  rack.name = name;
  rack.device = device_name;
  rack.protection_hash = 2;
  rack.node = name;
  plan.racks.push_back(rack);
  site::node node;
  node.name = name;
  node.kind = site::node_kind::chain;
  node.actors = {{device_name, site::actor_kind::can_device, device_name},
                 {name, site::actor_kind::rack, name},
                 {name + "/protection", site::actor_kind::protection, name},
                 {name + "/contactor", site::actor_kind::contactor, name}};
  node.buses = {"can0"};
  node.safety = true;
  plan.nodes.insert(plan.nodes.end() - 1, node);
}

site::plan two_racks() {
  site::plan plan;
  plan.name = "demo";
  plan.simulator.present = true;
  site::can_bus bus;
  bus.name = "can0";
  bus.uri = "virtual:can0";
  plan.buses.push_back(bus);
  site::node relay;
  relay.name = "relay";
  relay.kind = site::node_kind::relay;
  site::node last;
  last.name = "site";
  last.kind = site::node_kind::site;
  last.actors = {{"command", site::actor_kind::command, ""}};
  plan.nodes = {relay, last};
  add_rack(plan, 0);
  add_rack(plan, 1);
  return plan;
}

struct row {
  const char* what;
  std::function<void(site::plan&)> edit;
  std::vector<std::string> changes;
  std::vector<std::string> racks;
};

} // namespace

TEST_CASE("applying a plan changes what differs and nothing else") {
  const std::vector<row> rows = {
      {"nothing", [](auto&) {}, {}, {}},
      {"a bus load is no change", [](auto& p) { p.buses[0].load_percent = 50; }, {}, {}},
      {"supervision bounds need no restart",
       [](auto& p) { p.supervision.wedge_other_ms = 9000; },
       {},
       {}},
      {"a third rack",
       [](auto& p) { add_rack(p, 2); },
       {"restart node site", "start simulator rack_2", "start node rack_2"},
       {}},
      {"a profile",
       [](auto& p) { p.devices[0].profile_hash = 9; },
       {"restart simulator rack_0", "restart node rack_0"},
       {"rack_0"}},
      {"a protection file",
       [](auto& p) { p.racks[1].protection_hash = 9; },
       {"restart node rack_1"},
       {"rack_1"}},
      {"a limit that the site file changes",
       [](auto& p) {
         voltaic::messages::protection::table changed;
         changed.name = "changed";
         p.racks[1].protection =
             std::make_shared<const voltaic::messages::protection::table>(changed);
       },
       {"restart node rack_1"},
       {"rack_1"}},
      {"the DC bus of a rack, by which the dispatcher judges the others",
       [](auto& p) { p.racks[1].dc_bus = "dc_1"; },
       {"restart node rack_1", "restart node site"},
       {"rack_1"}},
      {"the bit rate",
       [](auto& p) { p.buses[0].bitrate = 250'000; },
       {"restart bus can0", "restart node rack_0", "restart node rack_1"},
       {"rack_0", "rack_1"}},
      {"roles", [](auto& p) { p.roles["operator"] = {"staff"}; }, {"restart node site"}, {}},
      {"the simulated start",
       [](auto& p) { p.simulator.initial = "closed"; },
       {"restart simulator rack_0", "restart simulator rack_1"},
       {"rack_0", "rack_1"}},
      {"a rack less",
       [](auto& p) {
         p.racks.pop_back();
         p.devices.pop_back();
         p.nodes.erase(p.nodes.end() - 2);
       },
       {"stop simulator rack_1", "stop node rack_1", "restart node site"},
       {"rack_1"}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const auto before = two_racks();
    auto after = before;
    row.edit(after);
    const auto found = process::compare(before, after, true);
    std::vector<std::string> changes;
    for (const auto& one : found.changes)
      changes.push_back(
          fmt::format("{} {} {}", to_string(one.kind), to_string(one.part), one.name));
    CHECK(changes == row.changes);
    CHECK(found.racks_touched == row.racks);
    CHECK(found.impossible.empty());
  }
}

TEST_CASE("whoever sends commands on starts anew where they go or mean something else") {
  const auto restarts_site = [](const auto& edit) {
    const auto before = two_racks();
    auto after = before;
    edit(after);
    const auto found = process::compare(before, after, true);
    return std::ranges::any_of(found.changes, [](const auto& one) {
      return one.kind == change_kind::restart && one.part == part_kind::node && one.name == "site";
    });
  };
  CHECK_FALSE(restarts_site([](auto&) {}));
  CHECK(restarts_site([](auto& p) { p.inverters.emplace_back().name = "inverter_0"; }));
  CHECK(restarts_site([](auto& p) { std::swap(p.racks[0].device, p.racks[1].device); }));
  // Which values of a limit are tighter is the profile's to say.
  CHECK(restarts_site([](auto& p) {
    voltaic::messages::profiles::device_profile profile;
    profile.commands.resize(1);
    profile.commands[0].side = voltaic::messages::tighter::higher;
    p.devices[0].profile =
        std::make_shared<const voltaic::messages::profiles::device_profile>(profile);
    p.devices[0].profile_hash = 9;
  }));
}

TEST_CASE("a change of a rack that takes no orders needs nobody to open it first") {
  auto before = two_racks();
  voltaic::messages::profiles::device_profile takes_none;
  before.devices[0].profile =
      std::make_shared<const voltaic::messages::profiles::device_profile>(takes_none);
  auto after = before;
  after.racks[0].protection_hash = after.racks[1].protection_hash = 9;
  CHECK(process::compare(before, after, true).racks_touched == std::vector<std::string>{"rack_1"});
  // From then on orders would open it under load.
  auto takes = takes_none;
  takes.commands.emplace_back().purpose = voltaic::messages::profiles::command_purpose::order;
  after.devices[0].profile =
      std::make_shared<const voltaic::messages::profiles::device_profile>(takes);
  CHECK(process::compare(before, after, true).racks_touched.size() == 2);
}

TEST_CASE("what was given up is started again, whether it changed or not") {
  const auto before = two_racks();
  auto after = before;
  auto found = process::compare(before, after, true);
  process::start_failed(found, after, {"rack_1", "bus can0"});
  REQUIRE(found.changes.size() == 2);
  CHECK(found.changes[0].part == part_kind::bus);
  CHECK(found.changes[1].name == "rack_1");
  CHECK(found.changes[1].kind == change_kind::restart);
  CHECK(found.changes[1].reason == "was failed, started again");
  CHECK(found.racks_touched.empty());
  // Nobody could open a rack whose node is not there.
  after.racks[0].protection_hash = after.racks[1].protection_hash = 9;
  found = process::compare(before, after, true);
  process::start_failed(found, after, {"rack_1"});
  REQUIRE(found.changes.size() == 2);
  CHECK(found.changes[1].reason == "rack_1 changed; was failed, started again");
  CHECK(found.racks_touched == std::vector<std::string>{"rack_0"});
}

TEST_CASE("racks that are heard from a recording are not simulated") {
  auto plan = two_racks();
  CHECK(process::simulated_racks(plan).size() == 2);
  plan.buses[0].kind = site::bus_kind::replay;
  CHECK(process::simulated_racks(plan).empty());
}

TEST_CASE("without a simulator only nodes change") {
  const auto before = two_racks();
  auto after = before;
  add_rack(after, 2);
  const auto found = process::compare(before, after, false);
  REQUIRE(found.changes.size() == 2);
  CHECK(found.changes[1].part == part_kind::node);
  CHECK(found.changes[1].kind == change_kind::start);
}

TEST_CASE("another site name needs a stop of the site") {
  const auto before = two_racks();
  auto after = before;
  after.name = "other";
  CHECK(process::compare(before, after, true).impossible.size() == 1);
}

} // namespace plan_difference_test
