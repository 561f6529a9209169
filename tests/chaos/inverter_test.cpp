#include <catch2/catch.hpp>

#include "chaos/live_site.hpp"

namespace inverter_test {

using namespace chaos;

namespace {

std::string bound_by(const live_site& site, std::size_t limit) {
  const auto said = site.voltaic({"why", "inverter_0", "--json", "--site", site.file()});
  const auto told = json::parse(said.output, nullptr, false);
  if (said.code != 0 || !told.is_object()) return said.errors;
  return told["limits"][limit].value("bound_by", "");
}

double value(const live_site& site, const std::string& point) {
  const auto found = site.points(point);
  return found.size() == 1 ? found.begin()->second.value("value", -1.0) : -1.0;
}

} // namespace

TEST_CASE("the demo's inverter is told what its racks allow, and voltaic why says what binds") {
  live_site site(live_site::equipment::linked);
  site.up();
  const auto communication = [&] {
    const auto found = site.points("inverter_0/bms_communication");
    return found.size() == 1 ? found.begin()->second.value("value", "") : "";
  };
  REQUIRE(eventually([&] { return communication() == "Normal"; }, 20s));
  CHECK(eventually([&] { return bound_by(site, 0) == "bms"; }, 10s));
  CHECK(eventually([&] { return value(site, "inverter_0/charge_current_limit") == 0; }, 10s));
  REQUIRE(eventually(
      [&] {
        return site.voltaic({"set", "rack_0/contactor", "close", "--site", site.file()}).code == 0;
      },
      20s));
  // One rack gives 140 A, the inverter takes 100 A.
  CHECK(eventually([&] { return value(site, "inverter_0/charge_current_limit") == 100; }, 20s));
  CHECK(eventually([&] { return bound_by(site, 0) == "inverter"; }, 10s));
  const auto nobody = site.voltaic({"why", "inverter_9", "--site", site.file()});
  CHECK(nobody.code == 1);
  CHECK(nobody.errors.find("inverter_9") != std::string::npos);
}

} // namespace inverter_test
