#include "messages/profiles/remap.hpp"

#include <catch2/catch.hpp>

#include "messages/support/profiles.hpp"

namespace remap_test {

using namespace voltaic::tests;
using namespace voltaic::messages::profiles;

TEST_CASE("identifiers are read and shown as profiles spell them") {
  CHECK(parse_frame_id("0x088") == frame_id{0x088, false});
  CHECK(parse_frame_id("0x18FF50E5") == frame_id{0x18FF50E5, true});
  for (const auto* text :
       {"", "0x", "088", "0x88", "0x0088", "0x800", "0x20000000", "0x08G", "x088"})
    CHECK_FALSE(parse_frame_id(text));
  CHECK(to_text({0x88, false}) == "0x088");
  CHECK(to_text({0x88, true}) == "0x00000088");
}

TEST_CASE("F-066 a remapped profile reads the same content by other identifiers") {
  const auto original = load_file("demo_rack.json");
  auto moved = original;
  const id_change changes[] = {{{0x085, false}, {0x18FF0085, true}},
                               {{0x088, false}, {0x600, false}}};
  CHECK(remap(moved, changes).empty());
  const auto bytes = "D02007000102E803";
  const decoded_frame before(original, make_frame(0x085, bytes));
  const decoded_frame after(moved, make_frame(0x18FF0085, bytes, true));
  CHECK(before.applied.outcome == decode_plan::outcome::decoded);
  CHECK(after.value("voltage") == before.value("voltage"));
  CHECK(decoded_frame(moved, make_frame(0x085, bytes)).applied.outcome ==
        decode_plan::outcome::not_mine);
  // All of a repeated message has moved.
  const auto cells = "0C0D0C0D0C0D0C0D";
  CHECK(decoded_frame(moved, make_frame(0x677, cells)).value("cell_voltage", 479) ==
        decoded_frame(original, make_frame(0x0FF, cells)).value("cell_voltage", 479));
}

TEST_CASE("F-065 changes that name nothing or bring two messages together are told") {
  auto profile = load_file("demo_rack.json");
  const id_change nowhere[] = {{{0x700, false}, {0x701, false}}};
  CHECK(remap(profile, nowhere) == std::vector<std::string>{"no message and no command of " +
                                                            profile.name + " begins at 0x700"});
  const id_change together[] = {{{0x085, false}, {0x086, false}}};
  CHECK(remap(profile, together).size() == 1);
  profile = load_file("demo_rack.json");
  const id_change beyond[] = {{{0x088, false}, {0x7FF, false}}};
  const auto told = remap(profile, beyond);
  REQUIRE_FALSE(told.empty());
  CHECK(told.front() == "\"cells\" would use identifier 0x800, beyond its bits");
}

TEST_CASE("F-066 who plays a device behind a bridge sends and hears by the changed identifiers") {
  auto profile = load_file("demo_rack.json");
  const id_change changes[] = {{{0x085, false}, {0x18FF0085, true}},
                               {{0x088, false}, {0x600, false}},
                               {{0x080, false}, {0x082, false}},
                               {{0x082, false}, {0x080, false}}};
  REQUIRE(remap(profile, changes).empty());
  const id_translation by(profile, changes);
  CHECK(by.on_bus({0x085, false}) == frame_id{0x18FF0085, true});
  CHECK(by.on_bus({0x0FF, false}) == frame_id{0x677, false}); // the last of the cells
  CHECK(by.on_bus({0x100, false}) == frame_id{0x100, false});
  CHECK(by.at_device({0x677, false}) == frame_id{0x0FF, false});
  CHECK(by.at_device({0x080, false}) == frame_id{0x082, false});
  CHECK(by.at_device({0x083, false}) == frame_id{0x083, false});
  CHECK_FALSE(by.at_device({0x085, false})); // it moved away: another device's
  CHECK(id_translation().at_device({0x085, false}) == frame_id{0x085, false});
}

} // namespace remap_test
