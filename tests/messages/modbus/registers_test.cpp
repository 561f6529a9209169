#include "messages/modbus/registers.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "messages/support/vectors.hpp"

namespace registers_test {

using namespace voltaic::messages::modbus;
using namespace voltaic::tests;

namespace {
constexpr word_order orders[] = {word_order::abcd, word_order::cdab, word_order::badc,
                                 word_order::dcba};
}

TEST_CASE("word orders of the shared vectors give the stated values") {
  for (const auto& vector : vectors_of("modbus.word_order")) {
    INFO(vector.dump());
    const auto& input = vector.at("input");
    REQUIRE(input.at("type") == "float32");
    const auto order = word_order_from_name(input.at("order").get<std::string>());
    REQUIRE(order.has_value());
    std::vector<std::uint16_t> registers;
    for (const auto& text : input.at("registers"))
      registers.push_back(
          static_cast<std::uint16_t>(std::stoul(text.get<std::string>(), nullptr, 16)));
    const double value = vector.at("expected").at("value").get<double>();
    CHECK(read_number(registers, register_type::f32, *order) == value);
    CHECK(write_float(value, register_type::f32, *order) == registers);
  }
}

TEST_CASE("the four word orders of one float are as the table has them") {
  const std::vector<std::uint16_t> expected[] = {
      {0x4049, 0x0FDB}, {0x0FDB, 0x4049}, {0x4940, 0xDB0F}, {0xDB0F, 0x4940}};
  const double pi = double{3.1415927f};
  for (std::size_t i = 0; i < std::size(orders); ++i) {
    CHECK(write_float(pi, register_type::f32, orders[i]) == expected[i]);
    CHECK(read_number(expected[i], register_type::f32, orders[i]) == pi);
  }
}

TEST_CASE("integers of every type and word order come back from their registers") {
  std::mt19937_64 random(3);
  for (const auto type : {register_type::u16, register_type::i16, register_type::u32,
                          register_type::i32, register_type::u64, register_type::i64}) {
    const auto [minimum, maximum] = integer_range(type);
    std::uniform_int_distribution<std::int64_t> any(minimum, maximum);
    for (const auto order : orders) {
      for (int round = 0; round < 200; ++round) {
        const auto value = round == 0 ? minimum : round == 1 ? maximum : any(random);
        const auto registers = write_integer(value, type, order);
        REQUIRE(registers.has_value());
        REQUIRE(registers->size() == register_count(type));
        CHECK(read_integer(*registers, type, order) == value);
      }
      if (minimum > std::numeric_limits<std::int64_t>::min())
        CHECK_FALSE(write_integer(minimum - 1, type, order).has_value());
      if (maximum < std::numeric_limits<std::int64_t>::max())
        CHECK_FALSE(write_integer(maximum + 1, type, order).has_value());
    }
  }
}

TEST_CASE("a float that no register pair holds is not written") {
  for (const double value : {std::numeric_limits<double>::infinity(), 1e39, -1e39,
                             std::numeric_limits<double>::quiet_NaN()})
    CHECK_FALSE(write_float(value, register_type::f32, word_order::abcd).has_value());
}

TEST_CASE("the four byte orders of eight bytes are as the two of four go on") {
  constexpr std::int64_t value = 0x0123456789ABCDEF;
  const std::vector<std::uint16_t> expected[] = {{0x0123, 0x4567, 0x89AB, 0xCDEF},
                                                 {0xCDEF, 0x89AB, 0x4567, 0x0123},
                                                 {0x2301, 0x6745, 0xAB89, 0xEFCD},
                                                 {0xEFCD, 0xAB89, 0x6745, 0x2301}};
  const double pi = 3.141592653589793; // 0x400921FB54442D18
  for (std::size_t i = 0; i < std::size(orders); ++i) {
    CHECK(write_integer(value, register_type::u64, orders[i]) == expected[i]);
    CHECK(read_integer(expected[i], register_type::u64, orders[i]) == value);
    CHECK(read_integer(expected[i], register_type::i64, orders[i]) == value);
    const auto registers = write_float(pi, register_type::f64, orders[i]);
    REQUIRE(registers.has_value());
    CHECK(read_number(*registers, register_type::f64, orders[i]) == pi);
  }
  CHECK(write_float(pi, register_type::f64, word_order::abcd) ==
        std::vector<std::uint16_t>{0x4009, 0x21FB, 0x5444, 0x2D18});
}

TEST_CASE("F-091 a u64 beyond what a counter reaches is no number") {
  const std::vector<std::uint16_t> absent(4, 0xFFFF);
  CHECK_FALSE(read_integer(absent, register_type::u64, word_order::abcd).has_value());
  CHECK(std::isnan(read_number(absent, register_type::u64, word_order::abcd)));
  CHECK(read_integer(absent, register_type::i64, word_order::abcd) == -1);
}

TEST_CASE("texts end at their first zero, lose blanks, and are ASCII or nothing") {
  const std::vector<std::uint16_t> registers{0x4142, 0x4320, 0x2000, 0x5858};
  CHECK(read_text(registers, word_order::abcd) == "ABC");
  CHECK(read_text(std::vector<std::uint16_t>{0x4241, 0x0043}, word_order::badc) == "ABC");
  CHECK_FALSE(read_text(std::vector<std::uint16_t>{0, 0x4142}, word_order::abcd).has_value());
  CHECK_FALSE(read_text(std::vector<std::uint16_t>{0x41FF}, word_order::abcd).has_value());
  CHECK(write_text("ABC", 3, word_order::abcd) == std::vector<std::uint16_t>{0x4142, 0x4300, 0});
  CHECK(write_text("ABC", 2, word_order::badc) == std::vector<std::uint16_t>{0x4241, 0x0043});
  CHECK_FALSE(write_text("ABCDE", 2, word_order::abcd).has_value());
}

} // namespace registers_test
