#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "messages/points/output.hpp"
#include "nodes/simulate/simulation.hpp"
#include "support/one_rack_site.hpp"

namespace digital_test {

using namespace voltaic;
using namespace voltaic::nodes;

namespace {

/// One rack with three inputs, on a chip in the node `where`.
site::plan plan_with_inputs(const std::string& where) {
  return tests::one_rack_plan(R"(emergency_stop = "dio_0/emergency_stop"
interlock = "dio_0/interlock"
fire = "dio_0/fire"
reset_key = "dio_0/key"
[[digital]]
name = "dio_0"
chip = "simulated"
node = ")" + where + R"("
[[digital.input]]
name = "emergency_stop"
line = 17
[[digital.input]]
name = "interlock"
line = 18
[[digital.input]]
name = "fire"
line = 19
[[digital.input]]
name = "key"
line = 20
normally_closed = false
[[digital.output]]
name = "contactor_relay"
line = 27
)");
}

/// Two racks that one button opens, on a chip in the node `where`.
site::plan plan_with_one_stop(const std::string& where) {
  return tests::one_rack_plan(R"(emergency_stop = "dio_0/emergency_stop"
[[device]]
name = "bms_1"
profile = "profiles/demo_rack.json"
bus = "can0"
id_offset = 0xC0
[[rack]]
name = "rack_1"
device = "bms_1"
protection = "protection/lfp.toml"
emergency_stop = "dio_0/emergency_stop"
[[digital]]
name = "dio_0"
chip = "simulated"
node = ")" + where + R"("
[[digital.input]]
name = "emergency_stop"
line = 17
)");
}

std::string shown(const simulate::simulated_site& site, const std::string& name) {
  const auto point = site.points().find(name);
  return point ? messages::points::value_text(*point) : "";
}

/// A site whose rack is closed.
class closed_site {
 public:
  explicit closed_site(const std::string& where)
      : plan_(plan_with_inputs(where)), site_(plan_, {}) {
    run(3'000);
    command("close", "rack_0");
    run(4'000);
    REQUIRE(shown(site_, "rack_0/contactor") == "closed");
  }
  void run(std::int64_t duration_ms) {
    for (std::int64_t passed_ms = 0; passed_ms < duration_ms; passed_ms += step_ms) site_.step();
  }
  void command(const std::string& operation, const std::string& subject) {
    auto asked = simulate::make_command(operation, subject, ++number_);
    asked.deadline_utc_us = site_.now().utc_us + simulate::command_deadline_us;
    site_.send(std::move(asked));
  }
  /// How long until the rack has no closed contactor; a second at most.
  std::int64_t opening_ms() {
    for (std::int64_t passed_ms = 0; passed_ms < 1'000; passed_ms += step_ms) {
      if (shown(site_, "rack_0/plus_closed") == "0") return passed_ms;
      run(step_ms);
    }
    return 1'000;
  }
  [[nodiscard]] std::string contactor() const { return shown(site_, "rack_0/contactor"); }
  [[nodiscard]] std::string lock() const { return shown(site_, "rack_0/contactor_lock"); }
  simulate::simulated_site& site() { return site_; }
  static constexpr std::int64_t step_ms = simulate::step_us / messages::us_per_ms;

 private:
  site::plan plan_;
  simulate::simulated_site site_;
  std::size_t number_ = 0;
};

} // namespace

TEST_CASE("F-163 an emergency stop opens the rack of its node within 200 ms as it reports it") {
  for (const auto* input : {"dio_0/emergency_stop", "dio_0/interlock"}) {
    closed_site rack("rack_0");
    rack.site().set({input, true});
    // 30 ms of debouncing, 30 ms of the contactor, 100 ms of its status.
    CHECK(rack.opening_ms() <= 200);
    rack.run(1'000);
    CHECK(rack.contactor() == "open");
    CHECK(rack.lock() == "none");
    rack.site().set({input, false});
    rack.run(15'000);
    CHECK(rack.contactor() == "open");
    rack.command("close", "rack_0");
    rack.run(4'000);
    CHECK(rack.contactor() == "closed");
  }
}

TEST_CASE("F-168 fire opens and locks the rack until service resets it") {
  closed_site rack("rack_0");
  rack.site().set({"dio_0/fire", true});
  CHECK(rack.opening_ms() <= 200);
  rack.run(2'000);
  CHECK(rack.contactor() == "fault");
  CHECK(rack.lock() == "fire_detected");
  rack.site().set({"dio_0/fire", false});
  rack.run(1'000);
  rack.command("close", "rack_0");
  rack.run(4'000);
  CHECK(rack.contactor() == "fault");
  rack.command("reset", "rack_0");
  rack.run(15'000);
  CHECK(rack.lock() == "none");
  CHECK(rack.contactor() == "open");
}

TEST_CASE("F-168 a key that is turned resets the lock of an open rack whose fire is gone") {
  closed_site rack("rack_0");
  const auto turn = [&] {
    rack.site().set({"dio_0/key", true});
    rack.run(1'000);
    rack.site().set({"dio_0/key", false});
    rack.run(6'000);
  };
  turn(); // a closed rack: it stays closed, nothing is reset
  CHECK(rack.contactor() == "closed");
  rack.site().set({"dio_0/fire", true});
  rack.run(2'000);
  REQUIRE(rack.lock() == "fire_detected");
  turn(); // it still burns
  CHECK(rack.lock() == "fire_detected");
  rack.site().set({"dio_0/fire", false});
  rack.run(10'000);
  CHECK(rack.lock() == "fire_detected");
  (void)rack.site().take_messages();
  turn();
  CHECK(rack.lock() == "none");
  CHECK(rack.contactor() == "open");
  rack.run(15'000);
  CHECK(rack.contactor() == "open"); // to reset closes nothing
  bool is_told = false;
  for (const auto& message : rack.site().take_messages()) {
    const auto* said = std::get_if<messages::event>(&message.payload);
    if (said == nullptr || said->state != "reset_key") continue;
    is_told = true;
    CHECK(said->reason == "the key dio_0/key was turned: done");
  }
  CHECK(is_told);
}

TEST_CASE("F-168 a key that is stuck resets nothing, and is an alarm") {
  closed_site rack("rack_0");
  rack.site().set({"dio_0/key", true});
  rack.run(1'000);
  rack.site().set({"dio_0/fire", true});
  rack.run(2'000);
  rack.site().set({"dio_0/fire", false});
  (void)rack.site().take_messages();
  rack.run(40'000);
  CHECK(rack.lock() == "fire_detected");
  std::vector<std::string> told;
  for (const auto& message : rack.site().take_messages()) {
    const auto* said = std::get_if<messages::event>(&message.payload);
    if (said != nullptr && said->kind == "protection" && said->candidate == "reset_key_stuck")
      told.push_back(said->edge + " " + said->level);
  }
  CHECK(told == std::vector<std::string>{"set alarm"});
}

TEST_CASE("inputs of another node open as well, and their node's death opens the rack unlocked") {
  closed_site rack("site");
  REQUIRE(rack.site().kill("site"));
  rack.run(900);
  CHECK(rack.contactor() != "closed");
  rack.run(30'000);
  CHECK(rack.contactor() == "open");
  CHECK(rack.lock() == "none");
}

TEST_CASE(
    "F-163 the loss of what reads an emergency stop is told as that, pressing it as pressing it") {
  for (const bool is_pressed : {true, false}) {
    closed_site rack("site");
    (void)rack.site().take_messages();
    if (is_pressed)
      rack.site().set({"dio_0/emergency_stop", true});
    else
      REQUIRE(rack.site().kill("site", 5 * messages::us_per_s));
    rack.run(8'000);
    std::vector<std::string> inputs;
    std::set<std::string> openings;
    for (const auto& message : rack.site().take_messages()) {
      const auto* said = std::get_if<messages::event>(&message.payload);
      if (said == nullptr) continue;
      if (said->subject == "dio_0" && said->scope == "emergency_stop")
        inputs.push_back(said->state);
      if (said->kind == "contactor") openings.insert(said->reason);
    }
    CHECK(openings ==
          std::set<std::string>{is_pressed ? "emergency_stop" : "emergency_stop_unreadable"});
    // Who reads it begins anew, and then knows.
    CHECK(inputs == (is_pressed ? std::vector<std::string>{"active"}
                                : std::vector<std::string>{"not_heard", "inactive"}));
  }
}

TEST_CASE("an input that cannot be read is an alarm that people see, until it is read again") {
  closed_site rack("site");
  (void)rack.site().take_messages();
  REQUIRE(rack.site().kill("site", 5 * messages::us_per_s));
  rack.run(20'000);
  std::vector<std::string> told;
  for (const auto& message : rack.site().take_messages()) {
    const auto* said = std::get_if<messages::event>(&message.payload);
    if (said == nullptr || said->kind != "protection") continue;
    told.push_back(said->edge + " " + said->candidate + " " + said->level + " " + said->subject);
    if (said->edge == "set" && said->candidate == "emergency_stop_unreadable")
      CHECK(said->reason == "dio_0/emergency_stop is not heard, or has no good value");
  }
  std::ranges::sort(told);
  CHECK(told == std::vector<std::string>{
                    "clear emergency_stop_unreadable alarm rack_0",
                    "clear fire_unreadable alarm rack_0", "clear interlock_unreadable alarm rack_0",
                    "set emergency_stop_unreadable alarm rack_0",
                    "set fire_unreadable alarm rack_0", "set interlock_unreadable alarm rack_0"});
}

TEST_CASE("an output is set by a command, for a time or for good") {
  closed_site rack("rack_0");
  CHECK(rack.site().driven("dio_0") == std::vector<bool>{false});
  auto asked = simulate::make_command("set", "dio_0/contactor_relay", 100);
  asked.value = 1.0;
  asked.lease_ms = 2'000;
  asked.deadline_utc_us = rack.site().now().utc_us + simulate::command_deadline_us;
  rack.site().send(std::move(asked));
  rack.run(500);
  CHECK(rack.site().driven("dio_0") == std::vector<bool>{true});
  CHECK(shown(rack.site(), "dio_0/contactor_relay") == "1");
  rack.run(2'000);
  CHECK(rack.site().driven("dio_0") == std::vector<bool>{false});
}

TEST_CASE("check warns of inputs that reach their rack through the message bus") {
  const auto far = plan_with_inputs("site");
  const auto near = plan_with_inputs("rack_0");
  const auto says = [](const site::plan& plan) {
    return std::ranges::count_if(plan.warnings, [](const auto& one) {
      return one.text.find("through the message bus") != std::string::npos;
    });
  };
  CHECK(says(far) == 3);
  CHECK(says(near) == 0);
  // In its rack's node it comes first, and the chain needs nobody else.
  const auto* node = near.find_node("rack_0");
  REQUIRE(node != nullptr);
  CHECK(node->actors.front().name == "dio_0");
  CHECK_FALSE(node->hears_others);
  CHECK(far.find_node("rack_0")->hears_others);
}

TEST_CASE("check tells once that an input of racks in several nodes cannot be near all of them") {
  const auto warnings = [](const std::string& node) {
    const auto plan = plan_with_one_stop(node);
    std::vector<std::string> found;
    for (const auto& one : plan.warnings)
      if (one.text.find("through the message bus") != std::string::npos) found.push_back(one.text);
    return found;
  };
  const std::string way_out =
      "; dio_0 is in one node and serves racks of "
      "several: to be independent of the bus each of them needs an input of its own in its node, "
      "as "
      "another contact of the same button";
  CHECK(warnings("site") ==
        std::vector<std::string>{"emergency_stop: dio_0/emergency_stop reaches rack_0, rack_1 "
                                 "through the message bus, whose loss opens them" +
                                 way_out});
  CHECK(warnings("rack_0") ==
        std::vector<std::string>{"emergency_stop: dio_0/emergency_stop reaches rack_1 "
                                 "through the message bus, whose loss opens it" +
                                 way_out});
}

TEST_CASE("a trace plays digital inputs by name, 0 or 1") {
  const auto plan = plan_with_inputs("rack_0");
  const auto resolved = [&](const std::string& row) {
    const auto rows = simulate::parse_trace("t_ms,point,index,value\n" + row + "\n", "trace.csv");
    REQUIRE(std::holds_alternative<simulate::trace>(rows));
    return simulate::resolve_trace(std::get<simulate::trace>(rows), plan, "trace.csv");
  };
  CHECK(std::holds_alternative<std::vector<simulate::deed>>(resolved("0,dio_0/fire,,1")));
  CHECK(std::holds_alternative<std::vector<simulate::deed>>(resolved("0,dio_0/fire,,release")));
  for (const auto* wrong : {"0,dio_0/fire,,2", "0,dio_0/fire,,freeze", "0,dio_0/fire,3,1",
                            "0,dio_0/contactor_relay,,1"})
    CHECK(std::holds_alternative<messages::findings>(resolved(wrong)));
}

} // namespace digital_test
