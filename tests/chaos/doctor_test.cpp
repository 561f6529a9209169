#include <catch2/catch.hpp>

#include <csignal>

#include "chaos/live_site.hpp"

namespace doctor_test {

using namespace chaos;
using codes = std::vector<std::string>;

namespace {

/// Codes of what the doctor finds wrong now with a link; its exit code says whether there are any.
codes troubles(const live_site& site, const std::string& link) {
  const auto said = site.voltaic({"doctor", site.file(), link, "--json"});
  const auto told = json::parse(said.output, nullptr, false);
  if (!told.is_object()) return {said.errors};
  codes found;
  for (const auto& finding : told["links"][0]["findings"])
    if (finding["weight"] == "now") found.push_back(finding["finding"]);
  if (said.code != (found.empty() ? 0 : 1)) return {"the exit code says otherwise"};
  return found;
}

} // namespace

TEST_CASE(
    "the doctor tells who never spoke from who fell silent, and finds nothing where all speak") {
  live_site site;
  site.launch_up({"--no-simulator"});
  REQUIRE(eventually([&] { return troubles(site, "can0") == codes{"bus_down", "never_spoke"}; }));
  const auto bus = site.begin({"bus", site.file(), "can0"}, site.folder() + "/bus.log");
  const auto first =
      site.begin({"sim", site.file(), "--rack", "rack_0"}, site.folder() + "/rack_0.log");
  CHECK(eventually([&] { return troubles(site, "can0") == codes{"never_spoke"}; }));
  {
    const auto second =
        site.begin({"sim", site.file(), "--rack", "rack_1"}, site.folder() + "/rack_1.log");
    CHECK(eventually([&] { return troubles(site, "can0").empty(); }));
  }
  CHECK(eventually([&] { return troubles(site, "can0") == codes{"fell_silent"}; }));
}

} // namespace doctor_test
