#include "messages/points/watched_points.hpp"

#include <catch2/catch.hpp>

#include "messages/points/catalogue.hpp"

namespace watched_points_test {

using namespace voltaic;
using messages::quality;
using messages::points::watched_points;

namespace {

// voltage: u16 0.1 V; current: i16 0.1 A; state: text; cells: four words.
messages::catalogue device(std::uint32_t voltage_period_ms = 100) {
  std::vector<messages::point_description> points(4);
  points[0] = {
      .name = "rack_0/voltage", .raw_type = "u16", .scale = 0.1, .period_ms = voltage_period_ms};
  points[1] = {.name = "rack_0/current", .raw_type = "i16", .scale = 0.1, .offset = 5};
  points[2] = {.name = "rack_0/state", .raw_type = "text"};
  points[3] = {.name = "rack_0/cells", .raw_type = "u16", .count = 4};
  return messages::points::make_catalogue("bms_0", std::move(points));
}

messages::telemetry said(const messages::catalogue& by, std::uint16_t point,
                         decltype(messages::block::values) values, std::int64_t time_us = 10,
                         quality mark = quality::good) {
  messages::block block;
  block.point = point;
  block.source_time_us = time_us;
  block.quality = mark;
  block.values = std::move(values);
  return {by.owner, by.fingerprint, {block}};
}

using words = messages::block::words;

} // namespace

TEST_CASE("a watched point has its newest value in its unit, whatever type carries it") {
  watched_points watched;
  const auto voltage = watched.watch("rack_0/voltage");
  const auto current = watched.watch("rack_0/current");
  const auto state = watched.watch("rack_0/state");
  CHECK(watched.watch("rack_0/voltage") == voltage);
  CHECK(watched.at(voltage).quality == quality::never);
  const auto by = device();
  watched.learn(by);
  CHECK(watched.at(voltage).period_ms == 100);
  CHECK(watched.apply(said(by, 0, words{7000})) == std::vector<std::size_t>{voltage});
  CHECK(watched.at(voltage).number == Approx(700));
  CHECK(watched.apply(said(by, 1, words{0xFFF6})) == std::vector<std::size_t>{current});
  CHECK(watched.at(current).number == Approx(4)); // -10 * 0.1 + 5
  CHECK(watched.apply(said(by, 1, messages::block::integers{-20}, 20)).size() == 1);
  CHECK(watched.at(current).number == Approx(3));
  CHECK(watched.apply(said(by, 2, std::string("closed"))) == std::vector<std::size_t>{state});
  CHECK(watched.at(state).text == "closed");
}

TEST_CASE("what is not watched, older or of another catalogue is passed over") {
  watched_points watched;
  const auto voltage = watched.watch("rack_0/voltage");
  static_cast<void>(watched.watch("rack_0/cells")); // no scalar
  const auto by = device();
  CHECK(watched.apply(said(by, 0, words{1})).empty()); // not described yet
  watched.learn(by);
  CHECK(watched.apply(said(by, 1, words{1})).empty());
  CHECK(watched.apply(said(by, 3, words{1, 2, 3, 4})).empty());
  REQUIRE(watched.apply(said(by, 0, words{7000}, 10)).size() == 1);
  CHECK(watched.apply(said(by, 0, words{7100}, 9)).empty());
  auto other = by;
  ++other.fingerprint;
  CHECK(watched.apply(said(other, 0, words{7200}, 20)).empty());
  CHECK(watched.at(voltage).number == Approx(700));
}

TEST_CASE("a watched value bears the mark of its element, and one without a number is invalid") {
  watched_points watched;
  const auto voltage = watched.watch("rack_0/voltage");
  const auto by = device();
  watched.learn(by);
  auto marked = said(by, 0, words{7000}, 10, quality::stale);
  marked.blocks.front().element_quality = {quality::uncertain};
  REQUIRE(watched.apply(marked).size() == 1);
  CHECK(watched.at(voltage).quality == quality::uncertain);
  REQUIRE(watched.apply(said(by, 0, words{}, 20)).size() == 1);
  CHECK(watched.at(voltage).quality == quality::invalid);
  CHECK(watched.at(voltage).source_time_us == 20);
}

TEST_CASE("an owner that describes other points makes its former values unknown") {
  watched_points watched;
  const auto voltage = watched.watch("rack_0/voltage");
  const auto by = device();
  watched.learn(by);
  REQUIRE(watched.apply(said(by, 0, words{7000})).size() == 1);
  watched.learn(by); // said again: nothing changes
  CHECK(watched.at(voltage).quality == quality::good);
  watched.learn(device(200));
  CHECK(watched.at(voltage).quality == quality::never);
  CHECK(watched.at(voltage).period_ms == 200);
}

} // namespace watched_points_test
