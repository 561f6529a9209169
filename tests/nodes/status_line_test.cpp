#include "nodes/cli/status_line.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "messages/points/catalogue.hpp"

namespace status_line_test {

using namespace voltaic;
using namespace voltaic::nodes::cli;
using nlohmann::json;

namespace {

/// A site with one rack whose contactor speaks, and whose cells do when they are told.
class one_rack {
 public:
  one_rack() { learn(contactor_); }
  void tell_contactor(const std::string& state) { say(contactor_, 0, state); }
  void tell_cells(double least_v, double most_v) {
    learn(rack_);
    say(rack_, 0, messages::block::reals{least_v});
    say(rack_, 1, messages::block::reals{most_v});
  }
  void tell_configuration(const std::string& words) {
    learn(protection_);
    say(protection_, 0, words);
  }
  /// Without its clock.
  [[nodiscard]] std::string line() const {
    const auto status = json::parse(R"json({"nodes":[{"name":"rack_0","state":"running"}]})json");
    return status_line(status, &view_).substr(sizeof "12:00:00");
  }

 private:
  void learn(const messages::catalogue& described) { view_.points.apply(message_of(described)); }
  void say(const messages::catalogue& from, std::uint16_t point,
           decltype(messages::block::values) values) {
    messages::block block;
    block.point = point;
    block.source_time_us = now_us;
    block.quality = messages::quality::good;
    block.values = std::move(values);
    view_.points.apply(message_of(messages::telemetry{from.owner, from.fingerprint, {block}}));
  }
  messages::message message_of(messages::payload what) {
    messages::message made;
    made.header.source = "rack_0";
    made.header.sequence = ++sequence_;
    made.header.time = {now_us, now_us};
    made.payload = std::move(what);
    return made;
  }

  static constexpr std::int64_t now_us = 1'000'000;
  static messages::catalogue catalogue(
      const std::string& owner, const std::vector<messages::points::computed_point>& points) {
    std::vector<messages::point_description> described;
    for (const auto& each : points)
      described.push_back(messages::points::describe("rack_0", each, now_us));
    return messages::points::make_catalogue(owner, std::move(described));
  }
  messages::catalogue contactor_ =
      catalogue("rack_0/contactor", {{"contactor", "Contactor", "", 0, "text"}});
  messages::catalogue protection_ =
      catalogue("rack_0/protection", {{"configuration", "Configuration", "", 0, "text"}});
  messages::catalogue rack_ = catalogue("rack_0", {{"cell_voltage_min", "CellVoltageMin", "V", 3},
                                                   {"cell_voltage_max", "CellVoltageMax", "V", 3}});
  site_view view_;
  std::uint64_t sequence_ = 0;
};

} // namespace

TEST_CASE("the line each second has no span of cells that nobody told") {
  one_rack site;
  site.tell_contactor("opening");
  CHECK(site.line() == "rack_0 opening - V soc - % - A");
  site.tell_cells(3.298, 3.301);
  CHECK(site.line() == "rack_0 opening 3.298..3.301 V soc - % - A");
}

TEST_CASE("the line each second tells of a configuration that waits for approval") {
  one_rack site;
  site.tell_contactor("open");
  site.tell_configuration("version 2");
  CHECK(site.line() == "rack_0 open - V soc - % - A");
  site.tell_configuration("version 2, another is staged");
  CHECK(site.line() == "rack_0 open - V soc - % - A | rack_0 configuration staged");
}

} // namespace status_line_test
