#include "bus/can/virtual/arbiter.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "bus/can/can_support.hpp"
#include "messages/can/frame_bits.hpp"

namespace arbiter_test {

using namespace voltaic::bus::can;
using can_support::make_frame;

namespace {

struct delivered {
  int client;
  frame item;
};

std::vector<delivered> play(arbiter& wire, std::int64_t now_us) {
  std::vector<delivered> result;
  wire.advance(now_us, [&](int client, const frame& item) { result.push_back({client, item}); });
  return result;
}

} // namespace

TEST_CASE("arbitration follows the bits of the arbitration field") {
  const auto key = [](std::uint32_t id, bool extended, bool remote) {
    frame item = make_frame(id, 0, extended);
    item.remote = remote;
    return arbitration_key(item);
  };
  CHECK(key(0x100, false, false) < key(0x101, false, false));
  CHECK(key(0x100, false, false) < key(0x100, false, true));
  // The same eleven bits first: the standard frame wins, even as a remote one.
  CHECK(key(0x100, false, false) < key(0x100u << 18, true, false));
  CHECK(key(0x100, false, true) < key(0x100u << 18, true, false));
  CHECK(key(0x0FFu << 18, true, false) < key(0x100, false, false));
  CHECK(key(0x18FF50E5, true, false) < key(0x18FF50E5, true, true));
  CHECK(key(0x18FF50E5, true, true) < key(0x18FF50E6, true, false));
}

TEST_CASE("the lowest identifier over the heads of all queues always wins") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    arbiter wire({round % 2 == 0 ? 0u : 500'000u, 1'000'000'000, 256});
    std::vector<std::vector<frame>> queues(1 + random() % 5);
    for (std::size_t client = 0; client < queues.size(); ++client) {
      for (std::size_t i = random() % 20; i > 0; --i) {
        const bool extended = random() % 2 == 0;
        frame item =
            make_frame(static_cast<std::uint32_t>(random()) & (extended ? 0x1FFFFFFF : 0x7FF),
                       static_cast<std::uint8_t>(i), extended);
        item.time_us = 1;
        wire.push(static_cast<int>(client), item, 1);
        queues[client].push_back(item);
      }
    }
    for (const delivered& each : play(wire, 10'000'000)) {
      auto& own = queues[static_cast<std::size_t>(each.client)];
      REQUIRE(!own.empty());
      CHECK(own.front().id == each.item.id);
      CHECK(own.front().data == each.item.data);
      for (const auto& queue : queues) {
        if (!queue.empty()) CHECK(arbitration_key(each.item) <= arbitration_key(queue.front()));
      }
      own.erase(own.begin());
    }
    for (const auto& queue : queues) CHECK(queue.empty());
  }
}

TEST_CASE("a frame in flight is not interrupted and ends after its exact bits") {
  arbiter wire({500'000, 1'000'000, 256});
  frame slow = make_frame(0x700);
  slow.time_us = 1'000;
  wire.push(1, slow, 1'000);
  CHECK(play(wire, 1'010).empty());
  REQUIRE(wire.next_us().has_value());
  frame urgent = make_frame(0x001);
  urgent.time_us = 1'020;
  wire.push(2, urgent, 1'020);
  const std::int64_t first_us = 2 * voltaic::messages::can::exact_bits(slow);
  const std::int64_t second_us = 2 * voltaic::messages::can::exact_bits(urgent);
  CHECK(play(wire, 1'000 + first_us - 1).empty());
  const auto got = play(wire, 1'000 + first_us + second_us);
  REQUIRE(got.size() == 2);
  CHECK(got[0].item.id == 0x700);
  CHECK(got[0].item.time_us == 1'000 + first_us);
  CHECK(got[1].item.id == 0x001);
  CHECK(got[1].item.time_us == 1'000 + first_us + second_us);
  CHECK_FALSE(wire.next_us().has_value());
}

TEST_CASE("a frame that waited too long is dropped and counted") {
  arbiter wire({0, 250'000, 256});
  frame old = make_frame(0x10);
  old.time_us = 1'000'000;
  wire.push(1, old, 1'300'000);
  frame fresh = make_frame(0x11);
  fresh.time_us = 1'250'000;
  wire.push(1, fresh, 1'300'000);
  const auto got = play(wire, 1'300'000);
  REQUIRE(got.size() == 1);
  CHECK(got[0].item.id == 0x11);
  CHECK(wire.expired() == 1);
}

} // namespace arbiter_test
