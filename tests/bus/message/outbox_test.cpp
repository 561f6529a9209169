#include "bus/message/zmq/outbox.hpp"

#include <catch2/catch.hpp>

#include "support/message_bus.hpp"

namespace outbox_test {

using namespace voltaic;
using namespace voltaic::bus::message;
using namespace voltaic::test;

namespace {

messages::frame_ptr any_frame() {
  return words_frame("bms_0", 1, {1});
}

} // namespace

TEST_CASE("who takes from an outbox is woken once, by the first that comes while it sleeps") {
  outbox box;
  std::vector<outbox::published> frames;
  std::deque<outbox::sent> commands;
  CHECK_FALSE(box.put(plane::telemetry, any_frame()).wake); // it does not sleep yet
  CHECK(box.take(frames, commands, false));
  CHECK_FALSE(box.take(frames, commands, false));
  CHECK(box.put(plane::telemetry, any_frame()).wake);
  CHECK_FALSE(box.put(plane::events, any_frame()).wake);
}

TEST_CASE("who dozes is woken by what cannot wait, and by much of what can") {
  outbox box;
  std::vector<outbox::published> frames;
  std::deque<outbox::sent> commands;
  const auto urgent = GENERATE(0, 1, 2);
  CAPTURE(urgent);
  REQUIRE(box.doze());
  CHECK_FALSE(box.put(plane::telemetry, any_frame()).wake);
  CHECK_FALSE(box.put(plane::health, any_frame()).wake);
  CHECK(box.doze());
  bool woken = false;
  if (urgent == 0) woken = box.put(plane::events, any_frame()).wake;
  if (urgent == 1) woken = box.put_command(any_frame(), 0).wake;
  if (urgent == 2) {
    std::size_t put = 2;
    for (; !woken && put <= dozing_frames_max; ++put)
      woken = box.put(plane::telemetry, any_frame()).wake;
    CHECK(put == dozing_frames_max + 1);
  }
  CHECK(woken);
  CHECK_FALSE(box.doze()); // until that is taken
  CHECK(box.take(frames, commands, false));
  CHECK(box.doze());
}

} // namespace outbox_test
