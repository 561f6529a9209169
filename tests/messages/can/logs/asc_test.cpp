#include "messages/can/logs/asc.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "messages/support/vectors.hpp"

namespace asc_test {

using namespace voltaic::messages::can;
using namespace voltaic::tests;

namespace {

/// What a row becomes behind a head.
log_entry row(const std::string& line, const std::string& head = "base hex  timestamps absolute") {
  asc_reader reader;
  log_entry entry;
  REQUIRE(reader.read(head, entry).value() == line_kind::nothing);
  const auto kind = reader.read(line, entry);
  INFO(line);
  REQUIRE(kind.has_value());
  REQUIRE(*kind == line_kind::frame);
  return entry;
}

} // namespace

TEST_CASE("an ASC row carries time, channel, identifier and bytes") {
  const auto entry = row("   0.153600 0  594\tRx   d 8 34 21 34 21 A0 61 04 20 ");
  CHECK(entry.frame.time_us == 153'600);
  CHECK(entry.time == log_time::relative);
  CHECK(entry.channel == "0");
  CHECK(entry.frame.id == 0x594);
  CHECK_FALSE(entry.frame.extended);
  CHECK(entry.frame.length == 8);
  CHECK(entry.frame.data[7] == 0x20);
  const auto extended = row(
      "   3.098426 1  18EBFF00x       Rx   d 8 01 A0 0F A6 60 3B D1 40  Length = 273910 BitCount "
      "= 141 ID = 418119424x");
  CHECK(extended.frame.id == 0x18EBFF00);
  CHECK(extended.frame.extended);
  CHECK(extended.frame.data[7] == 0x40);
  CHECK(row("17.8 12  6F9  TxRq d 9 05 0C 00 00 00 00 00 00").frame.length == 8);
}

TEST_CASE("an ASC file may count in tens, and its times from row to row") {
  const auto entry = row("1.5 1  1428  Rx d 2 10 255", "base dec  timestamps absolute");
  CHECK(entry.frame.id == 1428);
  CHECK(entry.frame.data[0] == 10);
  CHECK(entry.frame.data[1] == 255);
  CHECK(row("1.5 1  418119424x  Rx d 0", "base dec timestamps absolute").frame.id == 0x18EBFF00);
  asc_reader reader;
  log_entry out;
  REQUIRE(reader.read("base hex  timestamps relative", out).has_value());
  for (const char* line : {"0.100000 1 100 Rx d 0", "0.200000 1  Statistic: D 2 R 0 XD 0 XR 0",
                           "0.000001 CAN 1 Status:chip status error active"})
    REQUIRE(reader.read(line, out).has_value());
  REQUIRE(reader.read("0.300000 1 100 Rx d 0", out).has_value());
  CHECK(out.frame.time_us == 600'001);
}

TEST_CASE("remote and error frames of ASC are told from others") {
  for (const char* line :
       {"2.5 2  100             Tx   r", "2.5 2 100 Rx r Length = 1704000 ID = 2",
        "2.5 2 100 Rx r 4 Length = 1704000"}) {
    const auto entry = row(line);
    CHECK(entry.frame.remote);
    CHECK(entry.frame.id == 0x100);
  }
  CHECK(row("2.5 2 100 Rx r 4").frame.length == 4);
  for (const char* line :
       {"   2.501000 1 ErrorFrame", "2.501010 1  ErrorFrame\tECC: 10100010",
        "2.501020 1 ErrorFrame Flags = 0xe CodeExt = 0x20a2 Code = 0x82 ID = 0 DLC = 0",
        "2.5 CANFD 1 Rx ErrorFrame Not Acknowledge error, dominant error flag fffe c7 31ca"}) {
    const auto entry = row(line);
    CHECK(entry.frame.error);
    CHECK(entry.channel == "1");
  }
}

TEST_CASE("CANFD rows of ASC come with or without a name") {
  const std::string bytes = " 8 8 01 1b d6 d0 8a 1f d7 f6   104812  132   ";
  const auto named = row("0.045522 CANFD  62 Rx   7d  Brake_4   1 0" + bytes +
                         "323000 a800f6c9 46500250 4b140250 20011736 2001040d");
  CHECK(named.channel == "62");
  CHECK(named.frame.id == 0x7D);
  CHECK(named.frame.fd);
  CHECK(named.frame.data[7] == 0xF6);
  CHECK(row("0.0 CANFD 3 Tx 50005x  0 0" + bytes + "300000").frame.extended);
  CHECK_FALSE(row("0.0 CANFD 3 Tx 50005x  0 0" + bytes + "200050").frame.fd);
  CHECK_FALSE(row("0.0 CANFD 3 Tx 50005x  1 0" + bytes + "200050").frame.bit_rate_switch);
  std::string many;
  for (int i = 0; i < 64; ++i) many += " 2a";
  const auto longest = row("24.986902 CANFD   7 Tx  716   1 0 f 64" + many + " 0 0 3000 0 0 0 0 0");
  CHECK(longest.frame.length == 64);
  CHECK(longest.frame.data[63] == 0x2A);
  const auto remote = row("1.0 CANFD 1 Rx 511  0 0 8  0  0 0 50");
  CHECK(remote.frame.remote);
  CHECK(remote.frame.length == 8);
}

TEST_CASE("heads, comments and other events of ASC are no bad lines") {
  asc_reader reader;
  log_entry out;
  for (const char* line :
       {"date Sam Sep 30 15:06:13.191 2017", "internal events logged", "// version 9.0.0", "",
        "Begin Triggerblock Sam Sep 30 15:06:13.191 2017", "begin triggerblock", "End TriggerBlock",
        "base hex  timestamps absolute"}) {
    INFO(line);
    CHECK(reader.read(line, out).value() == line_kind::nothing);
  }
  for (const char* line :
       {"0.000000 Start of measurement", "0.015991 CAN 1 Status:chip status error passive",
        "1.0 2  Statistic: D 0 R 0 XD 0 XR 0 E 0 O 0 B 0.00%", "3.2 1  J1939TP FEE3p 6 0 0 - Rx",
        "3.2 L1 3C Rx 8 00", "3.2 SV: 2 0 1 ::IO::x = 1"}) {
    INFO(line);
    CHECK(reader.read(line, out).value() == line_kind::other);
  }
  for (const char* line :
       {"nonsense", "1.2.3 1 100 Rx d 0", "1.0", "1.0 1", "1.0 1x 100 Rx d 0", "1.0 1 Speed Rx d 0",
        "1.0 1 100 d 0", "1.0 1 100 Rx e 0", "1.0 1 100 Rx d", "1.0 1 100 Rx d 2 00",
        "1.0 1 100 Rx d 1 00 11", "1.0 1 800 Rx d 0", "1.0 1 20000000x Rx d 0",
        "1.0 1 100 Rx d 1 0", "1.0 CANFD 1 Rx 100 0 0 9 9 00 00 00 00 00 00 00 00 00",
        "1.0 CANFD 1 Rx 100 n m 0 0 0 0", "1.0 CANFD x Rx 100 0 0 0 0", "1.0 1 100 Rx d 99 00"}) {
    INFO(line);
    CHECK_FALSE(reader.read(line, out).has_value());
  }
}

TEST_CASE("the recorded ASC files are read without a bad line") {
  if (data_folder().empty()) {
    WARN("skipped: VOLTAIC_TEST_DATA is not set");
    return;
  }
  const std::map<std::string, std::size_t> expected{
      {"Idle_log_no_diagnostic_function_selected-30sec.asc", 5'934},
      {"Precharge_relay_On.asc", 879}};
  for (const auto& [name, count] : expected) {
    asc_reader reader;
    log_entry out;
    std::size_t frames = 0;
    std::set<std::string> channels;
    std::int64_t before_us = 0;
    for (const auto& line : lines_of(data_folder() + "/logs/kona_bms/" + name)) {
      const auto kind = reader.read(line, out);
      INFO(line);
      REQUIRE(kind.has_value());
      if (*kind != line_kind::frame) continue;
      ++frames;
      channels.insert(out.channel);
      CHECK(out.frame.time_us >= before_us);
      before_us = out.frame.time_us;
    }
    CHECK(frames == count);
    CHECK(channels == std::set<std::string>{"0"});
  }
}

} // namespace asc_test
