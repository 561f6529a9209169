#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "support/command_line.hpp"

namespace decode_test {

using namespace voltaic;

namespace {

/// Decodes a log by the profile of the car.
class decoder {
 public:
  tests::command_outcome run(const std::string& log, const std::string& options,
                             const std::string& input = "{}") {
    std::ofstream(path()) << log;
    return tests::run_voltaic(
        place_,
        fmt::format("decode --profile {}/configs/profiles/kona_bus0.json --log {} {}",
                    VOLTAIC_SOURCE_FOLDER, fmt::format(fmt::runtime(input), path()), options));
  }
  [[nodiscard]] std::string path() const { return place_ / "drive.txt"; }

 private:
  tests::temporary_folder place_;
};

constexpr const char* pack_values =
    R"("id":"0x595","extended":false,"message":"pack_values","signals":{)"
    R"("precharge":{"value":0,"unit":"","raw":0},"current":{"value":0.0,"unit":"A","raw":0},)"
    R"("voltage":{"value":360.8,"unit":"V","raw":3608}}})";

} // namespace

TEST_CASE("one frame decodes to the same line from a log of every format") {
  decoder decode;
  const std::pair<const char*, const char*> logs[] = {
      {"(0000000012.500000) can1 595#0B00B8B80000180E\n", "12.500000 can1"},
      {" (012.500000)  can1  595   [8]  0B 00 B8 B8 00 00 18 0E\n", "12.500000 can1"},
      {"Time Stamp,ID,Extended,Bus,LEN,D1,D2,D3,D4,D5,D6,D7,D8\n"
       "12500000,00000595,false,1,8,0B,00,B8,B8,00,00,18,0E\n",
       "12.500000 bus1"},
      {"base hex  timestamps absolute\n 12.500000 1  595 Rx d 8 0B 00 B8 B8 00 00 18 0E\n",
       "12.500000 bus1"},
      {";$FILEVERSION=1.1\n 1) 12500.0 Rx 0595 8 0B 00 B8 B8 00 00 18 0E\n", "12.500000 bus0"},
      {";$COLUMNS=N,O,T,B,I,d,R,L,D\n 1 12500.0 DT 1 0595 Rx - 8 0B 00 B8 B8 00 00 18 0E\n",
       "12.500000 bus1"},
      {"Timestamp: 12.500000 ID: 0595 S Rx DL: 8 0b 00 b8 b8 00 00 18 0e Channel: can1\n",
       "12.500000 can1"}};
  for (const auto& [log, place] : logs) {
    INFO(log);
    std::istringstream words(place);
    std::string time, bus;
    words >> time >> bus;
    const auto expected = fmt::format(R"({{"t":{},"bus":"{}",{})", time, bus, pack_values) + "\n";
    const auto said = decode.run(log, "--json");
    CHECK(said.code == 0);
    CHECK(said.output == expected);
    CHECK(decode.run(log, "--json", "- < {}").output == expected);
  }
}

TEST_CASE("bad lines are told with file and line, counted, and answered by the exit code") {
  decoder decode;
  const auto said = decode.run(
      "(1.000000) can0 595#0B00B8B80000180E\n(1.100000) can0 59\n"
      "(1.200000) can0 595#0B00\n(1.300000) can0 111#00\n",
      "--json");
  CHECK(said.code == 1);
  CHECK(said.errors.find(decode.path() + ":2: ") != std::string::npos);
  CHECK(said.errors.find("bad lines: 1") != std::string::npos);
  CHECK(said.errors.find("refused: 1") != std::string::npos);
  CHECK(std::count(said.output.begin(), said.output.end(), '\n') == 2);
  CHECK(said.output.find(R"("error":"2 bytes, expected 8"})") != std::string::npos);
  const auto all = decode.run("(1.300000) can0 111#00\n", "--json --all");
  CHECK(all.code == 0);
  CHECK(all.output.find(R"("id":"0x111","extended":false,"message":null)") != std::string::npos);
  CHECK(decode.run("(1.300000) can0 111#00\n", "--json").code == 1);
}

TEST_CASE("an offset shifts the profile's identifiers, and people get columns") {
  decoder decode;
  const auto shifted = decode.run("(1.000000) can0 596#0B00B8B80000180E\n", "--id-offset 0x1");
  CHECK(shifted.code == 0);
  CHECK(shifted.output ==
        "         1.000000  can0    0x596       pack_values   precharge 0  current 0.0 A  "
        "voltage 360.8 V\n");
  CHECK(decode.run("", "--id-offset 99999999").code == 1);
  CHECK(decode.run("", "--id-offset x").code == 2);
  CHECK(decode.run("", "--json").code == 1);
}

} // namespace decode_test
