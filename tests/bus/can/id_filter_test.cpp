#include "bus/can/id_filter.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "bus/can/can_support.hpp"
#include "bus/can/virtual/packet.hpp"

namespace id_filter_test {

using namespace voltaic::bus::can;
using namespace can_support;

TEST_CASE(
    "a filter wants what lies in its ranges, both ends included, and keeps the widths apart") {
  const id_filter filter({{0x088, 0x13B}, {0x084, 0x086}, {0x18FF50E5, 0x18FF50E5, true}});
  for (const std::uint32_t id : {0x084u, 0x085u, 0x086u, 0x088u, 0x100u, 0x13Bu})
    CHECK(filter.wants(make_frame(id)));
  for (const std::uint32_t id : {0x000u, 0x083u, 0x087u, 0x13Cu, 0x7FFu})
    CHECK_FALSE(filter.wants(make_frame(id)));
  CHECK(filter.wants(make_frame(0x18FF50E5, 0, true)));
  CHECK_FALSE(filter.wants(make_frame(0x18FF50E6, 0, true)));
  CHECK_FALSE(filter.wants(make_frame(0x085, 0, true)));
  CHECK_FALSE(id_filter().wants(make_frame(0)));
}

TEST_CASE("ranges that touch or overlap become one, and empty ones nothing") {
  const id_filter filter({{5, 6}, {1, 2}, {3, 3}, {6, 9}, {7, 8}, {20, 10}, {4, 4, true}});
  CHECK(filter.ranges() == std::vector<id_range>{{1, 3}, {5, 9}, {4, 4, true}});
  const id_filter highest({{0xFFFFFFFF, 0xFFFFFFFF}, {0, 0xFFFFFFFF}});
  CHECK(highest.ranges() == std::vector<id_range>{{0, 0xFFFFFFFF}});
}

TEST_CASE("a filter wants exactly the identifiers that one of its ranges names") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<id_range> ranges;
    for (std::uint32_t i = 0; i < random() % 8; ++i) {
      const auto first = static_cast<std::uint32_t>(random() % 40);
      ranges.push_back(
          {first, first + static_cast<std::uint32_t>(random() % 6), random() % 2 == 1});
    }
    const id_filter filter(ranges);
    for (const bool extended : {false, true}) {
      for (std::uint32_t id = 0; id < 48; ++id) {
        const bool named = std::ranges::any_of(ranges, [&](const id_range& each) {
          return each.extended == extended && each.first <= id && id <= each.last;
        });
        REQUIRE(filter.wants(make_frame(id, 0, extended)) == named);
      }
    }
  }
}

TEST_CASE("a filter's packet reads back, and no prefix or packet of frames is one") {
  const std::vector<id_range> ranges{{0x084, 0x086}, {0x18FF50E5, 0x18FF50EF, true}};
  const auto bytes = filter_packet(ranges);
  REQUIRE(read_filter(bytes));
  CHECK(read_filter(bytes)->ranges == ranges);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(read_filter(std::span(bytes).first(size)));
  CHECK(read_filter(bytes)->what == said_of_ids::listens_to);
  CHECK(read_filter(filter_packet(ranges, said_of_ids::knows))->what == said_of_ids::knows);
  packet frames;
  REQUIRE(frames.add(make_frame(0x084)));
  CHECK_FALSE(read_filter(frames.finish(500'000, {})));
  packet_header header;
  std::vector<frame> got;
  CHECK_FALSE(read_packet(bytes, header, got));
  CHECK(got.empty());
}

} // namespace id_filter_test
