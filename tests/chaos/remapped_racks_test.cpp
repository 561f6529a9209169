#include <catch2/catch.hpp>

#include <string>

#include "chaos/live_site.hpp"

namespace remapped_racks_test {

using namespace chaos;

TEST_CASE("F-066 three packs behind a remapping bridge on one bus are played by voltaic up") {
  live_site site;
  auto text = read_file(VOLTAIC_SOURCE_FOLDER "/configs/remapped_racks.toml");
  const std::string name = "\"remapped_racks\"";
  text.replace(text.find(name), name.size(), "\"demo\"");
  site.write(text);
  site.up();
  for (const auto* rack : {"rack_0", "rack_1", "rack_2"}) {
    INFO(rack);
    CHECK(eventually([&] { return site.good(rack); }));
  }
  // Orders reach each by identifiers of its own.
  site.close({"rack_1", "rack_2"});
  CHECK(site.contactor("rack_0") == "open");
  CHECK(site.contactor("rack_1") == "closed");
  CHECK(site.contactor("rack_2") == "closed");
}

} // namespace remapped_racks_test
