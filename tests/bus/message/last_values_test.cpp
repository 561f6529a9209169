#include <catch2/catch.hpp>

#include <optional>
#include <random>

#include "bus/message/last_values.hpp"
#include "support/message_bus.hpp"

namespace last_values_test {

using namespace voltaic;
using namespace voltaic::bus::message;
using namespace voltaic::test;

namespace {

messages::message telemetry_of(std::uint64_t sequence, std::uint32_t first,
                               std::vector<std::uint16_t> words,
                               std::vector<messages::quality> qualities = {}) {
  auto message = *messages::decode(*words_frame("bms_0", sequence, std::move(words), first));
  auto& block = std::get<messages::telemetry>(message.payload).blocks[0];
  block.element_quality = std::move(qualities);
  return message;
}

std::vector<messages::block> blocks_of(const last_values& values) {
  std::vector<messages::block> out;
  for (const auto& frame : values.frames()) {
    const auto message = *messages::decode(*frame);
    if (const auto* telemetry = std::get_if<messages::telemetry>(&message.payload)) {
      out.insert(out.end(), telemetry->blocks.begin(), telemetry->blocks.end());
    }
  }
  return out;
}

} // namespace

TEST_CASE("a partial block replaces its part of a point, the rest keeps its own time") {
  last_values values;
  values.heard(telemetry_of(1, 0, {10, 11, 12, 13, 14, 15}));
  values.heard(telemetry_of(2, 2, {22, 23}));
  const auto blocks = blocks_of(values);
  REQUIRE(blocks.size() == 3);
  CHECK(std::get<messages::block::words>(blocks[0].values) == messages::block::words{10, 11});
  CHECK(blocks[0].source_time_us == 1000);
  CHECK(std::get<messages::block::words>(blocks[1].values) == messages::block::words{22, 23});
  CHECK(blocks[1].source_time_us == 2000);
  CHECK(std::get<messages::block::words>(blocks[2].values) == messages::block::words{14, 15});
  CHECK(blocks[2].first_index == 4);
}

TEST_CASE("a part of a block has the worst quality of its own elements") {
  using messages::quality;
  last_values values;
  auto first = telemetry_of(1, 0, {1, 2, 3, 4},
                            {quality::good, quality::good, quality::stale, quality::invalid});
  std::get<messages::telemetry>(first.payload).blocks[0].quality = quality::invalid;
  values.heard(first);
  values.heard(telemetry_of(2, 3, {9}));
  const auto blocks = blocks_of(values);
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[0].quality == quality::stale);
  CHECK(blocks[0].element_quality.size() == 3);
  CHECK(blocks[1].quality == quality::good);
}

TEST_CASE("any order of partial blocks leaves the newest value of each element") {
  constexpr std::uint32_t count = 40;
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    last_values values;
    std::vector<std::optional<std::uint16_t>> truth(count);
    for (std::uint64_t n = 1; n <= 60; ++n) {
      const auto first = static_cast<std::uint32_t>(random() % count);
      const auto length = static_cast<std::uint32_t>(1 + random() % (count - first));
      std::vector<std::uint16_t> words;
      for (std::uint32_t i = 0; i < length; ++i) {
        words.push_back(static_cast<std::uint16_t>(random()));
        truth[first + i] = words.back();
      }
      values.heard(telemetry_of(n, first, words));
    }
    std::vector<std::optional<std::uint16_t>> found(count);
    for (const auto& block : blocks_of(values)) {
      const auto& words = std::get<messages::block::words>(block.values);
      for (std::uint32_t i = 0; i < words.size(); ++i) {
        REQUIRE_FALSE(found[block.first_index + i].has_value());
        found[block.first_index + i] = words[i];
      }
    }
    INFO("seed " << seed);
    REQUIRE(found == truth);
  }
}

TEST_CASE("telemetry under another catalogue begins anew") {
  last_values values;
  values.heard(telemetry_of(1, 0, {1, 2, 3}));
  auto other = telemetry_of(2, 0, {9});
  std::get<messages::telemetry>(other.payload).fingerprint = 8;
  values.heard(other);
  REQUIRE(blocks_of(values).size() == 1);
}

TEST_CASE("a large state is cut into frames that the bus carries") {
  last_values values;
  for (std::uint16_t point = 0; point < 100; ++point) {
    auto one = telemetry_of(point + 1U, 0, std::vector<std::uint16_t>(4000, point));
    std::get<messages::telemetry>(one.payload).blocks[0].point = point;
    values.heard(one);
  }
  const auto frames = values.frames();
  CHECK(frames.size() > 1);
  for (const auto& frame : frames) CHECK(frame->bytes().size() <= messages::frame_bytes_max);
  CHECK(blocks_of(values).size() == 100);
}

TEST_CASE("F-042 what is too long to be said again is left out, and the others are said") {
  last_values values;
  messages::limits large;
  large.reasons.assign(40, std::string(8'000, 'x'));
  values.heard({{.source = "rack_0"}, large});
  values.heard({{.source = "rack_1"}, messages::limits{}});
  messages::telemetry wide{"bms_0", 1, {{.values = messages::block::words{1}}}};
  wide.blocks[0].missing.assign(40, std::string(8'000, 'x'));
  values.heard({{.source = "bms_0"}, wide});
  const auto frames = values.frames();
  REQUIRE(frames.size() == 1);
  CHECK(messages::decode(*frames[0])->header.source == "rack_1");
}

TEST_CASE("F-036 points and parts that a broken owner invents take a bounded memory") {
  last_values values;
  const std::vector<std::uint16_t> words(4096);
  const auto bytes_of = [](const last_values& all) {
    std::size_t bytes = 0;
    for (const auto& frame : all.frames()) bytes += frame->bytes().size();
    return bytes;
  };
  constexpr std::uint64_t said = 4 * last_values_owner_bytes_max / (4096 * sizeof(std::uint16_t));
  for (std::uint64_t n = 0; n < said; ++n) {
    auto one = telemetry_of(n + 1, 0, words);
    std::get<messages::telemetry>(one.payload).blocks[0].point = static_cast<std::uint16_t>(n);
    values.heard(one);
  }
  CHECK(values.refused() > said / 2);
  CHECK(bytes_of(values) < last_values_owner_bytes_max + messages::frame_bytes_max);
  // What is kept goes on, a cut into it does not; another catalogue begins anew.
  const auto refused = values.refused();
  auto changed = words;
  changed[0] = 7;
  values.heard(telemetry_of(said + 1, 0, changed));
  CHECK(values.refused() == refused);
  CHECK(std::get<messages::block::words>(blocks_of(values).at(0).values).at(0) == 7);
  values.heard(telemetry_of(said + 2, 5, {1}));
  CHECK(values.refused() == refused + 1);
  auto other = telemetry_of(said + 3, 0, {9});
  std::get<messages::telemetry>(other.payload).fingerprint = 8;
  values.heard(other);
  CHECK(blocks_of(values).size() == 1);
}

TEST_CASE("F-036 a part that is cut again and again is counted each time") {
  last_values values;
  std::vector<std::string> missing(64, std::string(1000, 'x'));
  auto whole = telemetry_of(1, 0, std::vector<std::uint16_t>(4000));
  std::get<messages::telemetry>(whole.payload).blocks[0].missing = missing;
  values.heard(whole);
  // Each cut leaves the names of the missing in both halves.
  for (std::uint32_t n = 1; n < 2000; ++n) values.heard(telemetry_of(n + 1, 2 * n, {1}));
  CHECK(values.refused() > 0);
  constexpr std::size_t copies_max = last_values_owner_bytes_max / (64 * 1000) + 2;
  std::size_t copies = 0;
  for (const auto& block : blocks_of(values)) copies += block.missing.empty() ? 0 : 1;
  CHECK(copies <= copies_max);
  values.forget("bms_0");
  CHECK(values.frames().empty());
}

} // namespace last_values_test
