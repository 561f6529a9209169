#include "nodes/simulate/trace.hpp"

#include <catch2/catch.hpp>

namespace trace_test {

using namespace voltaic::nodes::simulate;
using voltaic::messages::findings;

namespace {

trace rows(const std::string& text) {
  auto read = parse_trace("t_ms,point,index,value\n" + text, "a.csv");
  if (const auto* wrong = std::get_if<findings>(&read)) FAIL(wrong->front().text);
  return std::get<trace>(std::move(read));
}

findings mistakes(const std::string& text) {
  auto read = parse_trace(text, "a.csv");
  REQUIRE(std::holds_alternative<findings>(read));
  return std::get<findings>(std::move(read));
}

} // namespace

TEST_CASE("a trace's rows say when what happens to which element") {
  const auto read = rows(
      "1000,rack_0/cell_voltage,19,3.56\n"
      "2000,bms_0/Current,,-12.5\n"
      "3000,rack_0/cell_voltage,,invalid\n"
      "3000,rack_0/cell_voltage,module_1:cell_3,freeze\n"
      "3000,rack_0/module_1:cell_3,,silent\n"
      "3000,rack_0/cell_voltage[5],,release\n"
      "4000,command,,close rack_0\n"
      "5000,command,,acknowledge rack_0.b1.17\n");
  REQUIRE(read.size() == 8);
  CHECK(read[0] == trace_row{.t_ms = 1000,
                             .line = 2,
                             .effect = effect::value,
                             .point = "rack_0/cell_voltage",
                             .index = 19u,
                             .value = 3.56});
  CHECK(read[1].value == -12.5);
  CHECK_FALSE(read[1].index);
  CHECK(read[2].effect == effect::invalid);
  CHECK(read[3].effect == effect::freeze);
  CHECK(read[3].scope == "module_1:cell_3");
  CHECK(read[4].effect == effect::silent);
  CHECK(read[4].point == "rack_0");
  CHECK(read[4].scope == "module_1:cell_3");
  CHECK(read[5].effect == effect::release);
  CHECK(read[5].index == 5u);
  CHECK(read[6].effect == effect::command);
  CHECK(read[6].operation == "close");
  CHECK(read[6].subject == "rack_0");
  CHECK(read[7].operation == "acknowledge");
}

TEST_CASE("rows come in order of time, those of one time as they stand") {
  const auto read = rows("2000,a/x,,1\n1000,a/x,,2\n2000,a/x,,3\n");
  CHECK(read[0].value == 2);
  CHECK(read[1].value == 1);
  CHECK(read[2].value == 3);
}

TEST_CASE("a byte order mark before the header is passed over") {
  const auto read = parse_trace("\xEF\xBB\xBFt_ms,point,index,value\n5,a/x,0,1\n", "a.csv");
  REQUIRE(std::holds_alternative<trace>(read));
  CHECK(std::get<trace>(read).size() == 1);
}

TEST_CASE("blank lines, comments, spaces and carriage returns are passed over") {
  auto read =
      parse_trace("# a trace\r\n\r\nt_ms, point ,index,value\r\n\n 5 , a/x , 0 , 1 \r\n", "a.csv");
  REQUIRE(std::holds_alternative<trace>(read));
  const auto found = std::get<trace>(read);
  REQUIRE(found.size() == 1);
  CHECK(found[0].line == 5);
  CHECK(found[0].t_ms == 5);
}

TEST_CASE("a header row is required") {
  CHECK(mistakes("")[0].line == 1);
  CHECK(mistakes("1000,rack_0/soc,,50\n")[0].text == "expected the header t_ms,point,index,value");
  CHECK(mistakes("t_ms,point,index,values\n1,a,,1\n") ==
        findings{{"a.csv", 1, 18, "expected the header t_ms,point,index,value"}});
}

TEST_CASE("every mistake of a trace is named with file, line and column") {
  const auto found = mistakes(
      "t_ms,point,index,value\n"
      "x,a/x,,1\n"
      "1,a/x,-1,1\n"
      "1,a/x,,nothing\n"
      "1,a/x,,nan\n"
      "1,a/x[1],2,1\n"
      "1,a/x,1\n"
      "1,a/x,,1,2\n"
      "-1,a/x,,1\n"
      "1.5,a/x,,1\n"
      "1,command,,fly rack_0\n"
      "1,command,,close\n"
      "1,command,3,close rack_0\n"
      "1,,,1\n"
      "1,a/x,,\n");
  std::vector<std::pair<std::uint32_t, std::uint32_t>> places;
  for (const auto& one : found) {
    CHECK(one.file == "a.csv");
    places.emplace_back(one.line, one.column);
  }
  CHECK(places == std::vector<std::pair<std::uint32_t, std::uint32_t>>{{2, 1},
                                                                       {3, 7},
                                                                       {4, 8},
                                                                       {5, 8},
                                                                       {6, 10},
                                                                       {7, 1},
                                                                       {8, 1},
                                                                       {9, 1},
                                                                       {10, 1},
                                                                       {11, 12},
                                                                       {12, 12},
                                                                       {13, 11},
                                                                       {14, 3},
                                                                       {15, 8}});
}

TEST_CASE("an empty trace with a header is a trace") {
  CHECK(rows("").empty());
}

TEST_CASE("a code or delay that no device gives is a mistake with its column") {
  for (const auto* value : {"exception", "exception 0", "exception 0C", "exception x", "late",
                            "late 0", "late -5", "late 3600001", "late 1s"}) {
    INFO(value);
    const auto found =
        mistakes(std::string("t_ms,point,index,value\n1,inverter_0,,") + value + "\n");
    REQUIRE(found.size() == 1);
    CHECK(found[0].line == 2);
    CHECK(found[0].column == 15);
  }
  CHECK(rows("1,inverter_0,,exception 0B\n")[0].value == 11);
  CHECK(rows("1,inverter_0,,late 250\n")[0].effect == effect::late);
}

} // namespace trace_test
