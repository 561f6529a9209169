#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "chaos/live_site.hpp"
#include "support/own_ports.hpp"

namespace serial_battery_test {

using namespace chaos;

namespace {

// Two batteries on plain RS-485, one of which has a scenario, beside a rack that broadcasts.
constexpr auto site_text = R"([site]
name = "demo"
accept_common_loss = true

[[bus]]
name = "can0"
port = "virtual:can0"
bitrate = 500000

[[serial]]
name = "packs"
port = "virtual:packs"
baud = 115200
timeout = "300ms"

[[device]]
name = "bms_0"
profile = "profiles/demo_rack.json"
bus = "can0"

[[device]]
name = "pack_{0..1}"
profile = "profiles/pylontech_rs485.json"
line = "packs"
address = "{2..3}"
simulate = "battery"

[[rack]]
name = "rack_0"
device = "bms_0"
protection = "protection/lfp.toml"

[[rack]]
name = "rack_{1..2}"
device = "pack_{0..1}"
protection = "protection/lfp.toml"
node = "packs"

[simulator]
initial = "open"
)";

json point(const live_site& site, const std::string& name) {
  const auto seen = site.points(name);
  return seen.size() == 1 ? seen.begin()->second : json();
}

bool is_good(const live_site& site, const std::string& name) {
  const auto seen = point(site, name);
  return seen.is_object() && seen.value("quality", "") == "good";
}

bool has_value(const live_site& site, const std::string& name, double value) {
  const auto seen = point(site, name);
  return seen.is_object() && seen.value("quality", "") == "good" &&
         seen.value("value", json()) == value;
}

json line(const live_site& site) {
  for (const auto& each : site.status().value("lines", json::array()))
    if (each.value("name", "") == "packs") return each;
  return json::object();
}

bool was_told(const live_site& site, const std::string& subject, const std::string& words) {
  for (const auto& each : site.events()) {
    const auto text = each.dump();
    if (text.find(subject) != std::string::npos && text.find(words) != std::string::npos)
      return true;
  }
  return false;
}

} // namespace

TEST_CASE("a battery on plain RS-485 is a rack beside broadcast ones, dies and comes back") {
  live_site site;
  site.write(site_text + voltaic::tests::own_ports());
  site.up();
  REQUIRE(eventually([&] { return has_value(site, "rack_1/voltage", 49.605); }, 30s));
  CHECK(eventually([&] { return site.good("rack_0"); }, 20s));
  CHECK(eventually([&] { return is_good(site, "rack_2/cell_voltage_max"); }, 20s));
  CHECK(eventually([&] { return has_value(site, "rack_1/cell_voltage_max_index", 14); }, 20s));
  CHECK(eventually([&] { return line(site).value("state", "") == "connected"; }, 20s));
  CHECK(line(site).value("kind", "") == "serial");
  CHECK(line(site).value("crc_errors", -1) == 0);
  const pid_t simulator = site.player();
  REQUIRE(simulator > 0);
  ::kill(simulator, SIGKILL);
  CHECK(eventually([&] { return line(site).value("reconnects", 0) > 0; }, 60s));
  CHECK(eventually([&] { return has_value(site, "rack_1/voltage", 49.605); }, 60s));
  CHECK(site.good("rack_0"));
  // The node with both batteries dies, and its successor asks them again.
  const pid_t node = site.pid_of("packs");
  REQUIRE(node > 0);
  ::kill(node, SIGKILL);
  CHECK(site.wait_for_successor("packs", node) > 0);
  CHECK(eventually([&] { return is_good(site, "rack_2/voltage"); }, 60s));
  CHECK(site.good("rack_0"));
}

TEST_CASE("a battery on plain RS-485 is protected, whatever befalls it or its line") {
  live_site site;
  std::ofstream(site.folder() + "/configs/scenario.csv") << "t_ms,point,index,value\n"
                                                            "8000,pack_0/cell_voltage,3,3.95\n"
                                                            "8000,pack_1,,silent\n"
                                                            "25000,pack_1,,release\n"
                                                            "25000,pack_0,,noise\n";
  site.write(site_text + std::string("scenario = \"scenario.csv\"\n") +
             voltaic::tests::own_ports());
  site.up();
  // A cell too high stops the charging of its rack, and a battery that is silent both.
  CHECK(eventually([&] { return has_value(site, "rack_1/charge_current_limit", 0); }, 60s));
  CHECK(eventually([&] { return was_told(site, "rack_1", "cell_overvoltage"); }, 20s));
  CHECK(eventually([&] { return was_told(site, "pack_1", "MB_TMO"); }, 30s));
  CHECK(eventually([&] { return was_told(site, "rack_2", "communication_loss"); }, 30s));
  CHECK(site.good("rack_0"));
  // It comes back, through the noise of its neighbour.
  CHECK(eventually([&] { return is_good(site, "rack_2/voltage"); }, 60s));
  CHECK(eventually([&] { return is_good(site, "rack_1/voltage"); }, 60s));
}

} // namespace serial_battery_test
