#include "messages/can/logs/log_reader.hpp"

#include <catch2/catch.hpp>
#include <random>

namespace log_reader_test {

using namespace voltaic::messages::can;

namespace {

struct sample {
  log_format format;
  std::string line;
};

const std::vector<sample> samples{
    {log_format::candump, "(1594172461.968006) vcan0 0C8#F000000000000000 T"},
    {log_format::candump,
     " (2020-12-19 12:04:45.485261)  vcan0  0C8   [8]  F0 00 00 00 00 00 00 00"},
    {log_format::candump, "  can0  123   [8]  11 22 33 44 55 66 77 88"},
    {log_format::candump, "(1613656104.501098) can3 14C##155B53476F7B82EEEB8E97236"},
    {log_format::candump, "(24.171) RX0 12B [8] 00 01 02 03 04 05 06 07"},
    {log_format::candump, "DROPCOUNT: dropped 7 CAN frames on 'can0' socket (total drops 9)"},
    {log_format::gvret, "Time Stamp,ID,Extended,Bus,LEN,D1,D2,D3,D4,D5,D6,D7,D8"},
    {log_format::gvret, "1964453900,000004F1,false,1,4,00,00,64,A0"},
    {log_format::asc, "date Thu, 09 Nov 2023 20:36:33 GMT"},
    {log_format::asc, "base hex  timestamps absolute"},
    {log_format::asc, "   0.153600 0  594\tRx   d 8 34 21 34 21 A0 61 04 20 "},
    {log_format::asc, "0.045522 CANFD 62 Rx 7d Name 1 0 8  8 01 1b d6 d0 8a 1f d7 f6 1 1 323000"},
    {log_format::trc, ";$FILEVERSION=2.1"},
    {log_format::trc, "     1)     17535.4  Tx     00000100  8  00 00 00 00 00 00 00 00 "},
    {log_format::trc, "      1     17535.400 DT 1  00000100 Tx -  8    00 00 00 00 00 00 00 00"},
    {log_format::trc,
     "      1     17535.400 FD     0300 Rx 12  00 00 00 00 00 00 00 00 00 00 00 00"},
    {log_format::python_can,
     "Timestamp:      132.072247        ID: 0241    S Rx    DL:  8    00 07 ec bf 61 fb 2f d9"},
    {log_format::slcan, "t123411223344"},
    {log_format::slcan, "T18FF50E5811223344556677880010"},
    {log_format::socketcand, "< hi >"},
    {log_format::socketcand, "< frame 123 1680000000.000001 11 22 33 44 >"}};

} // namespace

TEST_CASE("the format of a log is told by its content") {
  for (const auto& [format, line] : samples) {
    INFO(line);
    CHECK(recognise(line) == format);
    log_reader reader;
    log_entry entry;
    CHECK(reader.read("\xEF\xBB\xBF" + line + "\r", entry).has_value());
    CHECK(reader.format() == format);
  }
  for (const char* line : {"", "hello", "a,b,c", "<?xml version=\"1.0\"?>", "1 2 3", "\x01\x02"}) {
    INFO(line);
    CHECK(recognise(line) == log_format::unknown);
  }
}

TEST_CASE("a format stays once it is known, and what stands before it is refused") {
  log_reader reader;
  log_entry entry;
  CHECK(reader.read("", entry).value() == line_kind::nothing);
  CHECK_FALSE(reader.read("candump: interface = can0", entry).has_value());
  CHECK(reader.format() == log_format::unknown);
  CHECK(reader.read("(1.000000) can0 123#00", entry).value() == line_kind::frame);
  const auto foreign = reader.read("12,00000109,false,0,1,00", entry);
  REQUIRE_FALSE(foreign.has_value());
  CHECK(foreign.error().text.find("12,00000109") != std::string::npos);
  CHECK(reader.format() == log_format::candump);
}

TEST_CASE("a line that is too long is refused before it is looked at") {
  log_reader reader;
  log_entry entry;
  const auto refused = reader.read(std::string(log_line_bytes_max + 1, 'x'), entry);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().text.size() < 200);
}

TEST_CASE("a bus is shown by its interface or its number, a time with six decimals") {
  CHECK(bus_name("vcan0") == "vcan0");
  CHECK(bus_name("12") == "bus12");
  CHECK(bus_name("") == "bus0");
  log_entry entry;
  CHECK(seconds_text(entry).empty());
  entry.time = log_time::relative;
  entry.frame.time_us = 1'953'613'500;
  CHECK(seconds_text(entry) == "1953.613500");
  entry.frame.time_us = 7;
  CHECK(seconds_text(entry) == "0.000007");
}

TEST_CASE("no mutation of a log line makes a reader fail otherwise than by refusing") {
  std::mt19937 random(7);
  for (int round = 0; round < 40'000; ++round) {
    std::string line = samples[random() % samples.size()].line;
    for (unsigned i = 0; i <= random() % 3; ++i)
      line[random() % line.size()] = static_cast<char>(random() % 256);
    line.resize(random() % (line.size() + 1));
    // The reader of one format also gets lines of all others.
    log_reader reader;
    log_entry entry;
    static_cast<void>(reader.read(samples[random() % samples.size()].line, entry));
    const auto kind = reader.read(line, entry);
    if (!kind || *kind != line_kind::frame) continue;
    CHECK(entry.frame.length <= entry.frame.data.size());
    CHECK(entry.frame.id <= 0x1FFFFFFF);
    CHECK((entry.frame.fd || entry.frame.length <= 8));
  }
}

TEST_CASE("random bytes are refused or harmless in every format") {
  std::mt19937 random(13);
  for (const auto& [format, first] : samples) {
    log_reader reader;
    log_entry entry;
    REQUIRE(reader.read(first, entry).has_value());
    for (int round = 0; round < 2'000; ++round) {
      std::string line(random() % 200, ' ');
      constexpr std::string_view letters = "0123456789ABCDEFabcdefxRT;:.,-+#[](){}'` \t\r\x1b";
      for (char& c : line)
        c = random() % 20 == 0 ? static_cast<char>(random()) : letters[random() % letters.size()];
      const auto kind = reader.read(line, entry);
      if (kind && *kind == line_kind::frame) CHECK(entry.frame.length <= 64);
    }
  }
}

} // namespace log_reader_test
