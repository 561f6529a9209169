#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "actors/inverter_link/inverter_link_actor.hpp"
#include "messages/command_priority.hpp"
#include "messages/inverter/inverter_profiles.hpp"
#include "messages/points/catalogue.hpp"
#include "support/test_node.hpp"

// What people set for the points that a link writes is one more cap on what it tells.
namespace inverter_link_people_caps_test {

using namespace voltaic;
using namespace voltaic::actors::inverter_link;
namespace runtime = voltaic::actors::runtime;
using messages::outcome;
using messages::inverter::item_of;
namespace priority = messages::command_priority;

namespace {

constexpr std::int64_t ms = messages::us_per_ms;

model_options demo_options() {
  model_options options;
  options.name = "inverter_0";
  options.profile = tests::shared_inverter("demo_inverter.json");
  options.racks = {{"rack_0", "bms_0", 280, true, {"rack", 1}}};
  options.device = "inverter_0";
  options.settable = {{"charge_current_limit", {0, 200, 0.1, "SetChargeCurrentLimit"}},
                      {"discharge_current_limit", {0, 200, 0.1, "SetDischargeCurrentLimit"}},
                      {"charge_power_limit", {0, 400'000, 100, "SetChargePowerLimit"}},
                      {"discharge_power_limit", {0, 400'000, 100, "SetDischargePowerLimit"}},
                      {"charge_voltage_limit", {1'000, 1'800, 0.1, "SetChargeVoltageLimit"}},
                      {"discharge_voltage_limit", {1'000, 1'800, 0.1, "SetDischargeVoltageLimit"}}};
  return options;
}

/// Somebody who says a few numbers or a word, each with its name.
struct speaker {
  std::string owner;
  std::vector<std::string> names;
  messages::catalogue described = {};
  std::uint64_t sequence = 0;
};

/// A link in its node; the test plays battery, inverter and dispatcher.
struct fixture {
  using records = std::vector<bus::storage::record>;
  /// `former` is what the journal holds when the link begins.
  explicit fixture(const records& former = {}) : node({group(former)}) {
    for (auto* each : {&system, &device, &contactor, &setpoints}) describe(*each);
    pass(6'000);
    if (former.empty()) REQUIRE(given["charge_current_limit"] == 100);
    REQUIRE(given["discharge_current_limit"] == 120);
  }

  static runtime::group_spec group(const records& former) {
    runtime::group_spec made;
    made.children.push_back(
        {"inverter_0/link", "inverter_link", [former](runtime::context& context) {
           for (const auto& record : former) context.store(record, 1);
           return std::make_unique<inverter_link_actor>(
               context, actor_options{demo_options(),
                                      {"system", "inverter_0", "command", "rack_0/contactor",
                                       "rack_0/protection"},
                                      {}});
         }});
    return made;
  }

  void describe(speaker& of) {
    std::vector<messages::point_description> points;
    for (const auto& name : of.names) {
      const bool is_text = name == "contactor" || name == "setpoints";
      const auto owner = of.owner.substr(0, of.owner.find('/'));
      points.push_back(messages::points::describe(
          owner, {name.c_str(), name.c_str(), "", 1, is_text ? "text" : "f64"}, 500 * ms));
    }
    of.described = messages::points::make_catalogue(of.owner, std::move(points));
    hear(of, of.described);
  }
  void hear(speaker& of, const messages::payload& said) {
    node.hear(bus::message::plane::telemetry,
              {of.owner, 1, ++of.sequence, node.clock.now(), messages::utc_quality::unknown}, said);
  }
  template <class Value>
  void say(speaker& of, const std::vector<Value>& values) {
    messages::telemetry said{of.owner, of.described.fingerprint, {}};
    for (std::size_t each = 0; each < values.size(); ++each) {
      messages::block block;
      block.point = static_cast<std::uint16_t>(each);
      block.source_time_us = node.clock.now().monotonic_us;
      block.quality = messages::quality::good;
      if constexpr (std::is_same_v<Value, std::string>)
        block.values = values[each];
      else
        block.values = messages::block::reals{values[each]};
      said.blocks.push_back(std::move(block));
    }
    hear(of, said);
  }

  /// Everybody speaks each 100 ms, and the inverter takes what it is given.
  void pass(std::int64_t for_ms) {
    for (std::int64_t passed = 0; passed < for_ms; passed += 100) {
      node.advance(100 * ms);
      say<double>(system, {battery_charge_a, 120, 1'700, 1'400, 1'584, 0});
      say<double>(device, {++beats, 1'584, power_read_w.value_or(given["charge_power_limit"])});
      say<std::string>(contactor, {"closed"});
      say<std::string>(setpoints, {standing});
      messages::limits limits{"rack_0", battery_charge_a, 120, {}};
      node.hear(
          bus::message::plane::telemetry,
          {"rack_0/protection", 1, ++limits_said, node.clock.now(), messages::utc_quality::unknown},
          limits);
      take_orders();
    }
  }
  void take_orders() {
    for (const auto& frame : std::exchange(node.outside.sent, {})) {
      const auto opened = messages::decode(*frame);
      if (const auto* told = std::get_if<messages::result>(&opened->payload))
        answers.push_back(*told);
      const auto* order = std::get_if<messages::command>(&opened->payload);
      if (order == nullptr) continue;
      const auto point = order->point.substr(order->point.rfind('/') + 1);
      if (order->operation == "set") given[point] = std::get<double>(order->value);
      messages::result done;
      done.id = order->id;
      done.key = order->key;
      done.outcome = outcome::done;
      node.hear(
          bus::message::plane::commands,
          {"inverter_0", 1, ++beats_answered, node.clock.now(), messages::utc_quality::unknown},
          done);
    }
  }

  messages::result set(const std::string& key, const std::string& point, double value,
                       const std::string& role = "operator", std::int64_t length_ms = 0,
                       std::uint64_t generation = 0) {
    messages::command asked;
    asked.id = asked.key = key;
    asked.target = "inverter_0/link";
    asked.operation = "set";
    asked.point = "inverter_0/" + point;
    asked.value = value;
    asked.role = role;
    asked.user = "anna";
    asked.priority = who;
    asked.generation = generation;
    asked.lease_ms = static_cast<std::uint64_t>(length_ms);
    asked.reply_to = "command";
    asked.deadline_utc_us = node.clock.now().utc_us + 5'000 * ms;
    node.hear(bus::message::plane::commands,
              {"command", 1, ++commands_said, node.clock.now(), messages::utc_quality::unknown},
              asked);
    answers.clear();
    pass(2'000);
    REQUIRE(answers.size() == 1);
    return answers.front();
  }
  /// The newest words of the link's points.
  std::string words(const std::string& name) const {
    std::map<std::string, std::size_t> places;
    std::string found;
    for (const auto& [plane, frame] : node.outside.published) {
      const auto message = messages::decode(*frame);
      if (const auto* told = std::get_if<messages::catalogue>(&message->payload))
        for (std::size_t each = 0; each < told->points.size(); ++each)
          places[told->points[each].name] = each;
      const auto* said = std::get_if<messages::telemetry>(&message->payload);
      if (said == nullptr || !places.contains(name)) continue;
      if (const auto* text = std::get_if<std::string>(&said->blocks.at(places.at(name)).values))
        found = *text;
    }
    return found;
  }
  std::vector<std::string> states() const {
    std::vector<std::string> found;
    for (const auto& message : node.outside.all<messages::event>()) {
      const auto& event = std::get<messages::event>(message.payload);
      if (event.kind == "command") found.push_back(event.state);
    }
    return found;
  }

  speaker system{"system",
                 {"charge_current_limit", "discharge_current_limit", "charge_voltage_limit",
                  "discharge_voltage_limit", "voltage", "current"}};
  speaker device{"inverter_0", {"heartbeat_seen", "voltage", "charge_power_limit"}};
  std::optional<double> power_read_w; ///< of its register; nothing: what it was given
  speaker contactor{"rack_0/contactor", {"contactor"}};
  speaker setpoints{"command", {"setpoints"}};
  double battery_charge_a = 100;
  double beats = 0;
  std::uint64_t beats_answered = 0;
  std::uint64_t limits_said = 0;
  std::uint64_t commands_said = 0;
  std::uint8_t who = priority::person;
  std::string standing; ///< as `command/setpoints` says it
  std::map<std::string, double> given;
  std::vector<messages::result> answers;
  tests::test_node node;
};

} // namespace

TEST_CASE_METHOD(fixture, "what somebody sets for an inverter is told to it where it is smaller") {
  standing = "inverter_0/charge_current_limit 40 - anna";
  const auto done = set("a", "charge_current_limit", 40);
  CHECK(done.outcome == outcome::done);
  CHECK(done.read_back == "40.0");
  CHECK(given["charge_current_limit"] == 40);
  CHECK(given["discharge_current_limit"] == 120);
  CHECK(words("inverter_0/charge_bounds")
            .starts_with("setpoint 40.0 A set to 40 A by anna until it is set again; bms 100.0 A"));
  pass(120'000); // each renewal of the link gives the smaller one
  CHECK(given["charge_current_limit"] == 40);
  battery_charge_a = 30; // never looser than the battery
  pass(2'000);
  CHECK(given["charge_current_limit"] == 30);
  CHECK(words("inverter_0/charge_bounds").starts_with("bms 30.0 A"));
  battery_charge_a = 100;
  pass(2'000);
  CHECK(given["charge_current_limit"] == 40);
}

TEST_CASE_METHOD(fixture, "a cap above what the battery allows loosens nothing, and says so") {
  const auto done = set("a", "charge_current_limit", 150);
  CHECK(done.outcome == outcome::done);
  CHECK(done.read_back == "100.0");
  CHECK(given["charge_current_limit"] == 100);
  CHECK(words("inverter_0/charge_bounds").starts_with("bms 100.0 A"));
}

TEST_CASE_METHOD(fixture, "F-137 a cap for a time goes back, and the battery's limit follows") {
  CHECK(set("a", "charge_current_limit", 60).outcome == outcome::done);
  CHECK(set("b", "charge_current_limit", 40, "operator", 5'000).outcome == outcome::done);
  CHECK(given["charge_current_limit"] == 40);
  pass(6'000);
  CHECK(given["charge_current_limit"] == 60);
  CHECK(states() == std::vector<std::string>{"reverted"});
}

TEST_CASE_METHOD(fixture, "a cap is loosened by an engineer at the plant alone") {
  CHECK(set("a", "charge_current_limit", 40).outcome == outcome::done);
  CHECK(set("b", "charge_current_limit", 60).reasons ==
        std::vector<std::string>{
            "to loosen a limit needs role engineer, not operator; 40.0 A is in force"});
  who = priority::remote;
  CHECK(set("c", "charge_current_limit", 60, "service").outcome == outcome::rejected);
  CHECK(given["charge_current_limit"] == 40);
  CHECK(set("d", "charge_current_limit", 30, "operator").outcome == outcome::done);
  who = priority::person;
  CHECK(set("e", "SetChargeCurrentLimit", 60, "engineer").outcome == outcome::done);
  CHECK(given["charge_current_limit"] == 60);
}

TEST_CASE_METHOD(fixture, "a lower bound of voltage is capped upwards, an upper one downwards") {
  CHECK(given["charge_voltage_limit"] == 1'700);
  CHECK(given["discharge_voltage_limit"] == 1'400);
  CHECK(set("a", "discharge_voltage_limit", 1'450).outcome == outcome::done);
  CHECK(set("b", "charge_voltage_limit", 1'650).outcome == outcome::done);
  CHECK(given["discharge_voltage_limit"] == 1'450);
  CHECK(given["charge_voltage_limit"] == 1'650);
  CHECK(set("c", "discharge_voltage_limit", 1'300).outcome == outcome::rejected);
  CHECK(set("d", "discharge_voltage_limit", 1'300, "engineer").outcome == outcome::done);
  CHECK(given["discharge_voltage_limit"] == 1'400); // the battery's own
}

TEST_CASE_METHOD(fixture, "a cap of power holds the current down by the battery's voltage") {
  CHECK(set("a", "discharge_power_limit", 79'200).outcome == outcome::done);
  CHECK(given["discharge_current_limit"] == Approx(50)); // at 1,584 V
  CHECK(given["discharge_power_limit"] == Approx(79'200));
  CHECK(words("inverter_0/discharge_bounds").starts_with("setpoint 50.0 A set to 79200 W"));
}

TEST_CASE_METHOD(fixture, "F-138 a cap that is no number of the point's range is refused") {
  for (const double value : {-1.0, 200.1, std::nan("")})
    CHECK(set("a" + std::to_string(value), "charge_current_limit", value).outcome ==
          outcome::rejected);
  CHECK(set("b", "heartbeat", 1).outcome == outcome::rejected);
  CHECK(given["charge_current_limit"] == 100);
}

TEST_CASE_METHOD(fixture, "F-133 an older cap that comes late does not act, by whatever name") {
  CHECK(set("new", "charge_current_limit", 60, "operator", 0, 9).outcome == outcome::done);
  CHECK(set("old", "SetChargeCurrentLimit", 40, "operator", 0, 8).outcome == outcome::rejected);
  CHECK(given["charge_current_limit"] == 60);
}

TEST_CASE_METHOD(fixture, "F-131 the same cap with the same key acts once") {
  CHECK(set("a", "charge_current_limit", 60).outcome == outcome::done);
  CHECK(set("b", "charge_current_limit", 40).outcome == outcome::done);
  CHECK(set("a", "charge_current_limit", 60).outcome == outcome::done);
  CHECK(given["charge_current_limit"] == 40);
}

TEST_CASE_METHOD(fixture, "a cap outlives a restart of the link, a raise does not") {
  CHECK(set("a", "charge_current_limit", 40).outcome == outcome::done);
  CHECK(set("b", "charge_current_limit", 80, "engineer", 600'000).outcome == outcome::done);
  CHECK(given["charge_current_limit"] == 80);
  fixture next(node.journal.records);
  CHECK(next.given["charge_current_limit"] == 40);
}

TEST_CASE_METHOD(fixture,
                 "a register that somebody else wrote tighter is what binds, and stays told") {
  pass(15'000);
  REQUIRE(words("inverter_0/bms_communication") == "Normal");
  REQUIRE(words("inverter_0/charge_bounds").find("its register") == std::string::npos);
  power_read_w = 0;
  pass(1'000);
  CHECK(words("inverter_0/charge_bounds")
            .starts_with("inverter 0.0 A its register charge_power_limit reads 0 W; "));
  CHECK(words("inverter_0/discharge_bounds").find("its register") == std::string::npos);
  CHECK(words("inverter_0/bms_communication") == "Degraded");
  CHECK(given["charge_current_limit"] == 100); // what it is told stays
  pass(60'000);
  CHECK(words("inverter_0/bms_communication") == "Degraded");
  const auto told = set("a", "charge_power_limit", 50'000);
  CHECK(told.outcome == outcome::done);
  CHECK(told.read_back == "0.0");
  power_read_w.reset();
  pass(1'000);
  CHECK(words("inverter_0/bms_communication") == "Normal");
  CHECK(words("inverter_0/charge_bounds").find("its register") == std::string::npos);
}

} // namespace inverter_link_people_caps_test
