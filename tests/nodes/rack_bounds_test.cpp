#include "nodes/cli/rack_bounds.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "messages/points/catalogue.hpp"

namespace rack_bounds_test {

using namespace voltaic;
using namespace voltaic::nodes::cli;
using messages::quality;

namespace {

/// What a site says of one rack: how it reports its charge limit, how good its values are, and what
/// stands because somebody set it.
class one_rack {
 public:
  one_rack() {
    learn(rack_);
    learn(command_);
    say(rack_, 0, messages::block::reals{50});
  }
  void say_setpoints(const std::vector<messages::setpoint>& all) {
    say(command_, 0, messages::setpoint_text(all));
  }
  void say_value(std::uint16_t point, quality is) {
    say(rack_, point, messages::block::reals{1}, is);
  }
  /// "CAUSE: DETAIL", a line each.
  [[nodiscard]] std::vector<std::string> bounds(const std::vector<std::string>& reasons) const {
    std::vector<std::string> lines;
    for (const auto& each : bounds_of(points_, "rack_0", reasons))
      lines.push_back(each.cause + ": " + each.detail);
    return lines;
  }
  [[nodiscard]] const messages::points::point_table& points() const { return points_; }
  static constexpr std::uint16_t current = 1;
  static constexpr std::uint16_t voltage = 2;

 private:
  void learn(const messages::catalogue& described) { points_.apply(message_of(described)); }
  void say(const messages::catalogue& from, std::uint16_t point,
           decltype(messages::block::values) values, quality is = quality::good) {
    messages::block block;
    block.point = point;
    block.source_time_us = ++now_us_;
    block.quality = is;
    block.values = std::move(values);
    points_.apply(message_of(messages::telemetry{from.owner, from.fingerprint, {block}}));
  }
  messages::message message_of(messages::payload what) {
    messages::message made;
    made.header.source = "site";
    made.header.sequence = ++sequence_;
    made.header.time = {now_us_, now_us_};
    made.payload = std::move(what);
    return made;
  }
  static messages::catalogue catalogue(
      const std::string& owner, const std::string& subject,
      const std::vector<messages::points::computed_point>& points) {
    std::vector<messages::point_description> described;
    for (const auto& each : points)
      described.push_back(messages::points::describe(subject, each, 1'000'000));
    return messages::points::make_catalogue(owner, std::move(described));
  }

  std::int64_t now_us_ = 1'000'000;
  std::uint64_t sequence_ = 0;
  messages::catalogue rack_ =
      catalogue("bms_0", "rack_0",
                {{"reported_charge_current_limit", "ReportedChargeCurrentLimit", "A", 1},
                 {"current", "Current", "A", 1},
                 {"voltage", "Voltage", "V", 1}});
  messages::catalogue command_ =
      catalogue("command", "command", {{"setpoints", "Setpoints", "", 0, "text"}});
  messages::points::point_table points_;
};

using lines = std::vector<std::string>;
const lines reported = {"reported_charge_current_limit"};

} // namespace

TEST_CASE("why: a limit that somebody set for a rack is told by his name and how long it stands") {
  one_rack rack;
  CHECK(rack.bounds(reported) == lines{"reported_charge_current_limit: the rack's own, nobody is "
                                       "known to have set it"});
  rack.say_setpoints({{"bms_1/charge_current_limit", 50, "eve", ""},
                      {"bms_0/discharge_current_limit", 50, "eve", ""},
                      {"bms_0/charge_current_limit", 50, "ada", "2026-11-22T20:15:00Z"}});
  CHECK(rack.bounds(reported) == lines{"setpoint: 50.0 A of rack_0/charge_current_limit, set by "
                                       "ada until 2026-11-22T20:15:00Z"});
  const auto told = bounds_of(rack.points(), "rack_0", reported);
  REQUIRE(told.size() == 1);
  REQUIRE(told.front().setpoint);
  CHECK(told.front().setpoint->user == "ada");
  rack.say_setpoints({{"bms_0/charge_current_limit", 50.04, "ems", ""}});
  CHECK(rack.bounds(reported) ==
        lines{"setpoint: 50.0 A of rack_0/charge_current_limit, set by ems"});
}

TEST_CASE("why: a limit that the rack reports tighter than what was set is the rack's own") {
  one_rack rack;
  rack.say_setpoints({{"bms_0/charge_current_limit", 80, "ada", ""}});
  CHECK(rack.bounds(reported) ==
        lines{"reported_charge_current_limit: the rack's own 50.0 A, beside 80.0 A of "
              "rack_0/charge_current_limit, set by ada"});
  CHECK_FALSE(bounds_of(rack.points(), "rack_0", reported).front().setpoint);
}

TEST_CASE("why: each reason is told once, with the points that it comes from") {
  one_rack rack;
  rack.say_value(one_rack::current, quality::stale);
  rack.say_value(one_rack::voltage, quality::invalid);
  CHECK(rack.bounds({"communication_loss/alarm", "cell_overvoltage/warning",
                     "communication_loss/alarm", "sensor_invalid/alarm", "communication_loss/alarm",
                     "derating/soc"}) ==
        lines{"communication_loss/alarm: rack_0/current", "cell_overvoltage/warning: ",
              "sensor_invalid/alarm: rack_0/voltage", "derating/soc: "});
  rack.say_value(one_rack::voltage, quality::stale);
  CHECK(rack.bounds({"communication_loss/alarm"}) ==
        lines{"communication_loss/alarm: rack_0/voltage, rack_0/current"});
}

} // namespace rack_bounds_test
