#include <catch2/catch.hpp>

#include <vector>

#include "messages/can/traffic_table.hpp"

namespace traffic_table_test {

using namespace voltaic::messages::can;

namespace {

frame data(std::uint32_t id, std::int64_t time_us, std::vector<std::uint8_t> bytes,
           bool extended = false) {
  frame result;
  result.id = id;
  result.extended = extended;
  result.time_us = time_us;
  result.length = static_cast<std::uint8_t>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), result.data.begin());
  return result;
}

const traffic_row& row_of(const traffic_table& table, std::uint32_t id, bool extended = false) {
  return table.rows().at({extended, id, false});
}

} // namespace

TEST_CASE("frames are counted by identifier, and their period and jitter measured") {
  traffic_table table;
  CHECK(table.take(data(0x100, 1'000, {1})));
  CHECK(row_of(table, 0x100).period_us() == 0);
  CHECK_FALSE(table.take(data(0x100, 101'000, {1})));
  CHECK_FALSE(table.take(data(0x100, 211'000, {1})));
  CHECK_FALSE(table.take(data(0x100, 301'000, {1})));
  const auto& row = row_of(table, 0x100);
  CHECK(row.count == 4);
  CHECK(row.period_us() == 100'000);
  CHECK(row.jitter_us() == 20'000);
  CHECK(table.frames() == 4);
}

TEST_CASE("changed bits are those of the last frame, and those of before stay known") {
  traffic_table table;
  table.take(data(0x100, 0, {0x00, 0xFF, 0x10}));
  CHECK(row_of(table, 0x100).changed[0] == 0);
  table.take(data(0x100, 1, {0x81, 0xFF, 0x10}));
  CHECK(row_of(table, 0x100).changed[0] == 0x81);
  CHECK(row_of(table, 0x100).changed[1] == 0);
  table.take(data(0x100, 2, {0x81, 0xFE, 0x10, 0x00}));
  CHECK(row_of(table, 0x100).changed[0] == 0);
  CHECK(row_of(table, 0x100).changed[1] == 0x01);
  CHECK(row_of(table, 0x100).changed[3] == 0xFF); // a byte more, whatever it says
  CHECK(row_of(table, 0x100).ever_changed[0] == 0x81);
}

TEST_CASE("identifiers of 11 and 29 bits, and remote frames, are rows of their own, in order") {
  traffic_table table;
  table.take(data(0x1, 0, {}, true));
  auto asked = data(0x7FF, 0, {});
  asked.remote = true;
  table.take(asked);
  table.take(data(0x7FF, 0, {}));
  table.take(data(0x1, 0, {}));
  std::vector<traffic_key> keys;
  for (const auto& [key, row] : table.rows()) keys.push_back(key);
  CHECK(keys ==
        std::vector<traffic_key>{
            {false, 0x1, false}, {false, 0x7FF, false}, {false, 0x7FF, true}, {true, 0x1, false}});
}

TEST_CASE("more identifiers than there is room for are counted and left out") {
  traffic_table table(2);
  for (std::uint32_t id = 1; id <= 4; ++id) table.take(data(id, 0, {}));
  table.take(data(1, 5, {}));
  CHECK(table.rows().size() == 2);
  CHECK(table.left_out() == 2);
  CHECK(table.frames() == 5);
  CHECK(row_of(table, 1).count == 2);
}

TEST_CASE("error frames are counted apart, and a recording that begins again makes no gap") {
  traffic_table table;
  frame error;
  error.error = true;
  CHECK_FALSE(table.take(error));
  CHECK(table.errors() == 1);
  CHECK(table.frames() == 0);
  table.take(data(0x100, 500, {}));
  table.take(data(0x100, 600, {}));
  table.take(data(0x100, 0, {}));
  table.take(data(0x100, 120, {}));
  CHECK(row_of(table, 0x100).period_us() == 110);
  CHECK(row_of(table, 0x100).jitter_us() == 20);
}

} // namespace traffic_table_test
