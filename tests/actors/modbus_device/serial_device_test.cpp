#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "actors/modbus_device/modbus_device_actor.hpp"
#include "actors/modbus_device/unit_plans.hpp"
#include "actors/simulator/serial_battery_model.hpp"
#include "messages/profiles/load.hpp"
#include "support/test_node.hpp"

// A battery on plain RS-485 that feeds a rack, asked by its shipped profile and answered by the
// simulated one.
namespace voltaic::actors::modbus_device::serial_device_test {
namespace {

using bus::modbus::outcome;
using bus::modbus::poll;
using tests::test_node;

constexpr std::int64_t ms = messages::us_per_ms;
constexpr std::uint8_t address = 2;

std::shared_ptr<const messages::profiles::device_profile> shipped_profile() {
  const std::string path = VOLTAIC_SOURCE_FOLDER "/configs/profiles/pylontech_rs485.json";
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  auto loaded = messages::profiles::load_profile(text, path);
  REQUIRE(std::holds_alternative<messages::profiles::device_profile>(loaded));
  return std::make_shared<const messages::profiles::device_profile>(
      std::get<messages::profiles::device_profile>(std::move(loaded)));
}

/// Hears the time of its chain.
class clock_watcher final : public runtime::actor {
 public:
  clock_watcher(runtime::context& context, std::vector<std::int64_t>& heard) : heard_(heard) {
    context.listen({}, runtime::kind::tick);
  }
  using runtime::actor::receive;
  void receive(const messages::message& message) override {
    if (const auto* tick = std::get_if<messages::tick>(&message.payload))
      heard_.push_back(tick->monotonic_us);
  }

 private:
  std::vector<std::int64_t>& heard_;
};

struct fixture {
  fixture() : node({group()}) { node.advance(100 * ms); }

  runtime::group_spec group() {
    runtime::group_spec made;
    made.children.push_back({"pack_0", "modbus_device", [this](runtime::context& context) {
                               actor_options options;
                               options.model = {"pack_0", profile, "rack_0"};
                               options.unit = address;
                               options.write = [](auto) { return true; };
                               return std::make_unique<modbus_device_actor>(context,
                                                                            std::move(options));
                             }});
    made.children.push_back({"watcher", "watcher", [this](runtime::context& context) {
                               return std::make_unique<clock_watcher>(context, ticks);
                             }});
    return made;
  }

  poll round_of(std::uint16_t question) {
    poll made;
    made.unit = address;
    made.first_read = question;
    made.now_us = node.clock.now().monotonic_us;
    made.utc_offset_us = node.clock.now().utc_us - made.now_us;
    bus::modbus::read_answer answer;
    answer.request = {bus::modbus::table::holding, question, 1};
    answer.outcome = outcome::done;
    answer.time_us = made.now_us;
    const auto data = battery.data_of(question);
    answer.registers.assign(data.begin(), data.end());
    made.answers.push_back(std::move(answer));
    return made;
  }
  poll time_alone() {
    poll made;
    made.now_us = node.clock.now().monotonic_us;
    made.utc_offset_us = node.clock.now().utc_us - made.now_us;
    return made;
  }
  void deliver(poll round) { node.post("pack_0", std::make_shared<const poll>(std::move(round))); }
  /// The newest block that was said of a point.
  messages::block newest(std::string_view name) {
    const auto point = *profile->find_point(name);
    messages::block found;
    for (const auto& message : node.outside.all<messages::telemetry>())
      for (const auto& block : std::get<messages::telemetry>(message.payload).blocks)
        if (block.point == point) found = block;
    return found;
  }

  std::shared_ptr<const messages::profiles::device_profile> profile = shipped_profile();
  simulator::serial_battery_model battery{profile, address};
  std::vector<std::int64_t> ticks;
  test_node node;
};

} // namespace

TEST_CASE_METHOD(fixture, "a battery on plain RS-485 says its points as its rack's") {
  deliver(round_of(0));
  const auto cells = newest("cell_voltage");
  CHECK(cells.quality == messages::quality::good);
  const auto& words = std::get<messages::block::words>(cells.values);
  REQUIRE(words.size() == 15);
  CHECK(words[0] == 3'300);
  CHECK(words[14] == 3'314);
  const auto all = node.outside.all<messages::catalogue>();
  REQUIRE_FALSE(all.empty());
  CHECK(std::get<messages::catalogue>(all[0].payload).points[0].name == "rack_0/cell_voltage");
  CHECK(std::get<messages::catalogue>(all[0].payload).points[0].channel == "pack_0/CellVoltage");
}

TEST_CASE_METHOD(fixture, "the time of the line is the time of the chain, and ages its values") {
  deliver(round_of(0));
  const auto first_us = node.clock.now().monotonic_us;
  REQUIRE(ticks == std::vector<std::int64_t>{first_us});
  // The node's own clock alone lets nothing age: the chain is judged by its line's.
  node.advance(2'000 * ms);
  CHECK(newest("cell_voltage").quality == messages::quality::good);
  CHECK(ticks.size() == 1);
  deliver(time_alone());
  CHECK(ticks.size() == 2);
  CHECK(newest("cell_voltage").quality == messages::quality::stale);
  CHECK(newest("cell_voltage").source_time_us == first_us);
  // Good again with the third sample in a row.
  deliver(round_of(0));
  deliver(round_of(0));
  CHECK(newest("cell_voltage").quality == messages::quality::stale);
  deliver(round_of(0));
  CHECK(newest("cell_voltage").quality == messages::quality::good);
}

TEST_CASE_METHOD(fixture, "an answer with more cells than the profile has is invalid, and told") {
  deliver(round_of(0));
  auto round = round_of(0);
  round.answers[0].registers[2] = 16;
  deliver(round);
  CHECK(newest("cell_voltage").quality == messages::quality::invalid);
  const auto all = node.outside.all<messages::event>();
  REQUIRE_FALSE(all.empty());
  const auto& event = std::get<messages::event>(all.back().payload);
  CHECK(event.state == "degraded");
  CHECK(event.code == "MB_EXC");
  CHECK(event.reason == "values: it has 16 of cell_voltage, and the profile 15");
}

TEST_CASE_METHOD(fixture, "what a scenario lays over a simulated battery goes over its wire") {
  REQUIRE(battery.set("cell_voltage", 3, simulator::equipment_effect::value, 3.95));
  REQUIRE(battery.set("total_capacity", {}, simulator::equipment_effect::invalid, 0));
  deliver(round_of(0));
  CHECK(std::get<messages::block::words>(newest("cell_voltage").values)[3] == 3'950);
  CHECK(newest("total_capacity").quality == messages::quality::invalid);
  CHECK_FALSE(battery.set("cell_voltage", 15, simulator::equipment_effect::value, 3));
  CHECK_FALSE(battery.set("no_point", {}, simulator::equipment_effect::value, 3));
  CHECK_FALSE(battery.set("", {}, simulator::equipment_effect::value, 3));
  // Each fault of frames makes of the same answer something that is no such frame.
  const auto& question = profile->questions[0];
  const auto asked = messages::serial::fill(question.ask, address);
  const auto right = battery.answer(asked).bytes;
  for (const auto effect :
       {simulator::equipment_effect::checksum, simulator::equipment_effect::half_frame,
        simulator::equipment_effect::noise, simulator::equipment_effect::silent}) {
    REQUIRE(battery.set("", {}, effect, 0));
    CHECK(battery.answer(asked).bytes != right);
  }
  REQUIRE(battery.set("", {}, simulator::equipment_effect::release, 0));
  CHECK(battery.answer(asked).bytes == right);
  auto other = asked;
  other.address = 9;
  CHECK(battery.answer(other).bytes.empty());
}

namespace {

constexpr std::string_view settable_text = R"({"name":"settable","version":1,"protocol":"serial",
"commissioned":true,"framing":{"start":"A5","request":"{address} {code} {length} {data} {checksum}",
"answer":"{address} {code} {length} {data} {checksum}","length":{"bytes":1},
"checksum":{"kind":"sum","bytes":1}},"points":{"charge_current":{"channel":"ChargeCurrent",
"type":"u16","unit":"A","scale":0.1,"period_ms":500}},"questions":[{"name":"values","code":"01",
"period_ms":500,"answer":[{"point":"charge_current","bytes":2}]}],"commands":[{"name":"set_current",
"channel":"SetCurrent","point":"charge_current_limit","code":"81","data":"07 {value}",
"value":{"bytes":2,"scale":0.1},"read_back":"charge_current","minimum":0,"maximum":50}]})";

} // namespace

TEST_CASE("a set of a battery on plain RS-485 is done when its answer shows the value") {
  auto loaded = messages::profiles::load_profile(settable_text, "settable.json");
  REQUIRE(std::holds_alternative<messages::profiles::device_profile>(loaded));
  const auto profile = std::make_shared<const messages::profiles::device_profile>(
      std::get<messages::profiles::device_profile>(std::move(loaded)));
  auto made = model::create({"pack_0", profile});
  REQUIRE(made);
  messages::command asked;
  asked.operation = "set";
  asked.point = "pack_0/charge_current_limit";
  asked.value = 60.0;
  CHECK_FALSE(made->plan_set(asked));
  asked.value = 20.5;
  const auto planned = made->plan_set(asked);
  REQUIRE(planned);
  CHECK(planned->write.registers == std::vector<std::uint16_t>{0x00, 0xCD});
  // The simulated one takes it from the frame, and shows it when it is asked.
  simulator::serial_battery_model battery(profile, 5);
  const auto plans = make_unit_plans({"pack_0", profile}, 5);
  REQUIRE(plans);
  const auto& spoken = *plans->front().dialect;
  const std::vector<std::uint8_t> value{0x00, 0xCD};
  CHECK_FALSE(
      battery.answer(messages::serial::fill(spoken.settings[0].order, 5, value)).bytes.empty());
  const auto shown = battery.data_of(0);
  const std::vector<std::uint16_t> held(shown.begin(), shown.end());
  write_result written;
  written.what = write_result::kind::unknown;
  written.read_back = held;
  CHECK(made->judge(asked, *planned, written).outcome == messages::outcome::done);
  const auto told = made->take_read_back(*planned, held, 1);
  REQUIRE(told);
  CHECK(std::get<messages::block::words>(told->blocks[0].values)[0] == 205);
  const std::vector<std::uint16_t> other{0, 0};
  written.read_back = other;
  CHECK(made->judge(asked, *planned, written).outcome == messages::outcome::unknown);
  written.read_back = {};
  CHECK(made->judge(asked, *planned, written).outcome == messages::outcome::unknown);
}

} // namespace voltaic::actors::modbus_device::serial_device_test
