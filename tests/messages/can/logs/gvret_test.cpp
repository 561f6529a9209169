#include "messages/can/logs/gvret.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "messages/support/vectors.hpp"

namespace gvret_test {

using namespace voltaic::messages::can;
using namespace voltaic::tests;

TEST_CASE("a GVRET line carries time, bus, identifier and bytes") {
  CHECK(is_gvret_header("Time Stamp,ID,Extended,Bus,LEN,D1,D2,D3,D4,D5,D6,D7,D8\r"));
  const auto entry = parse_gvret("1964453900,000004F1,false,1,4,00,00,64,A0\r");
  REQUIRE(entry.has_value());
  CHECK(entry->frame.time_us == 1'964'453'900);
  CHECK(entry->channel == "1");
  CHECK(entry->frame.id == 0x4F1);
  CHECK_FALSE(entry->frame.extended);
  CHECK(entry->frame.length == 4);
  CHECK(entry->frame.data[3] == 0xA0);
}

TEST_CASE("broken GVRET lines are refused") {
  for (const char* line :
       {"", "Time Stamp,ID,Extended,Bus,LEN,D1", "12,00000109,false,0,8,00,01",
        "12,00000109,maybe,0,1,00", "12,00000FFF,false,0,1,00", "12,00000109,false,0,9,00",
        "-1,00000109,false,0,1,00", "12,00000109,false,x,1,00", "12,00000109,false,0,1,0"}) {
    INFO(line);
    CHECK_FALSE(parse_gvret(line).has_value());
  }
}

TEST_CASE("every line of the two-bus capture is read") {
  if (data_folder().empty()) {
    WARN("skipped: VOLTAIC_TEST_DATA is not set");
    return;
  }
  const auto lines = lines_of(
      data_folder() + "/logs/kona_gvret/230112-7-2019-pcan-ccan-power-off-on-ready-off.csv");
  std::map<std::string, std::size_t> frames;
  REQUIRE(is_gvret_header(lines.at(0)));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto entry = parse_gvret(lines[i]);
    REQUIRE(entry.has_value());
    ++frames[entry->channel];
  }
  CHECK(frames["0"] + frames["1"] == 39'546);
  CHECK(frames.size() == 2);
}

TEST_CASE("newer GVRET files have a direction, and may fill their columns up") {
  CHECK(is_gvret_header("Time Stamp,ID,Extended,Dir,Bus,LEN,D1,D2,D3,D4,D5,D6,D7,D8"));
  for (const char* line : {"12,18FF50E5,true,Rx,2,2,0A,0B", "12,18FF50E5,true,2,2,0A,0B,,,,,,",
                           "12,18FF50E5,true,2,2,0A,0B,00,00,00,00,00,00,"}) {
    INFO(line);
    const auto entry = parse_gvret(line);
    REQUIRE(entry.has_value());
    CHECK(entry->channel == "2");
    CHECK(entry->frame.id == 0x18FF50E5);
    CHECK(entry->frame.extended);
    CHECK(entry->frame.length == 2);
    CHECK(entry->frame.data[1] == 0x0B);
  }
  CHECK_FALSE(parse_gvret("12,18FF50E5,true,2,2,0A,0B,junk").has_value());
  const auto longer = parse_gvret("12,001,false,0,12,1A,00,00,00,00,00,00,00,00,00,00,1B");
  REQUIRE(longer.has_value());
  CHECK(longer->frame.fd);
  CHECK(longer->frame.data[11] == 0x1B);
}

} // namespace gvret_test
