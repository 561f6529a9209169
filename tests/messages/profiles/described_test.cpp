#include "messages/profiles/described.hpp"

#include <catch2/catch.hpp>

#include <limits>

namespace described_test {

using namespace voltaic::messages;
namespace profiles = voltaic::messages::profiles;

TEST_CASE("a value is stale after 1.5 of its period, and never before 300 ms") {
  CHECK(profiles::stale_after_us(100'000) == 300'000);
  CHECK(profiles::stale_after_us(200'000) == 300'000);
  CHECK(profiles::stale_after_us(1'000'000) == 1'500'000);
}

TEST_CASE("values travel as their point's type, and what is no number as zero") {
  const std::vector<std::int64_t> raw = {-2, 65'535};
  const std::vector<double> real = {1.5, std::numeric_limits<double>::quiet_NaN()};
  profiles::point shape;
  shape.type = profiles::raw_type::f64;
  CHECK(std::get<block::reals>(profiles::values_of(shape, raw, real)) == block::reals{1.5, 0});
  shape.type = profiles::raw_type::i16;
  CHECK(std::get<block::words>(profiles::values_of(shape, raw, real)) ==
        block::words{0xFFFE, 0xFFFF});
  shape.type = profiles::raw_type::i32;
  CHECK(std::get<block::integers>(profiles::values_of(shape, raw, real)) ==
        block::integers{-2, 65'535});
}

TEST_CASE("a described point carries its subject's name and its device's channel") {
  profiles::device_profile profile;
  profiles::point soc;
  soc.name = "soc";
  soc.channel = "Soc";
  profile.points = {soc};
  const auto read_only = profiles::describe(profile, soc, "rack_0", "bms_0");
  CHECK(read_only.name == "rack_0/soc");
  CHECK(read_only.channel == "bms_0/Soc");
  CHECK(!read_only.writable);
  auto& command = profile.commands.emplace_back();
  command.purpose = profiles::command_purpose::set;
  command.point = "soc";
  CHECK(profiles::describe(profile, soc, "rack_0", "bms_0").writable);
}

} // namespace described_test
