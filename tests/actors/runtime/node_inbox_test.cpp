#include "actors/runtime/node_inbox.hpp"

#include <catch2/catch.hpp>

namespace node_inbox_test {

using namespace voltaic;
using namespace voltaic::actors::runtime;
using bus::message::plane;

namespace {

messages::frame_ptr frame_of(const messages::payload& payload) {
  messages::header header;
  header.source = "bms_0";
  return messages::encode(header, payload);
}

messages::frame_ptr small_frame() {
  return frame_of(messages::command{});
}

messages::frame_ptr large_frame() {
  messages::telemetry said{"bms_0", 7, {}};
  said.blocks.push_back({.values = messages::block::words(50'000)});
  return frame_of(said);
}

// How many more of a plane go in.
std::size_t room_for(node_inbox& inbox, plane from, const messages::frame_ptr& frame) {
  const auto dropped = inbox.dropped();
  std::size_t taken = 0;
  for (inbox.on_frame(from, frame); inbox.dropped() == dropped; inbox.on_frame(from, frame)) {
    ++taken;
  }
  return taken;
}

} // namespace

TEST_CASE("what is said again and again leaves a part of the inbox to commands and events") {
  const auto repeated = GENERATE(plane::telemetry, plane::snapshot, plane::health);
  const auto frame = small_frame();
  node_inbox inbox;
  CHECK(room_for(inbox, repeated, frame) == inbox_repeated_frames_max);
  CHECK(room_for(inbox, plane::commands, frame) == inbox_frames_max - inbox_repeated_frames_max);
  CHECK(room_for(inbox, plane::events, frame) == 0);
  CHECK(inbox.dropped() == 3);
  CHECK(inbox.take().size() == inbox_frames_max);
  CHECK(room_for(inbox, plane::events, frame) == inbox_frames_max);
}

TEST_CASE("an inbox holds a bounded number of bytes") {
  const auto frame = large_frame();
  const auto bytes = frame->bytes().size();
  node_inbox inbox;
  const auto repeated = room_for(inbox, plane::telemetry, frame);
  CHECK(repeated == inbox_repeated_bytes_max / bytes);
  CHECK(repeated + room_for(inbox, plane::commands, frame) == inbox_bytes_max / bytes);
  CHECK(inbox.take().size() == inbox_bytes_max / bytes);
  CHECK(room_for(inbox, plane::events, frame) == inbox_bytes_max / bytes);
}

} // namespace node_inbox_test
