#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <regex>

#include "chaos/live_site.hpp"

namespace identity_test {

using namespace chaos;

namespace {

/// The racks' state of health is taken for what says which they are: a scenario can change it.
void name_identity(const live_site& site) {
  const auto path = site.folder() + "/configs/profiles/demo_rack.json";
  auto profile = json::parse(read_file(path));
  profile["identity"] = {"soh"};
  std::ofstream(path) << profile.dump(2);
}

/// From its next start on rack_0 is another one.
void swap_rack(const live_site& site) {
  std::ofstream(site.folder() + "/configs/scenario.csv")
      << "t_ms,point,index,value\n0,rack_0/soh,,47.1\n";
  auto text = read_file(site.file());
  const std::string table = "[simulator]\n";
  const auto at = text.find(table);
  REQUIRE(at != std::string::npos);
  site.write(text.insert(at + table.size(), "scenario = \"scenario.csv\"\n"));
}

/// Empty while nobody says it.
std::string said(const live_site& site) {
  const auto seen = site.points("rack_0/identity");
  const auto value = seen.empty() ? json() : seen.begin()->second.value("value", json());
  return value.is_string() ? value.get<std::string>() : "";
}

/// What `voltaic accept` asks to be named, once it shows this.
std::string shown_hash(const live_site& site, const std::string& with) {
  std::string shown;
  CHECK(eventually([&] {
    shown = site.voltaic({"accept", "rack_0", "--site", site.file()}).output;
    return shown.find(with) != std::string::npos;
  }));
  INFO(shown);
  std::smatch found;
  REQUIRE(std::regex_search(shown, found, std::regex("[0-9a-f]{16}")));
  return found.str();
}

int accept(const live_site& site, const std::string& hash) {
  return site
      .voltaic({"accept", "rack_0", hash, "--reason", "nameplate compared", "--site", site.file()})
      .code;
}

answer close(const live_site& site) {
  return site.voltaic({"set", "rack_0/contactor", "close", "--site", site.file()}, 40s);
}

bool is_standby(const live_site& site) {
  return site.good("rack_0") && site.contactor("rack_0") == "open";
}

} // namespace

TEST_CASE(
    "F-171 a rack that was swapped is not closed before a person accepts it, also over kills") {
  live_site site;
  name_identity(site);
  site.up();
  REQUIRE(eventually([&] { return said(site) == "soh 97.5, not accepted"; }, 30s));
  REQUIRE(eventually([&] { return is_standby(site); }, 30s));
  REQUIRE(accept(site, shown_hash(site, "nobody accepted")) == 0);
  CHECK(eventually([&] { return said(site) == "soh 97.5"; }));
  CHECK(site.voltaic({"accept", "rack_0", "--site", site.file()}).output.find("accepted by") !=
        std::string::npos);
  CHECK(site.stop() == 0);

  swap_rack(site);
  site.up();
  const std::string other = "another device: soh: 97.5 -> 47.1";
  REQUIRE(eventually([&] { return said(site) == other; }, 30s));
  const auto victim = site.pid_of("rack_0");
  REQUIRE(::kill(victim, SIGKILL) == 0);
  REQUIRE(site.wait_for_successor("rack_0", victim) > 0);
  REQUIRE(eventually([&] { return said(site) == other && is_standby(site); }, 30s));
  const auto barred = close(site);
  CHECK(barred.code == 4);
  CHECK(barred.output.find("identity_changed") != std::string::npos);
  CHECK(eventually([&] {
    const auto events = site.events();
    return std::ranges::any_of(events, [](const json& each) {
      return each.value("code", "") == "SERIAL_CHANGE" && each.value("edge", "") == "set" &&
             each.value("reason", "") == "soh: 97.5 -> 47.1";
    });
  }));

  CHECK(accept(site, "0123456789abcdef") == 4);
  REQUIRE(accept(site, shown_hash(site, "soh: 97.5 -> 47.1")) == 0);
  CHECK(eventually([&] { return close(site).code == 0; }, 40s));
  CHECK(site.stop() == 0);
}

} // namespace identity_test
