#include "bus/can/stranger_table.hpp"

#include <catch2/catch.hpp>

#include "messages/can/frame_bits.hpp"

// Identifiers that nobody of a site knows.
namespace stranger_table_test {

using namespace voltaic::bus::can;
using voltaic::messages::can::frame;

namespace {

constexpr std::uint32_t bitrate = 500'000;
constexpr std::int64_t s = 1'000'000;

frame of(std::uint32_t id, bool extended = false) {
  frame made;
  made.id = id;
  made.extended = extended;
  made.length = 8;
  made.data.fill(0x55);
  return made;
}

void say(stranger_table& to, const frame& one, int frames) {
  for (int each = 0; each < frames; ++each) to.heard(one);
}

/// So many of them in a second take this share of the bus.
int frames_of(double share, const frame& one) {
  return static_cast<int>(share * bitrate / voltaic::messages::can::exact_bits(one));
}

} // namespace

TEST_CASE("F-063 an identifier that nobody knows and that takes a quarter of the bus babbles") {
  stranger_table table;
  table.step(0, bitrate);
  say(table, of(0x000), frames_of(0.26, of(0x000)));
  say(table, of(0x100), 100);
  table.step(s - 1, bitrate);
  CHECK_FALSE(table.babbling());
  table.step(s, bitrate);
  REQUIRE(table.babbling());
  CHECK(table.babbling()->id == 0);
  CHECK(table.babbling()->frames_per_s == frames_of(0.26, of(0x000)));
  CHECK(table.count() == 2);
  // Less is still too much, until it is below a tenth.
  say(table, of(0x000), frames_of(0.11, of(0x000)));
  table.step(2 * s, bitrate);
  CHECK(table.babbling());
  say(table, of(0x000), frames_of(0.09, of(0x000)));
  table.step(3 * s, bitrate);
  CHECK_FALSE(table.babbling());
  say(table, of(0x000), frames_of(0.24, of(0x000)));
  table.step(4 * s, bitrate);
  CHECK_FALSE(table.babbling());
  CHECK(table.count() == 2);
}

TEST_CASE("F-063 what was not heard is taken for what was") {
  stranger_table table;
  table.step(0, bitrate);
  say(table, of(0x18FF'0000 & 0x1FFF'FFFF, true), 30);
  say(table, of(0x7FF), 10);
  table.missed(3'960);
  table.step(s, bitrate);
  REQUIRE(table.babbling());
  CHECK(table.babbling()->id == 0x18FF'0000);
  CHECK(table.babbling()->extended);
  CHECK(table.babbling()->frames_per_s == Approx(3'000));
  // Of which nothing was heard nobody knows.
  table.missed(9'000);
  table.step(2 * s, bitrate);
  CHECK_FALSE(table.babbling());
}

TEST_CASE("F-063 the rate is that of the time that passed, and unknown where the bitrate is") {
  stranger_table table;
  table.step(0, bitrate);
  say(table, of(1), frames_of(0.3, of(1)));
  table.step(2 * s, bitrate);
  CHECK_FALSE(table.babbling());
  say(table, of(1), frames_of(0.9, of(1)));
  table.step(3 * s, 0);
  CHECK_FALSE(table.babbling());
}

TEST_CASE("strangers are counted up to a bound, and are none once somebody knows them") {
  stranger_table table;
  for (std::uint32_t id = 0; id < 3'000; ++id) table.heard(of(id, true));
  CHECK(table.count() == stranger_table::identifiers_max);
  table.forget(id_filter({{0, 2'046, true}}));
  CHECK(table.count() == 1);
  auto broken = of(5);
  broken.error = true;
  table.heard(broken);
  CHECK(table.count() == 1);
  table.step(0, bitrate);
  say(table, of(7), frames_of(0.5, of(7)));
  table.step(s, bitrate);
  REQUIRE(table.babbling());
  table.forget(id_filter({{7, 7, false}}));
  CHECK_FALSE(table.babbling());
}

} // namespace stranger_table_test
