#include "nodes/simulate/event_writer.hpp"

#include <catch2/catch.hpp>

namespace event_writer_test {

using namespace voltaic;
using nodes::simulate::event_writer;

namespace {

messages::event contactor(std::uint64_t sequence, std::string rack = "rack_0") {
  return {.sequence = sequence,
          .kind = "contactor",
          .subject = std::move(rack),
          .state = "open",
          .reason = "ordered"};
}

} // namespace

TEST_CASE("events come out by time, sequence and subject, whatever order they came in") {
  event_writer writer(1'000'000, true);
  writer.add(contactor(2), 9'000'000);
  writer.add(contactor(1, "rack_1"), 9'000'500);
  writer.add(contactor(1), 9'000'000);
  writer.add(contactor(9), 2'000'000);
  const auto lines = writer.take_rest();
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == R"({"t_ms":1000,"kind":"contactor","rack":"rack_0","state":"open",)"
                    R"("reason":"ordered","sequence":9})");
  CHECK(lines[1].find(R"("t_ms":8000,"kind":"contactor","rack":"rack_0")") == 1);
  CHECK(lines[2].find(R"("rack":"rack_1")") != std::string::npos);
  CHECK(lines[3].find(R"("sequence":2)") != std::string::npos);
}

TEST_CASE("what lies before t=0 is left out, what is not due waits") {
  event_writer writer(1'000'000, true);
  writer.add(contactor(1), 999'999);
  writer.add(contactor(2), 1'000'000);
  writer.add(contactor(3), 3'000'000);
  CHECK(writer.take(3'000'000).size() == 1);
  CHECK(writer.take(3'000'000).empty());
  CHECK(writer.take_rest().size() == 1);
}

TEST_CASE("people get a sentence") {
  event_writer writer(0, false);
  writer.add({.sequence = 1,
              .kind = "protection",
              .subject = "rack_0",
              .candidate = "cell_overvoltage",
              .scope = "module_1:cell_3",
              .level = "warning",
              .edge = "set",
              .value = 3.56,
              .has_value = true,
              .unit = "V",
              .threshold = 3.55,
              .actions = {"derate_charge"}},
             8'250'000);
  CHECK(writer.take_rest().front() ==
        "     8.250 s  rack_0     protection cell_overvoltage module_1:cell_3 warning set 3.56 V "
        "limit 3.55 derate_charge");
}

} // namespace event_writer_test
