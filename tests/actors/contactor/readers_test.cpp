#include <catch2/catch.hpp>

#include "actors/contactor/feedback_reader.hpp"
#include "actors/contactor/input_reader.hpp"
#include "messages/points/catalogue.hpp"

// What the contactors are told of their device and inputs, by one rule of what is a number.
namespace voltaic::actors::contactor::readers_test {
namespace {

using messages::quality;

constexpr std::int64_t s = messages::us_per_s;

messages::catalogue described(const char* owner, std::vector<const char*> names,
                              const char* raw_type) {
  std::vector<messages::point_description> points(names.size());
  for (std::size_t each = 0; each < names.size(); ++each) {
    points[each].name = names[each];
    points[each].raw_type = raw_type;
    points[each].period_ms = 10;
  }
  return messages::points::make_catalogue(owner, std::move(points));
}

messages::telemetry saying(const messages::catalogue& by, std::uint16_t point, std::uint16_t value,
                           quality whole = quality::good, std::vector<quality> elements = {},
                           std::int64_t source_us = s) {
  messages::block block;
  block.source_time_us = source_us;
  block.point = point;
  block.quality = whole;
  block.element_quality = std::move(elements);
  block.values = messages::block::words{value};
  return {by.owner, by.fingerprint, {block}};
}

} // namespace

TEST_CASE("a charging current is a small negative one, not a large positive one") {
  feedback_reader reader("rack_0");
  const auto device = described("bms_0", {"rack_0/current"}, "i16");
  reader.learn(device);
  reader.take(saying(device, 0, static_cast<std::uint16_t>(-5)), s);
  CHECK(reader.values_at(s).current_a == -5.0);
}

TEST_CASE("feedback of an element that is not good is unknown, whatever its block says") {
  feedback_reader reader("rack_0");
  const auto device = described("bms_0", {"rack_0/minus_closed"}, "u16");
  reader.learn(device);
  reader.take(saying(device, 0, 1), s);
  CHECK(reader.values_at(s).minus_closed == true);
  reader.take(saying(device, 0, 1, quality::good, {quality::stale}), 2 * s);
  CHECK_FALSE(reader.values_at(2 * s).minus_closed.has_value());
  reader.take(saying(device, 0, 1, quality::stale, {quality::good}), 3 * s);
  CHECK_FALSE(reader.values_at(3 * s).minus_closed.has_value());
}

TEST_CASE("an input whose element is not good is active, whatever its block says") {
  input_reader reader({{input_role::stop, "dio_0/stop", "dio_0"}});
  const auto inputs = described("dio_0", {"dio_0/stop"}, "u16");
  reader.learn(inputs);
  CHECK(reader.take(saying(inputs, 0, 0), s));
  CHECK(reader.active(s).empty());
  CHECK(reader.take(saying(inputs, 0, 0, quality::good, {quality::stale}), s));
  REQUIRE(reader.active(s).size() == 1);
  CHECK(reader.active(s)[0].why == "not heard");
  reader.take(saying(inputs, 0, 1, quality::good, {quality::good}), s);
  REQUIRE(reader.active(s).size() == 1);
  CHECK(reader.active(s)[0].why == "active");
}

TEST_CASE("what a relay tells anew of an input whose speaker is gone counts as active") {
  input_reader reader({{input_role::stop, "dio_0/stop", "dio_0"}});
  const auto inputs = described("dio_0", {"dio_0/stop"}, "u16");
  reader.learn(inputs);
  reader.take(saying(inputs, 0, 0, quality::good, {}, s), 10 * s);
  REQUIRE(reader.active(10 * s).size() == 1);
  CHECK(reader.active(10 * s)[0].why == "not heard");
  reader.take(saying(inputs, 0, 0, quality::good, {}, 10 * s), 10 * s);
  CHECK(reader.active(10 * s).empty());
}

TEST_CASE("a reset key opens nothing, and is neither turned nor at rest where nobody reads it") {
  input_reader reader({{input_role::reset_key, "dio_0/key", "dio_0"}});
  CHECK(reader.key_point() == "dio_0/key");
  const auto inputs = described("dio_0", {"dio_0/key"}, "u16");
  reader.learn(inputs);
  CHECK(reader.key(s) == std::nullopt);
  reader.take(saying(inputs, 0, 1), s);
  CHECK(reader.key(s) == true);
  reader.take(saying(inputs, 0, 0), s);
  CHECK(reader.key(s) == false);
  reader.take(saying(inputs, 0, 1, quality::stale), s); // as an input that is not known
  CHECK(reader.key(s) == std::nullopt);
  reader.take(saying(inputs, 0, 1), s);
  CHECK(reader.key(s + input_silence_us_min) == std::nullopt);
  CHECK(reader.active(10 * s).empty());
  CHECK(reader.unreadable(10 * s).empty());
  const input_reader none({{input_role::fire, "dio_0/fire", "dio_0"}});
  CHECK(none.key_point().empty());
  CHECK(none.key(s) == std::nullopt);
}

} // namespace voltaic::actors::contactor::readers_test
