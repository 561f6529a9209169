#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <string>

#include "laboratory/running_site.hpp"

namespace fd_site_test {

using can_support::eventually;
using laboratory::listener;
using laboratory::running_site;

/// A pack whose frames have more than eight bytes, and a limit that it is given by such a frame.
constexpr const char* pack = R"({
  "name": "fd-pack", "version": 1, "protocol": "can", "commissioned": false,
  "points": {
    "cell_voltage": {"channel": "CellVoltage", "type": "u16", "count": 4, "scale": 0.001,
                     "unit": "V", "period_ms": 100},
    "limit": {"channel": "Limit", "type": "u16", "scale": 0.1, "unit": "A", "period_ms": 100}},
  "messages": [
    {"name": "all", "id": "0x123", "length": 24, "format": "fd_brs", "period_ms": 100,
     "signals": [
       {"point": "cell_voltage", "index": 0, "start": 64, "length": 16},
       {"point": "cell_voltage", "index": 1, "start": 80, "length": 16},
       {"point": "cell_voltage", "index": 2, "start": 96, "length": 16},
       {"point": "cell_voltage", "index": 3, "start": 112, "length": 16},
       {"point": "limit", "start": 160, "length": 16}]}],
  "commands": [
    {"name": "set_limit", "id": "0x200", "length": 16, "format": "fd_brs", "channel": "SetLimit",
     "point": "set_limit", "read_back": "limit", "minimum": 0, "maximum": 100,
     "signals": [{"field": "value", "start": 80, "length": 16, "scale": 0.1}]}]})";

TEST_CASE("CAN FD: a site makes points of long frames of can-utils, and sets by such a frame") {
  const std::string laboratory = std::getenv("LABORATORY"); // NOLINT(concurrency-mt-unsafe)
  std::ofstream(laboratory + "/profiles/fd_pack.json") << pack;
  std::ofstream(laboratory + "/fd.log")
      << "(1.000000) vcan0 123##10000000000000000E40CE40CE40CE50C000000007D000000\n"
         "(1.100000) vcan0 123##10000000000000000E40CE40CE40CE50C000000007D000000\n";
  const running_site site("vcan0",
                          "data_bitrate = 2000000\n[[device]]\nname = \"pack\"\n"
                          "profile = \"profiles/fd_pack.json\"\nbus = \"can0\"\n");
  const listener played("canplayer -l i -I " + laboratory + "/fd.log");
  const listener wire("candump -L vcan0");
  const bool heard = eventually([&] { return site.says("pack/cell_voltage", "3.301"); });
  if (!heard) site.explain("pack/*");
  REQUIRE(heard);
  CHECK(eventually([&] { return site.says("pack/limit", "12.5"); }));
  const listener set(site.command("set pack/set_limit 12.5 2>&1"));
  // 16 bytes, at the data bit rate; newer kernels mark a frame of CAN FD besides.
  const std::string content = "000000000000000000007D0000000000";
  const bool sent = eventually(
      [&] { return wire.heard("vcan0 200##1" + content) || wire.heard("vcan0 200##5" + content); });
  for (const auto& line : set.lines()) UNSCOPED_INFO(line);
  for (const auto& line : wire.lines())
    if (line.find("200#") != std::string::npos) UNSCOPED_INFO(line);
  CHECK(sent);
  CHECK(eventually([&] { return set.heard("pack/set_limit: done, reads 12.5"); }));
}

} // namespace fd_site_test
