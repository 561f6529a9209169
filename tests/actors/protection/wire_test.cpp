#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "actors/protection/full_rack.hpp"
#include "actors/protection/wire_model.hpp"

// A broken sense wire: two neighbours that mirror each other.
namespace voltaic::actors::protection::wire_test {

using testing::full_rack;
using lines = std::vector<std::string>;

namespace {

constexpr double rest_v = 3.3;

/// 32 cells at rest, but for some.
element_values cells(const std::vector<std::pair<std::size_t, double>>& others) {
  element_values made(32);
  std::fill_n(made.value.begin(), 32, *millionths(rest_v));
  std::fill_n(made.valid.begin(), 32, -1);
  for (const auto& [at, volt] : others) made.value[at] = *millionths(volt);
  made.summarise();
  return made;
}

std::uint32_t count(const std::vector<std::pair<std::size_t, double>>& others) {
  return cells_beside_open_wires(cells(others), 16).cells;
}

} // namespace

TEST_CASE(
    "F-143 two neighbours that mirror each other by 200 mV or more are beside a broken wire") {
  CHECK(count({}) == 0);
  CHECK(count({{3, 3.5}, {4, 3.1}}) == 2);
  CHECK(count({{3, 3.1}, {4, 3.5}}) == 2);
  CHECK(cells_beside_open_wires(cells({{3, 3.5}, {4, 3.1}}), 16).first == 3);
  CHECK(count({{3, 3.499'9}, {4, 3.100'1}}) == 0); // not far enough
  CHECK(count({{3, 3.5}, {4, 3.5}}) == 0);         // both to one side
  CHECK(count({{3, 3.9}, {4, 3.5}, {20, 3.4}}) == 0);
  CHECK(count({{3, 3.51}, {4, 3.105}}) == 0); // one of them not far enough
  CHECK(count({{3, 3.09}, {4, 3.495}}) == 0);
  CHECK(count({{3, 3.5}, {5, 3.1}}) == 0); // no neighbours
  CHECK(count({{3, 3.5}, {9, 3.1}, {20, 3.7}, {21, 2.9}}) == 2);
  // Two wires: four cells. A cell counts once.
  CHECK(count({{3, 3.5}, {4, 3.1}, {30, 3.9}, {31, 2.7}}) == 4);
  CHECK(count({{3, 3.52}, {4, 3.08}, {5, 3.52}}) == 2);
}

TEST_CASE("F-143 what lies between the two may differ by a tenth, and no more") {
  // The mean of the others moves by what is left over: 1/32 of it.
  const auto pair_with = [](double rest) {
    return count({{3, rest_v + 0.5 + rest / 2 / (1 - 2.0 / 32)},
                  {4, rest_v - 0.5 + rest / 2 / (1 - 2.0 / 32)}});
  };
  CHECK(pair_with(0.099) == 2);
  CHECK(pair_with(-0.099) == 2);
  CHECK(pair_with(0.101) == 0);
  CHECK(pair_with(-0.101) == 0);
  // Another cell keeps the mean: a tenth just so, and a millionth more.
  CHECK(count({{3, 3.85}, {4, 2.85}, {20, 3.2}}) == 2);
  CHECK(count({{3, 3.850'001}, {4, 2.850'001}, {20, 3.199'998}}) == 0);
}

TEST_CASE("F-143 modules have no wire in common, and a cell that is unusable mirrors nothing") {
  CHECK(count({{15, 3.6}, {16, 3.0}}) == 0);
  CHECK(cells_beside_open_wires(cells({{15, 3.6}, {16, 3.0}}), 0).cells == 2);
  CHECK(count({{14, 3.6}, {15, 3.0}}) == 2);
  for (const std::size_t gone : {3U, 4U}) {
    auto broken = cells({{3, 3.6}, {4, 3.0}});
    broken.valid[gone] = 0;
    broken.summarise();
    CHECK(cells_beside_open_wires(broken, 16).cells == 0);
  }
  element_values none(32);
  none.summarise();
  CHECK(cells_beside_open_wires(none, 16).cells == 0);
}

TEST_CASE("F-143 a broken sense wire warns, then stops the current within 2 s, and clears") {
  full_rack rack;
  rack.settle();
  rack.set(measured::cell_voltage, 3.52, 19);
  rack.set(measured::cell_voltage, 3.08, 20);
  rack.run(2'000);
  lines of_wire;
  for (const auto& line : rack.log)
    if (line.find("open_wire") != line.npos) of_wire.push_back(line.substr(line.find(' ') + 1));
  CHECK(of_wire ==
        lines{"set open_wire/warning module_1:cell_3", "set open_wire/alarm module_1:cell_3"});
  CHECK(rack.model.last().limits.charge_a == 0);
  CHECK(rack.model.last().limits.discharge_a == 0);
  CHECK(rack.model.last().verdict.granted);
  rack.mark();
  rack.set(measured::cell_voltage, rest_v);
  rack.run(12'000);
  CHECK(std::ranges::count_if(rack.log, [](const std::string& line) {
          return line.find("clear open_wire/") != line.npos && line.ends_with(" module_1:cell_3");
        }) == 2);
}

TEST_CASE("F-143 F-144 a cell beside a broken wire stays judged by what it shows") {
  full_rack rack;
  rack.settle();
  rack.set(measured::cell_voltage, 3.8, 19);
  rack.set(measured::cell_voltage, 2.8, 20);
  rack.run(3'000);
  CHECK(std::ranges::any_of(rack.log, [](const std::string& line) {
    return line.find("set cell_overvoltage/hard module_1:cell_3") != line.npos;
  }));
}

} // namespace voltaic::actors::protection::wire_test
