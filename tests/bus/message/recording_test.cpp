#include <catch2/catch.hpp>

#include <fstream>

#include "bus/message/record/check.hpp"
#include "bus/message/record/recording.hpp"
#include "support/message_bus.hpp"

namespace recording_test {

using namespace voltaic;
using namespace voltaic::bus::message;
using namespace voltaic::test;

namespace {

void record(const std::string& path, std::uint64_t from, std::uint64_t to) {
  std::int64_t now_us = 0;
  auto made = recorder::open(path, [&] { return now_us; });
  REQUIRE(made.has_value());
  for (std::uint64_t n = from; n <= to; ++n) {
    now_us = static_cast<std::int64_t>(n) * 1000;
    (*made)->on_frame(n % 2 == 0 ? plane::events : plane::telemetry, words_frame("bms_0", n, {1}));
  }
}

std::vector<recorded> read_all(const std::string& path, bool& torn) {
  auto source = recording::open(path);
  REQUIRE(source.has_value());
  std::vector<recorded> out;
  recorded one;
  while (source->next(one)) out.push_back(one);
  torn = source->torn();
  return out;
}

} // namespace

TEST_CASE("a recording gives back every frame with its plane and time") {
  folder place;
  record(place / "tap", 1, 10);
  bool torn = true;
  const auto all = read_all(place / "tap", torn);
  REQUIRE(all.size() == 10);
  CHECK_FALSE(torn);
  for (std::uint64_t n = 1; n <= 10; ++n) {
    const auto& one = all[n - 1];
    CHECK(one.time_us == static_cast<std::int64_t>(n) * 1000);
    CHECK(one.from == (n % 2 == 0 ? plane::events : plane::telemetry));
    CHECK(messages::decode(*one.frame)->header.sequence == n);
  }
}

TEST_CASE("a recording cut at any byte gives the whole records before, and goes on after them") {
  folder place;
  record(place / "tap", 1, 3);
  std::ifstream in(place / "tap", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const std::size_t record_bytes = (bytes.size() - 8) / 3;
  for (std::size_t length = 8; length < bytes.size(); ++length) {
    const std::string path = place / "cut";
    std::ofstream(path, std::ios::binary) << bytes.substr(0, length);
    const std::size_t whole = (length - 8) / record_bytes;
    bool torn = false;
    REQUIRE(read_all(path, torn).size() == whole);
    REQUIRE(torn == ((length - 8) % record_bytes != 0));
    if (length % 16 != 0) continue;
    record(path, 100, 101);
    const auto all = read_all(path, torn);
    REQUIRE(all.size() == whole + 2);
    REQUIRE_FALSE(torn);
  }
}

TEST_CASE("a flipped bit ends the recording before its record") {
  folder place;
  record(place / "tap", 1, 2);
  std::ifstream in(place / "tap", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const std::size_t second = 8 + (bytes.size() - 8) / 2;
  for (std::size_t at = second; at < bytes.size(); ++at) {
    std::string bad = bytes;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    std::ofstream(place / "bad", std::ios::binary) << bad;
    bool torn = false;
    REQUIRE(read_all(place / "bad", torn).size() == 1);
    REQUIRE(torn);
  }
}

TEST_CASE("a file that is no recording is refused by name") {
  folder place;
  std::ofstream(place / "text") << "hello, world";
  CHECK_FALSE(recording::open(place / "text").has_value());
  CHECK(recording::open(place / "none").error().text.find(place / "none") != std::string::npos);
}

TEST_CASE("a recording is played to a listener up to a time") {
  folder place;
  record(place / "tap", 1, 10);
  collector ears;
  auto source = recording::open(place / "tap");
  REQUIRE(source.has_value());
  replay_endpoint player(std::move(*source), {"player", "", {plane::telemetry}}, ears);
  CHECK(player.play_until(4500));
  CHECK(ears.count() == 2);
  CHECK_FALSE(player.play_until(1'000'000));
  CHECK(ears.count() == 5);
}

TEST_CASE("a recording that began midway lacks only what is missing in between") {
  folder place;
  {
    auto made = recorder::open(place / "tap", [] { return 0; });
    REQUIRE(made.has_value());
    // The full state repeats an old number, and is not counted.
    (*made)->on_frame(plane::snapshot, words_frame("bms_0", 7, {1}));
    for (const auto n : {40U, 41U, 44U})
      (*made)->on_frame(plane::telemetry, words_frame("bms_0", n, {1}));
  }
  const auto midway = check_recording(place / "tap", recording_start::midway);
  REQUIRE(midway.has_value());
  CHECK(midway->frames == 4);
  CHECK(midway->missing == std::vector<std::string>{"2 messages of bms_0"});
  const auto whole = check_recording(place / "tap");
  REQUIRE(whole.has_value());
  CHECK(whole->missing == std::vector<std::string>{"41 messages of bms_0"});
}

} // namespace recording_test
