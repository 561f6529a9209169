#include "actors/runtime/present.hpp"

#include <catch2/catch.hpp>

#include <map>

#include "support/test_node.hpp"

namespace present_test {

using namespace voltaic;
using namespace voltaic::actors::runtime;

TEST_CASE("F-050 what is heard late is as old as it is, and none is younger than its hearing") {
  std::map<std::string, std::int64_t> heard;
  group_spec group{strategy::one_for_one, {}};
  for (const bool on_recording : {true, false}) {
    group.children.push_back({on_recording ? "recorded" : "living", "scripted",
                              [&heard](context& with) {
                                with.listen("speaker", kind::telemetry);
                                return std::make_unique<tests::scripted_actor>(
                                    with, [&heard](context& me, const messages::message& message) {
                                      heard[me.name()] =
                                          true_at_us(me, message.header.time.monotonic_us);
                                    });
                              },
                              on_recording});
  }
  tests::test_node node({group});
  std::uint64_t sequence = 0;
  const auto hear = [&](std::int64_t said_us) {
    node.hear(bus::message::plane::telemetry,
              {"speaker", 1, ++sequence, {said_us, said_us}, messages::utc_quality::unknown},
              messages::telemetry{"speaker", 7, {}});
  };
  const auto now_us = node.clock.now().monotonic_us;
  hear(now_us - 5'000'000);
  CHECK(heard["living"] == now_us - 5'000'000);
  CHECK(heard["recorded"] == now_us);
  hear(now_us + 5'000'000);
  CHECK(heard["living"] == now_us);
  CHECK(heard["recorded"] == now_us);
}

} // namespace present_test
