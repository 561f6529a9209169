#include "nodes/view/gather.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "messages/points/catalogue.hpp"

namespace gather_test {

using namespace voltaic;
using namespace voltaic::messages;
using bus::message::update;
using nlohmann::json;
using nodes::view::gather;
using nodes::view::live_state;
using nodes::view::site_facts;

namespace {

constexpr std::int64_t second_us = 1'000'000;

/// The bus of a site with one rack and one meter, as a client hears it.
class small_bus {
 public:
  small_bus() {
    describe("bms_0", {{.name = "rack_0/cell_voltage",
                        .channel = "bms_0/CellVoltage",
                        .unit = "V",
                        .raw_type = "u16",
                        .count = 4,
                        .group_size = 2,
                        .scale = 0.001}});
    describe("rack_0", {{.name = "rack_0/cell_voltage_max", .unit = "V", .raw_type = "f64"},
                        {.name = "rack_0/cell_voltage_max_index", .raw_type = "u32"}});
    describe("rack_0/contactor", {{.name = "rack_0/contactor", .raw_type = "text"},
                                  {.name = "rack_0/contactor_lock", .raw_type = "text"}});
    describe("meter_0",
             {{.name = "meter_0/serial_number", .raw_type = "text"},
              {.name = "meter_0/frequency", .unit = "Hz", .raw_type = "f64", .decimals = 2},
              {.name = "meter_0/power", .unit = "W", .raw_type = "i32"}});
    tell({.kind = update::kind::ready});
    beat(0);
  }
  void say(const std::string& owner, std::uint16_t point, decltype(block::values) values,
           quality how = quality::good, std::vector<quality> each = {}) {
    message said;
    ++sequence_;
    said.header = {.source = owner,
                   .sequence = static_cast<std::uint64_t>(sequence_),
                   .time = {sequence_, sequence_}};
    said.payload = telemetry{owner,
                             fingerprints_[owner],
                             {{point, 0, sequence_, how, std::move(values), std::move(each), {}}}};
    tell({.message = std::move(said)});
  }
  void beat(std::int64_t now_us) {
    message said;
    health well;
    well.node = "rack_0";
    for (const auto* name : {"bms_0", "rack_0", "rack_0/contactor"})
      well.actors.push_back({name, "", "running"});
    well.buses.push_back({"can0", "virtual", "error-active", 500'000, 31.4});
    well.lines.push_back({.name = "meter_line", .state = "down", .timeouts = 3});
    said.payload = well;
    tell({.message = std::move(said)}, now_us);
  }
  void tell(const update& news, std::int64_t now_us = 0) { heard.apply(news, now_us); }
  [[nodiscard]] nodes::view::picture look(const json& status = json::object()) const {
    return gather({"demo", {"rack_0", "rack_1"}, {"meter_0"}}, heard, status, 7);
  }
  live_state heard;

 private:
  void describe(const std::string& owner, std::vector<point_description> points) {
    message said;
    const auto made = points::make_catalogue(owner, std::move(points));
    fingerprints_[owner] = made.fingerprint;
    said.header.source = owner;
    said.payload = made;
    tell({.kind = update::kind::state, .message = std::move(said)});
  }
  std::map<std::string, std::uint64_t> fingerprints_;
  std::int64_t sequence_ = 0;
};

} // namespace

TEST_CASE("a picture has every rack of the site file, heard or not") {
  small_bus bus;
  const auto seen = bus.look();
  REQUIRE(seen.racks.size() == 2);
  CHECK(seen.racks[1].name == "rack_1");
  CHECK(seen.racks[1].contactor == "unknown");
  CHECK_FALSE(seen.racks[1].voltage_v);
  CHECK(seen.trouble.empty());
}

TEST_CASE("of a site whose file cannot be read everything is shown that speaks") {
  small_bus bus;
  const auto seen = gather({}, bus.heard, json::object(), 7);
  REQUIRE(seen.racks.size() == 1);
  CHECK(seen.racks[0].name == "rack_0");
  REQUIRE(seen.equipment.size() == 1);
  CHECK(seen.equipment[0].name == "meter_0");
}

TEST_CASE("an extreme is told with its module and cell") {
  small_bus bus;
  bus.say("bms_0", 0, block::words{3300, 3301, 3302, 3303});
  bus.say("rack_0", 0, block::reals{3.303});
  bus.say("rack_0", 1, block::integers{3});
  bus.say("rack_0/contactor", 0, std::string("closed"));
  const auto rack = bus.look().racks[0];
  CHECK(rack.contactor == "closed");
  CHECK(rack.cell_max_v.value == 3.303);
  CHECK(rack.cell_max_v.place == "1:1");
  CHECK(rack.cells_v.values[2] == Approx(3.302));
  CHECK(rack.cells_v.group_size == 2);
}

TEST_CASE("a value that is not good is none") {
  small_bus bus;
  bus.say("bms_0", 0, block::words{3300, 3301, 3302, 3303}, quality::invalid,
          {quality::good, quality::invalid, quality::good, quality::good});
  bus.say("rack_0", 0, block::reals{3.303}, quality::stale);
  const auto rack = bus.look().racks[0];
  CHECK_FALSE(rack.cell_max_v.value);
  CHECK(rack.cells_v.values[0] == Approx(3.300));
  CHECK(std::isnan(rack.cells_v.values[1]));
}

TEST_CASE("nothing stays true of a node that fell silent") {
  small_bus bus;
  bus.say("bms_0", 0, block::words{3300, 3301, 3302, 3303});
  bus.say("rack_0/contactor", 0, std::string("closed"));
  CHECK_FALSE(bus.heard.look(second_us, second_us));
  CHECK(bus.look().racks[0].contactor == "closed");
  CHECK(bus.heard.look(2 * second_us, 2 * second_us));
  const auto seen = bus.look();
  CHECK(seen.racks[0].contactor == "unknown");
  CHECK(std::isnan(seen.racks[0].cells_v.values[0]));
  CHECK_FALSE(seen.is_heard);
  CHECK(seen.trouble == "nothing is heard on the message bus");
}

TEST_CASE("equipment tells what matters first, in units that fit") {
  small_bus bus;
  bus.say("meter_0", 0, std::string("A1"));
  bus.say("meter_0", 1, block::reals{50.01});
  bus.say("meter_0", 2, block::integers{-12'345});
  const auto meter = bus.look().equipment.at(0);
  REQUIRE(meter.points.size() == 3);
  CHECK(meter.is_good);
  CHECK(meter.points[0].name == "power");
  CHECK(meter.points[0].text == "-12.3");
  CHECK(meter.points[0].unit == "kW");
  CHECK(meter.points[1].name == "frequency");
  CHECK(meter.points[1].text == "50.01");
  CHECK(meter.points[2].name == "serial_number");
}

TEST_CASE("links tell their state and only errors that happened") {
  small_bus bus;
  const auto links = bus.look().links;
  REQUIRE(links.size() == 2);
  CHECK(links[0].name == "can0");
  CHECK(links[0].is_well);
  CHECK(*links[0].load_percent == 31.4);
  CHECK(links[0].errors.empty());
  CHECK_FALSE(links[1].is_well);
  CHECK_FALSE(links[1].load_percent);
  REQUIRE(links[1].errors.size() == 1);
  CHECK(links[1].errors[0].what == "timeouts");
}

TEST_CASE("processes are told as the supervisor knows them") {
  small_bus bus;
  const auto status = json::parse(R"json({
    "nodes":[{"name":"rack_0","pid":7,"state":"running","restarts":2,"uptime_s":5,
              "cpu_percent":3.1,"rss_kb":2048,"last_exit":"signal 9 (Killed)"}],
    "processes":[{"name":"bus can0","state":"backoff","last_exit":null}]})json");
  const auto all = bus.look(status).processes;
  REQUIRE(all.size() == 2);
  CHECK(all[0].deaths == 2);
  CHECK(all[0].memory_mb == 2);
  CHECK(all[0].last_exit == "signal 9 (Killed)");
  CHECK_FALSE(all[1].is_node);
  CHECK(all[1].state == "backoff");
  // One that is given up died once more than it was started again.
  const auto given_up =
      json::parse(R"json({"nodes":[{"name":"rack_0","state":"failed","restarts":3}]})json");
  CHECK(bus.look(given_up).processes.front().deaths == 4);
}

TEST_CASE("a picture says when the supervisor does not answer") {
  small_bus bus;
  CHECK(bus.look(json()).trouble == "the supervisor does not answer");
}

TEST_CASE("a rack's picture names each thing that locks its contactors") {
  small_bus bus;
  const auto locks = [&] { return bus.look().racks[0].contactor_locks; };
  CHECK(locks().empty());
  bus.say("rack_0/contactor", 1, std::string("none"));
  CHECK(locks().empty());
  bus.say("rack_0/contactor", 1, std::string("contactor_weld, precharge_failed"));
  CHECK(locks() == std::vector<std::string>{"contactor_weld", "precharge_failed"});
}

} // namespace gather_test
