#include <catch2/catch.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "actors/can_device/canopen_bench.hpp"

// Mappings that only the device knows, and to whom orders go.
namespace canopen_mapping_test {

using namespace canopen_bench;

TEST_CASE(
    "a mapping that only the device knows is read at each boot, and frames are understood by it") {
  auto text =
      nlohmann::json::parse(tests::text_of(tests::profile_file("canopen_418_battery.json")));
  auto& battery = text["canopen"]["pdos"][0];
  battery["mapping"] = "read";
  battery["period_ms"] = 100;
  battery.erase("event_ms");
  battery.erase("transmission");
  std::reverse(battery["objects"].begin(), battery["objects"].end());
  bench with; // which maps its objects in the shipped order
  REQUIRE(with.await_state("operational"));
  REQUIRE(with.await([&] { return with.is_good("voltage"); }));
  const auto voltage = with.known("voltage").value;
  const auto temperature = with.known("cell_temperature").value;
  CHECK(voltage != temperature);
  with.begin_anew(tests::load_good(text.dump()));
  REQUIRE(with.await_state("operational"));
  REQUIRE(with.await([&] { return with.is_good("voltage") && with.is_good("cell_temperature"); }));
  CHECK(with.known("voltage").value == voltage);
  CHECK(with.known("cell_temperature").value == temperature);

  // An object that the device does not map there.
  battery["objects"][0]["object"] = "0x6999:00";
  with.begin_anew(tests::load_good(text.dump()));
  REQUIRE(with.await_state("failed"));
  CHECK(with.text("canopen_error") ==
        "J (configuration failed): PDO battery: 6999:00 is not in it");
}

TEST_CASE("no order goes to a node that is not the right one, or not commissioned") {
  bench with;
  with.set("wrong_identity");
  CHECK_FALSE(with.takes_orders());
  with.run(3'000 * ms);
  CHECK(with.text("canopen_state") == "failed");
  CHECK_FALSE(with.takes_orders());
  REQUIRE(with.battery.set("wrong_identity", {}, equipment_effect::release, 0));
  REQUIRE(with.await_state("operational", 10'000 * ms));
  CHECK(with.takes_orders());
  with.be_silent(true);
  REQUIRE(with.await_state("lost"));
  CHECK_FALSE(with.takes_orders());
}

} // namespace canopen_mapping_test
