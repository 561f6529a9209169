#include "messages/can/logs/trc.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "messages/support/vectors.hpp"

namespace trc_test {

using namespace voltaic::messages::can;
using namespace voltaic::tests;

namespace {

constexpr const char* head_2_0 = ";$COLUMNS=N,O,T,I,d,l,D";
constexpr const char* head_2_1 = ";$COLUMNS=N,O,T,B,I,d,R,L,D";

/// What a row becomes behind a head.
log_entry row(const std::string& line, const std::string& head = "") {
  trc_reader reader;
  log_entry entry;
  REQUIRE(reader.read(head, entry).value() == line_kind::nothing);
  INFO(line);
  const auto kind = reader.read(line, entry);
  REQUIRE(kind.has_value());
  REQUIRE(*kind == line_kind::frame);
  return entry;
}

} // namespace

TEST_CASE("TRC lines of the shared vectors are read as stated") {
  for (const auto& vector : vectors_of("log.trc")) {
    INFO(vector.dump());
    const auto entry = row(vector.at("input").at("line").get<std::string>());
    const auto& expected = vector.at("expected");
    CHECK(entry.channel == expected.at("channel"));
    CHECK(entry.frame.id == expected.at("id").get<std::uint32_t>());
    CHECK(entry.frame.time_us == expected.at("timestamp_us").get<std::int64_t>());
    const auto bytes = bytes_of(expected.at("data").get<std::string>());
    CHECK(std::equal(bytes.begin(), bytes.end(), entry.frame.data.begin()));
  }
}

TEST_CASE("one frame reads the same from every version of TRC") {
  struct sample {
    const char* head;
    const char* line;
    const char* channel;
  };
  for (const auto& [head, line, channel] :
       {sample{";   Start time: 18.12.2021", "     1)     17535  0100  8  00 00 00 00 00 00 00 2A",
               ""},
        sample{";$FILEVERSION=1.1",
               "     1)     17535.4  Tx         0100  8  00 00 00 00 00 00 00 2A ", ""},
        sample{";$FILEVERSION=1.2",
               "     1)     17535.400 1  Rx        0100  8  00 00 00 00 00 00 00 2A", "1"},
        sample{";$FILEVERSION=1.3",
               "     1)     17535.4 1  Tx    0100 -  8    00 00 00 00 00 00 00 2A", "1"},
        sample{head_2_0, "      1     17535.400 DT     0100 Tx 8  00 00 00 00 00 00 00 2A", ""},
        sample{head_2_1, "      1     17535.400 DT 1      0100 Tx -  8    00 00 00 00 00 00 00 2A",
               "1"},
        sample{"", "      1     17535.400 DT     0100 Tx 8  00 00 00 00 00 00 00 2A", ""},
        sample{"", "      1     17535.400 DT 1      0100 Tx -  8    00 00 00 00 00 00 00 2A", "1"},
        sample{";$COLUMNS=O,T,I,d,l,D", "  17535.400 DT  0100 Tx 8  00 00 00 00 00 00 00 2A",
               ""}}) {
    INFO(line);
    const auto entry = row(line, head);
    CHECK(entry.frame.time_us / 1'000 == 17'535);
    CHECK(entry.channel == channel);
    CHECK(entry.frame.id == 0x100);
    CHECK_FALSE(entry.frame.extended);
    CHECK(entry.frame.length == 8);
    CHECK(entry.frame.data[7] == 0x2A);
  }
  CHECK(row("1) 1.0 Rx 00000100 0").frame.extended);
  CHECK(row("1 1.0 DT 1 1FFFFFFF Rx - 0", head_2_1).frame.id == 0x1FFFFFFF);
}

TEST_CASE("remote, error and CAN FD frames of TRC are told from others") {
  for (const char* line : {"12)     48937      0704  3  RTR", "2) 7468.9 Tx 0704 3 RTR"}) {
    CHECK(row(line).frame.remote);
    CHECK(row(line).frame.length == 3);
  }
  CHECK(row("7 1.5 RR 0704 Rx 3", head_2_0).frame.remote);
  CHECK(row("7 1.5 RR 1 0704 Rx - 3", head_2_1).frame.length == 3);
  CHECK(row("2)      1842  0008  4  ERROR 00 19 08 08").frame.error);
  CHECK(row("6)      1334.4  Error  0008  4  00 19 08 08").frame.error);
  CHECK(row("9 4.5 ER 1 - Rx - 5 04 00 02 00 00", head_2_1).frame.error);
  CHECK(row("9 4.5 ER    Rx    04 00 02 00 00", head_2_0).frame.error);
  std::string bytes;
  for (int i = 0; i < 12; ++i) bytes += " 1F";
  for (const char* kind : {"FD", "FB", "FE", "BI"}) {
    const auto by_length = row(std::string("7 1.5 ") + kind + " 0300 Rx 12 " + bytes, head_2_0);
    CHECK(by_length.frame.fd);
    CHECK(by_length.frame.length == 12);
    const auto by_code = row(std::string("7 1.5 ") + kind + " 2 0300 Rx - 9 " + bytes, head_2_1);
    CHECK(by_code.frame.length == 12);
    CHECK(by_code.channel == "2");
  }
}

TEST_CASE("what TRC says beside frames is no bad line, and broken rows are") {
  trc_reader reader;
  log_entry out;
  for (const char* line : {";", ";$FILEVERSION=2.1", ";   any comment", "", head_2_1})
    CHECK(reader.read(line, out).value() == line_kind::nothing);
  for (const char* line : {"2 17540.300 ST 1         - Rx -  4    00 00 00 08",
                           "3 1.0 EC 1 - Rx - 2 02 00", "3 1.0 EV 1 a text of the user",
                           "2)     17540.3  Warng  FFFFFFFF  4  00 00 00 08  BUSHEAVY",
                           "2)     17540  FFFFFFFF  4  00 00 00 08 -- -- -- -- BUSHEAVY"}) {
    INFO(line);
    CHECK(reader.read(line, out).value() == line_kind::other);
  }
  for (const char* line :
       {"nonsense", "1)", "1) x Rx 0100 0", "1) 1.0 Rx 0800 0", "1) 1.0 Rx 20000000 0",
        "1) 1.0 Rx 0100 9x", "1) 1.0 Rx 0100 2 00", "1) 1.0 Rx 0100 1 00 11", "1 1.0",
        "1 1.0 XX 1 0100 Rx - 0", "1 1.0 DT b 0100 Rx - 0", "1 1.0 DT 1 0100 Rx - 16",
        "1 1.0 FD 1 0100 Rx - 9 00", "1 -1.0 DT 1 0100 Rx - 0"}) {
    INFO(line);
    CHECK_FALSE(reader.read(line, out).has_value());
  }
}

} // namespace trc_test
