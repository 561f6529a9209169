#include "actors/system/link_model.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace link_model_test {

using namespace voltaic;
using messages::quality;
namespace sut = actors::system;

namespace {

constexpr std::int64_t second_us = messages::us_per_s;
constexpr std::int64_t period_us = second_us / 4;

messages::health node(const std::string& name, messages::bus_health bus) {
  messages::health said;
  said.node = name;
  bus.name = "can0";
  said.buses.push_back(std::move(bus));
  return said;
}

messages::health node(const std::string& name, messages::line_health line) {
  messages::health said;
  said.node = name;
  line.name = "plant";
  said.lines.push_back(std::move(line));
  return said;
}

messages::bus_health bus(const std::string& state, double load, std::uint64_t rx,
                         std::uint64_t bytes = 0, std::uint64_t errors = 0,
                         std::uint64_t lost = 0) {
  messages::bus_health said;
  said.state = state;
  said.load_percent = load;
  said.rx = rx;
  said.bytes = bytes;
  said.errors = errors;
  said.rx_overflow = lost;
  said.unknown_ids = 0;
  return said;
}

messages::line_health line(std::uint64_t sent, std::uint64_t received) {
  messages::line_health said;
  said.state = "connected";
  said.bytes_sent = sent;
  said.bytes_received = received;
  return said;
}

struct links {
  explicit links(std::vector<sut::link_options> of) : model("system", std::move(of)) {}

  const messages::block& at(const std::string& point, std::int64_t now_us) {
    last = model.step(0, now_us);
    REQUIRE(last.size() == model.points().size());
    const auto found = std::ranges::find(model.points(), "system/link/" + point,
                                         &messages::point_description::name);
    REQUIRE(found != model.points().end());
    return last.at(static_cast<std::size_t>(found - model.points().begin()));
  }
  double number(const std::string& point, std::int64_t now_us) {
    return std::get<messages::block::reals>(at(point, now_us).values).front();
  }
  std::string text(const std::string& point, std::int64_t now_us) {
    return std::get<std::string>(at(point, now_us).values);
  }

  sut::link_model model;
  std::vector<messages::block> last;
};

} // namespace

TEST_CASE("a bus is what the nodes on it see together") {
  struct row {
    const char* what;
    std::vector<messages::bus_health> seen;
    const char* state;
    double load, bytes, errors;
  };
  const std::vector<row> rows = {
      {"one node", {bus("error-active", 31.5, 10, 80, 2, 1)}, "error-active", 31.5, 80, 3},
      {"the largest counts",
       {bus("error-active", 30, 10, 80, 5), bus("error-active", 31, 9, 72, 4)},
       "error-active",
       31,
       80,
       5},
      {"what each lost is added",
       {bus("error-active", 1, 1, 8, 5, 2), bus("error-active", 1, 1, 8, 4, 3)},
       "error-active",
       1,
       8,
       10},
      {"the worse state counts",
       {bus("error-active", 1, 1), bus("bus-off", 0, 1)},
       "bus-off",
       1,
       0,
       0},
      {"in either order", {bus("down", 0, 0), bus("error-active", 1, 1)}, "down", 1, 0, 0},
  };
  for (const auto& each : rows) {
    INFO(each.what);
    links on({{"can0", sut::link_kind::bus, 0}});
    for (std::size_t i = 0; i < each.seen.size(); ++i)
      on.model.take(node("rack_" + std::to_string(i), each.seen[i]), second_us);
    CHECK(on.text("can0/state", second_us) == each.state);
    CHECK(on.number("can0/load", second_us) == each.load);
    CHECK(on.number("can0/bytes", second_us) == each.bytes);
    CHECK(on.number("can0/errors", second_us) == each.errors);
    for (const auto& block : on.last) CHECK(block.quality == quality::good);
  }
}

TEST_CASE("a link is never before a node spoke of it, and stale when none does any more") {
  links on({{"can0", sut::link_kind::bus, 0}});
  for (const auto& block : on.model.step(0, second_us)) CHECK(block.quality == quality::never);
  on.model.take(node("rack_0", bus("bus-off", 50, 10)), second_us);
  on.model.take(node("rack_1", bus("error-active", 20, 10)), 2 * second_us);
  // Who fell silent does not count any more, whatever it said.
  CHECK(on.text("can0/state", 2 * second_us + 1) == "error-active");
  CHECK(on.number("can0/load", 2 * second_us + 1) == 20);
  CHECK(on.at("can0/load", 3 * second_us).quality == quality::good);
  for (const auto& block : on.model.step(0, 3 * second_us + 1)) {
    CHECK(block.quality == quality::stale);
    CHECK(block.source_time_us == 2 * second_us);
  }
  // A snapshot repeats what dead nodes said last: that is no news.
  on.model.take(node("rack_1", bus("down", 0, 0)), second_us);
  CHECK(on.at("can0/state", 4 * second_us).quality == quality::stale);
}

TEST_CASE("the newest gap of a link is told while it lasts and after it") {
  links on({{"can0", sut::link_kind::bus, 0}, {"plant", sut::link_kind::line, 0}});
  std::int64_t now_us = second_us;
  std::uint64_t rx = 100;
  const auto live = [&](int periods, bool speaks) {
    for (int i = 0; i < periods; ++i) {
      now_us += period_us;
      if (speaks) ++rx;
      on.model.take(node("rack_0", bus("error-active", 1, rx)), now_us);
      on.model.take(node("site", line(10, rx)), now_us);
    }
  };
  live(8, true);
  CHECK(on.number("can0/last_gap", now_us) == 0);
  live(3, false);
  CHECK(on.number("can0/last_gap", now_us) == 0);
  live(5, false);
  CHECK(on.number("can0/last_gap", now_us) == 2);
  CHECK(on.number("plant/last_gap", now_us) == 0);
  live(8, false);
  CHECK(on.number("plant/last_gap", now_us) == 4);
  live(8, true);
  CHECK(on.number("can0/last_gap", now_us) == 4.25);
  CHECK(on.number("plant/last_gap", now_us) == 4.25);
  // A node that began anew counts from zero: that is life, not silence.
  rx = 0;
  live(1, true);
  CHECK(on.number("can0/last_gap", now_us) == 4.25);
}

TEST_CASE("of a CAN bus the controller's counters and unknown identifiers are said besides") {
  sut::link_model model("system", {{"can0", sut::link_kind::bus, 0}});
  const auto value = [&](const std::string& name) {
    const auto blocks = model.step(0, second_us);
    const auto found =
        std::ranges::find(model.points(), "links/can0/" + name, &messages::point_description::name);
    REQUIRE(found != model.points().end());
    return blocks.at(static_cast<std::size_t>(found - model.points().begin()));
  };
  const auto number = [&](const std::string& name) {
    return std::get<messages::block::reals>(value(name).values).front();
  };
  auto first = bus("error-passive", 40, 10, 80, 5, 2);
  first.transmit_errors = 130;
  first.trouble = "no-ack";
  auto second = bus("error-active", 41, 10, 80, 4, 3);
  second.receive_errors = 7;
  second.unknown_ids = -1;
  second.babbler = "0x000";
  second.babbler_rate = 3'900;
  model.take(node("rack_0", first), second_us);
  model.take(node("rack_1", second), second_us);
  CHECK(std::get<std::string>(value("state").values) == "error-passive");
  CHECK(number("load_percent") == 41);
  CHECK(number("error_frames") == 5);
  CHECK(number("rx_overflow") == 5);
  CHECK(number("unknown_ids") == 0);
  CHECK(number("transmit_errors") == 130);
  CHECK(number("receive_errors") == 7);
  CHECK(std::get<std::string>(value("trouble").values) == "no-ack");
  CHECK(std::get<std::string>(value("babbler").values) == "0x000, 3900 frames/s");
}

TEST_CASE("unknown identifiers that nobody watches for are no number") {
  links on({{"can0", sut::link_kind::bus, 0}});
  auto unwatched = bus("error-active", 1, 1);
  unwatched.unknown_ids = -1;
  on.model.take(node("rack_0", unwatched), second_us);
  const auto blocks = on.model.step(0, second_us);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const bool is_count = on.model.points()[i].name == "links/can0/unknown_ids";
    CHECK(blocks[i].quality == (is_count ? quality::never : quality::good));
  }
}

TEST_CASE("a line of RTU frames has a load, a host has none") {
  links on({{"host", sut::link_kind::line, 0}, {"plant", sut::link_kind::line, 9'600}});
  std::int64_t now_us = second_us;
  // 440 bytes a second of 11 bits are half of 9600 bit/s.
  for (std::uint64_t i = 0; i < 9; ++i) {
    on.model.take(node("site", line(i * 60, i * 50)), now_us);
    now_us += period_us;
  }
  now_us -= period_us;
  CHECK(on.number("plant/load", now_us) == Approx(50.4).margin(0.1));
  CHECK(on.number("plant/bytes", now_us) == 880);
  on.model.take(node("site", line(0, 0)), now_us + period_us);
  CHECK(on.number("plant/load", now_us + period_us) == 0);
  CHECK(std::ranges::none_of(
      on.model.points(), [](const auto& point) { return point.name == "system/link/host/load"; }));
}

} // namespace link_model_test
