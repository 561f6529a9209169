#include "actors/rack/rack_model.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "actors/can_device/can_device_model.hpp"
#include "messages/points/catalogue.hpp"
#include "support/demo_rack.hpp"
#include "support/small_device.hpp"

namespace rack_model_test {

using namespace voltaic;
using messages::quality;

namespace {

struct bench {
  bench() {
    auto profile = tests::small_device();
    auto made = actors::can_device::model::create({"bms_0", "rack_0", 0, profile});
    REQUIRE(made);
    device = made->catalogue();
    rack.emplace(actors::rack::model_options{"rack_0", "bms_0", profile});
    rack->learn(device);
  }

  messages::telemetry step(std::vector<std::uint16_t> words, std::vector<quality> marks) {
    messages::block block;
    block.point = tests::cell_voltage;
    block.source_time_us = 42;
    block.quality = *std::max_element(marks.begin(), marks.end());
    block.values = std::move(words);
    block.element_quality = std::move(marks);
    return rack->step({"bms_0", device.fingerprint, {block}});
  }

  const messages::block* find(const messages::telemetry& said, const std::string& name) const {
    for (const auto& block : said.blocks) {
      if (rack->catalogue().points.at(block.point).name == "rack_0/" + name) {
        return &block;
      }
    }
    return nullptr;
  }

  messages::catalogue device;
  std::optional<actors::rack::model> rack;
};

double real_of(const messages::block& block) {
  return std::get<messages::block::reals>(block.values).at(0);
}
std::int64_t index_of(const messages::block& block) {
  return std::get<messages::block::integers>(block.values).at(0);
}

constexpr auto good = quality::good;

} // namespace

TEST_CASE("minimum, maximum and average come with where they are") {
  bench on;
  const auto said =
      on.step({3300, 3301, 3299, 3300, 3310, 3300, 3300, 3302}, std::vector<quality>(8, good));
  CHECK(said.blocks.size() == 9);
  CHECK(real_of(*on.find(said, "cell_voltage_min")) == Approx(3.299));
  CHECK(index_of(*on.find(said, "cell_voltage_min_index")) == 2);
  CHECK(real_of(*on.find(said, "cell_voltage_max")) == Approx(3.310));
  CHECK(index_of(*on.find(said, "cell_voltage_max_index")) == 4);
  CHECK(real_of(*on.find(said, "cell_voltage_average")) == Approx(3.3015));
  for (const auto& block : said.blocks) {
    CHECK(block.quality == good);
    CHECK(block.missing.empty());
    CHECK(block.source_time_us == 42);
  }
}

TEST_CASE("modules are summed where the profile asks, and one with a bad cell has no sum") {
  bench on;
  const auto sums = [&](std::vector<quality> marks) {
    return on.step({3300, 3301, 3299, 3300, 3310, 3300, 3300, 3302}, std::move(marks));
  };
  auto said = sums(std::vector<quality>(8, good));
  CHECK(real_of(*on.find(said, "module_voltage_min")) == Approx(13.2));
  CHECK(index_of(*on.find(said, "module_voltage_min_index")) == 0);
  CHECK(real_of(*on.find(said, "module_voltage_max")) == Approx(13.212));
  CHECK(index_of(*on.find(said, "module_voltage_max_index")) == 1);
  auto marks = std::vector<quality>(8, good);
  marks[6] = quality::stale;
  said = sums(marks);
  const auto& highest = *on.find(said, "module_voltage_max");
  CHECK(real_of(highest) == Approx(13.2));
  CHECK(highest.quality == quality::stale);
  CHECK(highest.missing == std::vector<std::string>{"module_1"});
}

TEST_CASE("an element that is not good is left out and named, and the quality is the worst") {
  bench on;
  auto marks = std::vector<quality>(8, good);
  marks[1] = quality::stale;
  marks[6] = quality::invalid;
  const auto said = on.step({3300, 9999, 3299, 3300, 3310, 3300, 0, 3302}, marks);
  const auto& lowest = *on.find(said, "cell_voltage_min");
  CHECK(real_of(lowest) == Approx(3.299));
  CHECK(real_of(*on.find(said, "cell_voltage_max")) == Approx(3.310));
  CHECK(lowest.quality == quality::invalid);
  CHECK(lowest.element_quality == std::vector<quality>{good});
  CHECK(lowest.missing == std::vector<std::string>{"module_0:cell_1", "module_1:cell_2"});
}

TEST_CASE("F-144 a single true outlier is the maximum, never filtered away") {
  bench on;
  auto words = std::vector<std::uint16_t>(8, 3300);
  words[5] = 3700;
  const auto said = on.step(words, std::vector<quality>(8, good));
  CHECK(real_of(*on.find(said, "cell_voltage_max")) == Approx(3.7));
  CHECK(index_of(*on.find(said, "cell_voltage_max_index")) == 5);
}

TEST_CASE("F-145 without a good element there is no value") {
  const auto mark = GENERATE(quality::stale, quality::invalid, quality::never);
  bench on;
  const auto said = on.step(std::vector<std::uint16_t>(8, 3300), std::vector<quality>(8, mark));
  REQUIRE(said.blocks.size() == 9);
  for (const auto& block : said.blocks) {
    CHECK(block.quality == mark);
    CHECK(block.element_quality.empty());
    CHECK(block.missing == std::vector<std::string>{"module_0", "module_1"});
  }
}

TEST_CASE("telemetry for another catalogue or of another device is not interpreted") {
  bench on;
  messages::block block;
  block.values = std::vector<std::uint16_t>(8, 3300);
  CHECK(on.rack->step({"bms_0", on.device.fingerprint + 1, {block}}).blocks.empty());
  CHECK(on.rack->step({"bms_1", on.device.fingerprint, {block}}).blocks.empty());
}

TEST_CASE("extremes do not depend on the order of the cells, and bound the average") {
  const auto seed = GENERATE(range(1U, 21U));
  std::mt19937 random(seed);
  bench on;
  std::vector<std::uint16_t> words(8);
  for (auto& word : words) {
    word = static_cast<std::uint16_t>(2500 + random() % 1200);
  }
  const auto marks = std::vector<quality>(8, good);
  const auto before = on.step(words, marks);
  std::shuffle(words.begin(), words.end(), random);
  const auto after = on.step(words, marks);
  for (const auto* name : {"cell_voltage_min", "cell_voltage_max"}) {
    CHECK(real_of(*on.find(before, name)) == real_of(*on.find(after, name)));
  }
  const auto average = real_of(*on.find(after, "cell_voltage_average"));
  CHECK(average >= real_of(*on.find(after, "cell_voltage_min")));
  CHECK(average <= real_of(*on.find(after, "cell_voltage_max")));
}

TEST_CASE("power is voltage times current, and unknown while one of them is") {
  const auto profile = tests::demo_rack();
  auto made = actors::can_device::model::create({"bms_0", "rack_0", 0, profile});
  REQUIRE(made);
  const auto& device = made->catalogue();
  actors::rack::model rack({"rack_0", "bms_0", profile});
  rack.learn(device);
  const auto position = [&](const char* name) {
    const auto found = messages::points::find(device, {name, {}, {}});
    REQUIRE(found);
    return static_cast<std::uint16_t>(found->point);
  };
  const auto say = [&](const char* name, std::uint16_t word, std::int64_t time_us, quality mark) {
    messages::block block;
    block.point = position(name);
    block.source_time_us = time_us;
    block.quality = mark;
    block.values = std::vector<std::uint16_t>{word};
    return rack.step({"bms_0", device.fingerprint, {block}});
  };
  const auto first = say("rack_0/voltage", 15'000, 10, quality::good);
  REQUIRE(first.blocks.size() == 1);
  CHECK(first.blocks.front().quality == quality::never); // the current was never said
  const auto both = say("rack_0/current", static_cast<std::uint16_t>(-200), 20, quality::good);
  REQUIRE(both.blocks.size() == 1);
  CHECK(both.blocks.front().quality == quality::good);
  CHECK(both.blocks.front().source_time_us == 10); // of the older of both
  CHECK(real_of(both.blocks.front()) == Approx(1'500.0 * -20.0));
  const auto lost = say("rack_0/voltage", 15'000, 30, quality::stale);
  REQUIRE(lost.blocks.size() == 1);
  CHECK(lost.blocks.front().quality == quality::stale);
  CHECK(lost.blocks.front().element_quality.empty());
}

} // namespace rack_model_test
