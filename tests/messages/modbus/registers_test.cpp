#include "messages/modbus/registers.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "messages/support/vectors.hpp"

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
    CHECK(write_float(value, *order) == registers);
  }
}

TEST_CASE("the four word orders of one float are as the table has them") {
  const std::vector<std::uint16_t> expected[] = {
      {0x4049, 0x0FDB}, {0x0FDB, 0x4049}, {0x4940, 0xDB0F}, {0xDB0F, 0x4940}};
  const double pi = double{3.1415927f};
  for (std::size_t i = 0; i < std::size(orders); ++i) {
    CHECK(write_float(pi, orders[i]) == expected[i]);
    CHECK(read_number(expected[i], register_type::f32, orders[i]) == pi);
  }
}

TEST_CASE("integers of every type and word order come back from their registers") {
  std::mt19937_64 random(3);
  for (const auto type :
       {register_type::u16, register_type::i16, register_type::u32, register_type::i32}) {
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
      CHECK_FALSE(write_integer(minimum - 1, type, order).has_value());
      CHECK_FALSE(write_integer(maximum + 1, type, order).has_value());
    }
  }
}

TEST_CASE("a float that no register pair holds is not written") {
  for (const double value : {std::numeric_limits<double>::infinity(), 1e39, -1e39,
                             std::numeric_limits<double>::quiet_NaN()})
    CHECK_FALSE(write_float(value, word_order::abcd).has_value());
}
