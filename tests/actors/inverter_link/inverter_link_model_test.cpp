#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

#include "actors/inverter_link/link_bench.hpp"
#include "messages/event_codes.hpp"

namespace inverter_link_model_test {

using namespace voltaic;
using namespace voltaic::actors::inverter_link;
using namespace voltaic::actors::inverter_link::testing;
using messages::inverter::item_of;

TEST_CASE("an inverter is told the battery's limits once its heartbeat is steady") {
  bench bench(options_of("discover.json"));
  bench.pass(2 * second);
  CHECK(bench.link.told().charge_current_a == 0);
  CHECK(bench.text(0) == "Connecting");
  bench.pass(3 * second);
  CHECK(bench.link.told().charge_current_a == 100);
  CHECK(bench.link.told().discharge_current_a == 120);
  CHECK(bench.text(0) == "Normal");
  CHECK(bench.text(10) == "bms 100.0 A rack_0 its rating");
}

TEST_CASE("frames go out once a period, each at its phase, whatever they say") {
  bench bench(options_of("discover.json"));
  bench.pass(10 * second);
  std::vector<std::int64_t> limits_us;
  std::vector<std::int64_t> charge_us;
  for (const auto& frame : bench.frames) {
    if (frame.id == 0x351) limits_us.push_back(frame.time_us);
    if (frame.id == 0x355) charge_us.push_back(frame.time_us);
  }
  REQUIRE(limits_us.size() == 10);
  REQUIRE(charge_us.size() >= 8); // not before its values are known
  for (std::size_t i = 1; i < limits_us.size(); ++i)
    CHECK(limits_us[i] - limits_us[i - 1] == second);
  CHECK((charge_us.back() - limits_us.front()) % second == 40 * messages::us_per_ms);
}

TEST_CASE("the same limit said again changes no byte on the wire") {
  bench bench(options_of("discover.json"));
  bench.pass(6 * second);
  bench.frames.clear();
  bench.pass(20 * second);
  std::map<std::uint32_t, messages::can::frame> first;
  for (auto frame : bench.frames) {
    frame.time_us = 0;
    CHECK(first.try_emplace(frame.id, frame).first->second == frame);
  }
}

TEST_CASE("limits that nobody says any more are zero, and come back with their sender") {
  bench bench(options_of("discover.json"));
  bench.pass(6 * second);
  REQUIRE(bench.link.told().charge_current_a == 100);
  SECTION("silence") {
    bench.battery_speaks = false;
  }
  SECTION("stale") {
    bench.values[0] = bench.values[1] = std::nullopt;
  }
  bench.pass(2 * second);
  CHECK(bench.link.told().charge_current_a == 0);
  CHECK(bench.link.told().discharge_current_a == 0);
  CHECK(bench.link.told().charge.front().cause == cause::no_data);
  CHECK(bench.text(0) == "Degraded");
  bench.battery_speaks = true;
  bench.values[0] = bench.values[1] = 90;
  bench.pass(2 * second);
  CHECK(bench.link.told().charge_current_a == 90);
  CHECK(bench.text(0) == "Normal");
}

TEST_CASE("limits that are only repeated from memory count as said by nobody") {
  bench bench(options_of("discover.json"));
  bench.pass(6 * second);
  bench.battery_speaks = false;
  const auto last_us = bench.now_us;
  for (int i = 0; i < 5; ++i) {
    bench.pass(second / 2);
    const auto now_us = std::exchange(bench.now_us, last_us);
    bench.say_system(); // its source time stands still
    bench.now_us = now_us;
  }
  CHECK(bench.link.told().charge_current_a == 0);
}

TEST_CASE("a limit that falls goes out at once, one that rises at its time") {
  bench bench(options_of("discover.json"));
  bench.pass(6 * second);
  const auto limit_frames = [&] {
    return std::ranges::count_if(bench.frames, [](const auto& each) { return each.id == 0x351; });
  };
  const auto tell = [&](double charge_a) {
    bench.frames.clear();
    bench.values[0] = charge_a;
    bench.say_system();
    bench.pass(50 * messages::us_per_ms);
  };
  bench.pass(500 * messages::us_per_ms); // between two of its times
  tell(99);                              // too little to hurry for
  CHECK(limit_frames() == 0);
  tell(40);
  CHECK(limit_frames() == 1);
  tell(20); // not sooner than a tenth of a second after the last one
  CHECK(limit_frames() == 0);
  bench.pass(100 * messages::us_per_ms);
  CHECK(limit_frames() == 1);
  tell(90);
  bench.pass(100 * messages::us_per_ms);
  CHECK(limit_frames() == 0);
  tell(0);
  CHECK(limit_frames() == 1);
  bench.frames.clear();
  bench.pass(10 * second); // and its times are what they were
  CHECK(limit_frames() == 10);
}

TEST_CASE("zero limits are said in frames too where nobody says the voltages any more") {
  auto options = options_of("discover.json");
  options.charge_voltage_v.reset();
  options.discharge_voltage_v.reset();
  bench bench(options);
  bench.values[6] = 1'680;
  bench.values[7] = 1'440;
  bench.pass(6 * second);
  const auto last = [&] {
    const auto found = std::find_if(bench.frames.rbegin(), bench.frames.rend(),
                                    [](const auto& frame) { return frame.id == 0x351; });
    REQUIRE(found != bench.frames.rend());
    return *found;
  };
  CHECK(last().data[2] + 256 * last().data[3] == 1'000);
  bench.battery_speaks = false;
  bench.pass(5 * second);
  bench.frames.clear();
  bench.pass(2 * second);
  const auto said = last();
  CHECK(said.data[0] + 256 * said.data[1] == 16'800);
  for (const std::size_t byte : {2U, 3U, 4U, 5U}) CHECK(said.data[byte] == 0);
  CHECK(said.data[6] + 256 * said.data[7] == 14'400);
}

TEST_CASE("charging folds back near its voltage, linearly to nothing at it") {
  auto options = options_of("discover.json");
  options.fold_back = fold_back{20};
  bench bench(options);
  bench.values[2] = 1660;
  bench.pass(6 * second);
  CHECK(bench.link.told().charge_current_a == 100);
  bench.values[2] = 1670;
  bench.pass(2 * second);
  CHECK(bench.link.told().charge_current_a == Approx(50));
  CHECK(bench.link.told().charge.front().cause == cause::fold_back);
  CHECK(bench.link.told().discharge_current_a == 120);
  bench.values[2] = 1681;
  bench.pass(2 * second);
  CHECK(bench.link.told().charge_current_a == 0);
  bench.values[2] = std::nullopt;
  bench.pass(2 * second);
  CHECK(bench.link.told().charge_current_a == 0);
}

TEST_CASE("discharging folds back near its voltage, linearly to nothing at it") {
  auto options = options_of("discover.json");
  options.discharge_fold_back = fold_back{20};
  bench bench(options);
  bench.values[2] = 1460;
  bench.pass(6 * second);
  CHECK(bench.link.told().discharge_current_a == 120);
  bench.values[2] = 1455;
  bench.pass(2 * second);
  CHECK(bench.link.told().discharge_current_a == Approx(90));
  CHECK(bench.link.told().discharge.front().cause == cause::fold_back);
  CHECK(bench.link.told().discharge.front().detail == "15.0 V above 1440.0 V");
  CHECK(bench.link.told().charge_current_a == 100);
  bench.values[2] = 1439;
  bench.pass(2 * second);
  CHECK(bench.link.told().discharge_current_a == 0);
  CHECK(bench.link.told().charge_current_a == 100);
}

TEST_CASE("a limit that somebody set is named with who set it and until when") {
  bench bench(options_of("discover.json"));
  bench.charge_reasons = {"reported_charge_current_limit"};
  bench.rack_limit_a = 40;
  bench.setpoints =
      "bms_0/charge_current_limit 40 2026-11-22T03:10:00Z anna; "
      "bms_0/discharge_current_limit 40 - bert";
  bench.pass(6 * second);
  const auto& first = bench.link.told().charge.front();
  CHECK(first.cause == cause::setpoint);
  CHECK(first.detail == "rack_0 set to 40 A by anna until 2026-11-22T03:10:00Z");
  // What holds the charge down is no reason of the discharge.
  CHECK(bench.link.told().discharge.front().cause == cause::bms);
  CHECK(bench.link.told().discharge.front().detail == "rack_0 its rating");
  bench.discharge_reasons = {"reported_discharge_current_limit"};
  bench.pass(2 * second);
  CHECK(bench.link.told().discharge.front().detail ==
        "rack_0 set to 40 A by bert until it is set again");
  // What the rack reports by itself is nobody's setpoint.
  bench.rack_limit_a = 35;
  bench.pass(2 * second);
  CHECK(bench.link.told().discharge.front().detail == "rack_0 reported_discharge_current_limit");
}

TEST_CASE("right behind a closing no limit is explained by what is over") {
  bench bench(options_of("discover.json"));
  bench.contactor_word = "open";
  bench.values[0] = bench.values[1] = 0; // system/ says nothing of open racks
  bench.pass(6 * second);
  CHECK(bench.text(10) == "bms 0.0 A no rack is closed");
  bench.contactor_word = "closed";
  bench.say_system();
  bench.said = {};
  bench.pass(causes_spacing_us);
  REQUIRE_FALSE(bench.said.blocks.empty()); // at once
  CHECK(bench.text(10) == "bms 0.0 A rack_0 allows 100.0 A, the battery's limit does not yet");
  CHECK(bench.text(11) == "bms 0.0 A rack_0 allows 100.0 A, the battery's limit does not yet");
  bench.values[0] = 100;
  bench.say_system();
  bench.pass(causes_spacing_us);
  CHECK(bench.text(10) == "bms 100.0 A rack_0 its rating");
}

TEST_CASE("what binds is said when another cause does, and no more often than that") {
  bench bench(options_of("discover.json"));
  bench.pass(6 * second);
  bench.battery_speaks = false;
  bench.pass(points_period_us - step_us); // the regular ones are told apart by their time
  int said = 0;
  for (int change = 0; change < 20; ++change) {
    bench.charge_reasons = {change % 2 == 0 ? "derating/soc" : "derating/temperature"};
    bench.say_system();
    bench.said = {};
    bench.pass(step_us);
    said += bench.said.blocks.empty() ? 0 : 1;
  }
  CHECK((said >= 2 && said <= 4)); // in 200 ms
}

TEST_CASE("the state of health is the battery's, the last known, and 100 % where nobody has one") {
  const auto soh_of = [](bench& on) {
    messages::inverter::payload told;
    const auto profile = tests::shared_inverter("discover.json");
    for (const auto& frame : on.frames)
      (void)messages::inverter::decode(profile->frames, profile->options, frame, told);
    return *told.number(item_of("soh"));
  };
  bench bench(options_of("discover.json"));
  bench.pass(3 * second);
  CHECK(soh_of(bench) == 100);
  bench.values[5] = 87;
  bench.pass(3 * second);
  CHECK(soh_of(bench) == 87);
  bench.values[5] = std::nullopt;
  bench.pass(5 * second);
  CHECK(soh_of(bench) == 87);
}

TEST_CASE("the remaining capacity is the capacity times the state of charge, and never a false 0") {
  static constexpr std::uint32_t capacities_id = 0x354;
  const auto sent_by = [](const bench& on) {
    return std::ranges::count(on.frames, capacities_id, &messages::can::frame::id);
  };
  const auto remaining_of = [](const bench& on) {
    messages::inverter::payload told;
    const auto profile = tests::shared_inverter("discover.json");
    for (const auto& frame : on.frames)
      (void)messages::inverter::decode(profile->frames, profile->options, frame, told);
    return told.number(item_of("remaining_capacity"));
  };
  bench bench(options_of("discover.json")); // one rack of 280 Ah
  bench.pass(3 * second);
  CHECK(remaining_of(bench) == 140); // at 50 %
  bench.values[4] = 75;
  bench.pass(3 * second);
  CHECK(remaining_of(bench) == 210);
  bench.values[4] = 0; // that is known, and empty
  bench.pass(3 * second);
  CHECK(remaining_of(bench) == 0);
  bench.values[4] = 60;
  bench.pass(3 * second);
  // Nobody knows the state of charge: as with the frame that tells that, nothing is told.
  bench.values[4] = std::nullopt;
  bench.pass(3 * second);
  const auto before = sent_by(bench);
  bench.pass(5 * second);
  CHECK(sent_by(bench) == before);
  CHECK(remaining_of(bench) == 168);
}

TEST_CASE("what binds is the smallest of battery, level and inverter") {
  auto options = options_of("discover.json");
  options.charge_current_max_a = 80;
  bench bench(options);
  bench.discharge_reasons = {"cell_undervoltage/warning"};
  bench.pass(6 * second);
  CHECK(bench.link.told().charge_current_a == 80);
  CHECK(bench.link.told().charge.front().cause == cause::inverter);
  CHECK(bench.link.told().discharge.front().cause == cause::derating);
  CHECK(bench.link.told().discharge.front().detail == "rack_0 cell_undervoltage/warning");
  CHECK(bench.text(10) == "inverter 80.0 A its rating; bms 100.0 A rack_0 its rating");
  CHECK(bench.text(11) == "derating 120.0 A rack_0 cell_undervoltage/warning");
}

TEST_CASE("alarms and warnings of protection reach the inverter as what they are") {
  bench bench(options_of("discover.json"));
  bench.charge_reasons = {"cell_overvoltage/alarm", "charge_undertemperature/warning"};
  bench.pass(6 * second);
  messages::inverter::payload told;
  const auto profile = tests::shared_inverter("discover.json");
  for (const auto& frame : bench.frames)
    (void)messages::inverter::decode(profile->frames, profile->options, frame, told);
  CHECK(told.flag(item_of("alarm_high_voltage")) == true);
  CHECK(told.flag(item_of("warning_low_temperature_charge")) == true);
  CHECK(told.flag(item_of("alarm_low_voltage")) == false);
  CHECK(told.flag(item_of("alarm_general")) == true);
  CHECK(*told.number(item_of("current")) == Approx(10));
}

TEST_CASE("derating alone is no alarm to an inverter") {
  bench bench(options_of("discover.json"));
  bench.charge_reasons = {"derating/soc"};
  bench.discharge_reasons = {"derating/temperature"};
  bench.pass(6 * second);
  messages::inverter::payload told;
  const auto profile = tests::shared_inverter("discover.json");
  for (const auto& frame : bench.frames)
    (void)messages::inverter::decode(profile->frames, profile->options, frame, told);
  CHECK(told.flag(item_of("alarm_general")) == false);
}

TEST_CASE("declared limits by voltage hold only where they were declared, while it measures") {
  auto options = options_of("sma_sunny_island.json");
  options.fallback = voltage_fallback{5, 6, 1500, 1600};
  bench bench(options);
  bench.battery_speaks = false;
  const auto measure = [&](double volts) {
    messages::can::frame said;
    said.id = 0x305;
    said.length = 8;
    const auto raw = static_cast<std::uint16_t>(volts * 10);
    said.data[0] = static_cast<std::uint8_t>(raw);
    said.data[1] = static_cast<std::uint8_t>(raw >> 8);
    bench.link.take({&said, 1}, bench.now_us);
    bench.pass(second / 2);
  };
  bench.inverter_beats = false;
  for (int i = 0; i < 8; ++i) measure(1550);
  CHECK(bench.link.told().charge_current_a == 5);
  CHECK(bench.link.told().discharge_current_a == 6);
  CHECK(bench.link.told().charge.front().cause == cause::fallback);
  measure(1610);
  CHECK(bench.link.told().charge_current_a == 0);
  for (int i = 0; i < 2; ++i) measure(1550);
  bench.pass(6 * second);
  CHECK(bench.link.told().charge_current_a == 0);
}

TEST_CASE("without declared limits by voltage nothing flows while nobody says the battery's") {
  bench bench(options_of("sma_sunny_island.json"));
  bench.battery_speaks = false;
  bench.inverter_beats = false;
  for (int i = 0; i < 8; ++i) {
    messages::can::frame said;
    said.id = 0x305;
    said.length = 8;
    said.data[0] = 0x8C; // 1550.0 V
    said.data[1] = 0x3C;
    bench.link.take({&said, 1}, bench.now_us);
    bench.pass(second / 2);
    CHECK(bench.link.told().charge_current_a == 0);
    CHECK(bench.link.told().discharge_current_a == 0);
  }
}

TEST_CASE("an inverter that charges to another voltage is told after a while") {
  auto options = options_of("sma_sunny_island.json"); // of 48 V: its frames have room for no more
  options.charge_voltage_v = 56;
  options.discharge_voltage_v = 44;
  bench bench(options);
  bench.values[2] = 50;
  bench.inverter_beats = false;
  const auto say = [&](std::uint16_t tenths, std::int64_t at_us) {
    messages::can::frame said;
    said.id = 0x306;
    said.length = 8;
    said.data[6] = static_cast<std::uint8_t>(tenths);
    said.data[7] = static_cast<std::uint8_t>(tenths >> 8);
    bench.link.take({&said, 1}, at_us);
  };
  const auto charge_to = [&](std::uint16_t tenths) {
    for (int i = 0; i < 12; ++i) {
      bench.beat();
      say(tenths, bench.now_us);
      bench.pass(second);
    }
  };
  charge_to(560);
  CHECK_FALSE(bench.state_told(messages::event_codes::inverter_absorption));
  charge_to(580);
  CHECK(bench.state_told(messages::event_codes::inverter_absorption) == "absorption_differs");
  CHECK(bench.text(0) == "Degraded");
  // A stamp that runs back, as where UTC steps, makes nothing unknown.
  say(580, bench.now_us - 60 * second);
  bench.pass(step_us);
  CHECK(bench.state_told(messages::event_codes::inverter_absorption) == "absorption_differs");
  charge_to(560);
  CHECK(bench.state_told(messages::event_codes::inverter_absorption) == "absorption_agrees");
}

TEST_CASE("a second battery on the inverter's bus is told") {
  bench bench(options_of("discover.json"));
  bench.pass(6 * second);
  messages::can::frame foreign;
  foreign.id = 0x351;
  foreign.length = 8;
  bench.link.take({&foreign, 1}, bench.now_us);
  bench.pass(second);
  CHECK(bench.state_told(messages::event_codes::inverter_rival) == "two_batteries");
  CHECK(bench.text(0) == "Degraded");
  bench.pass(12 * second);
  CHECK(bench.text(0) == "Normal");
}

TEST_CASE("a high-voltage inverter is answered when it asks, and only then") {
  bench bench(options_of("pylontech_hv.json"));
  bench.inverter_beats = false;
  bench.pass(3 * second);
  CHECK(bench.frames.empty());
  messages::can::frame asked;
  asked.id = 0x4200;
  asked.extended = true;
  asked.length = 8;
  for (int i = 0; i < 4; ++i) {
    bench.frames.clear();
    bench.link.take({&asked, 1}, bench.now_us);
    bench.pass(second);
  }
  // What nobody measures is left out: no cell of -100 degC.
  std::vector<std::uint32_t> ids;
  for (const auto& frame : bench.frames) ids.push_back(frame.id);
  CHECK(ids == std::vector<std::uint32_t>{0x4210, 0x4220, 0x4250, 0x4280, 0x4290});
  CHECK(bench.link.told().charge_current_a == 100);
  bench.frames.clear();
  asked.data[0] = 2;
  bench.link.take({&asked, 1}, bench.now_us);
  bench.pass(second);
  CHECK(bench.frames.size() == 4);
  CHECK(bench.frames.front().id == 0x7310);
}

TEST_CASE(
    "a high-voltage inverter is told cells, modules and temperatures of racks that say them") {
  bench bench(options_of("pylontech_hv.json"));
  bench.inverter_beats = false;
  const std::vector<std::pair<const char*, double>> extremes = {
      {"cell_voltage_min", 3.300},  {"cell_voltage_min_index", 7},
      {"cell_voltage_max", 3.350},  {"cell_voltage_max_index", 479},
      {"cell_temperature_min", 20}, {"cell_temperature_min_index", 0},
      {"cell_temperature_max", 30}, {"cell_temperature_max_index", 239},
      {"module_voltage_min", 52.8}, {"module_voltage_min_index", 3},
      {"module_voltage_max", 53.6}, {"module_voltage_max_index", 29}};
  std::vector<messages::point_description> points;
  for (const auto& [name, value] : extremes)
    points.push_back(messages::points::describe("rack_0", {name, name, "", 3}, second));
  const auto described = messages::points::make_catalogue("bms_0", points);
  bench.link.learn(described);
  messages::can::frame asked;
  asked.id = 0x4200;
  asked.extended = true;
  asked.length = 8;
  for (int i = 0; i < 15; ++i) {
    messages::telemetry said{"bms_0", described.fingerprint, {}};
    for (const auto& [name, value] : extremes) {
      messages::block block;
      block.point = static_cast<std::uint16_t>(said.blocks.size());
      block.source_time_us = bench.now_us;
      block.quality = messages::quality::good;
      block.values = messages::block::reals{value};
      said.blocks.push_back(std::move(block));
    }
    bench.link.take(said, bench.now_us);
    bench.frames.clear();
    bench.link.take({&asked, 1}, bench.now_us);
    bench.pass(second);
  }
  std::map<std::uint32_t, messages::can::frame> told;
  for (const auto& frame : bench.frames) told[frame.id] = frame;
  REQUIRE(told.contains(0x4260));
  const auto& modules = told[0x4260].data;
  const auto word = [&](std::size_t at) { return modules[at] + 256 * modules[at + 1]; };
  CHECK(word(0) == 53'600); // mV
  CHECK(word(2) == 52'800);
  CHECK(word(4) == 29);
  CHECK(word(6) == 3);
  CHECK(told.contains(0x4230));
  CHECK(told.contains(0x4240));
  CHECK(told.contains(0x4270));
  CHECK(bench.text(0) == "Normal");
}

TEST_CASE("a charge that is stopped lowers the voltage to what the battery has, never to zero") {
  bench bench(options_of("discover.json"));
  bench.values[0] = 0;
  bench.pass(6 * second);
  CHECK(*bench.link.told().charge_voltage_v == Approx(1584));
  CHECK(bench.link.told().discharge_current_a == 120);
}

TEST_CASE("options of a link are told wrong all at once") {
  model_options none;
  CHECK(none.validate().size() == 3);
  auto good = options_of("discover.json");
  CHECK(good.validate().empty());
  good.fold_back = fold_back{0};
  good.device = "inverter_0";
  CHECK(good.validate().size() == 2);
}

} // namespace inverter_link_model_test
