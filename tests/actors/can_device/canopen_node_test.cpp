#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "actors/can_device/canopen_bench.hpp"
#include "actors/can_device/canopen_emergency_model.hpp"
#include "messages/canopen/emergency.hpp"
#include "messages/canopen/identifiers.hpp"
#include "messages/profiles/load.hpp"
#include "messages/support/profiles.hpp"

// A CANopen battery, and the device that commissions it by
// configs/profiles/canopen_418_battery.json.
namespace canopen_node_test {

using namespace voltaic;
using namespace voltaic::actors::can_device;
using namespace canopen_bench;
using actors::simulator::canopen_battery_model;
using actors::simulator::equipment_effect;
using messages::quality;
using messages::canopen::nmt_state;
using messages::profiles::device_profile;

namespace {

messages::can::frame order_of(messages::canopen::nmt_command command, std::uint8_t node) {
  return messages::canopen::make_nmt({command, node});
}

} // namespace

TEST_CASE("a CANopen battery is commissioned by its profile: identified, remapped, started") {
  for (const std::uint32_t offset : {0u, 4u}) {
    bench with(offset);
    REQUIRE(with.await_state("operational"));
    CHECK(with.battery.state() == nmt_state::operational);
    // Only nodes that were found right are started, and each alone.
    CHECK(with.has_sent(
        order_of(messages::canopen::nmt_command::start, static_cast<std::uint8_t>(1 + offset))));
    CHECK_FALSE(with.has_sent(order_of(messages::canopen::nmt_command::start, 0)));
    with.run(1'000 * ms);
    CHECK(with.known("voltage").value == Approx(52.8).margin(0.001));
    CHECK(with.known("cell_voltage", 15).value == Approx(3.3));
    CHECK(with.known("cell_temperature").value == Approx(25));
    CHECK(with.known("soc").value == Approx(50));
    for (const auto* point :
         {"voltage", "cell_voltage", "current", "contactor_state", "serial_number"})
      CHECK(with.is_good(point));
    CHECK(with.known("serial_number").value == 1'001 + offset);
    CHECK(with.known("capacity").value == 100);
    CHECK(with.told.empty());
  }
}

TEST_CASE(
    "a node that runs and is right is not written to or stopped when only its device starts") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.run(1'000 * ms);
  with.begin_anew();
  with.sent.clear();
  REQUIRE(with.await([&] { return with.is_good("voltage"); }));
  CHECK(with.writes() == 0);
  CHECK_FALSE(with.has_sent(order_of(messages::canopen::nmt_command::enter_pre_operational, 1)));
  CHECK(with.battery.state() == nmt_state::operational);
}

TEST_CASE("a node that runs with another mapping is made pre-operational before it is remapped") {
  auto other = tests::load_file("canopen_418_battery.json");
  other.canopen->pdos[0].event_ms = 50;
  bench with(0, other);
  REQUIRE(with.await_state("operational"));
  with.begin_anew(tests::load_file("canopen_418_battery.json"));
  with.sent.clear();
  REQUIRE(with.await_state("operational"));
  CHECK(with.has_sent(order_of(messages::canopen::nmt_command::enter_pre_operational, 1)));
  CHECK(with.battery.objects().get({0x1801, 5}) == 100);
}

TEST_CASE("nothing of a node is believed before it was found right, whatever it sends") {
  bench with;
  with.set("wrong_identity");
  with.run(3'000 * ms);
  CHECK(with.text("canopen_state") == "failed");
  CHECK(with.text("canopen_error").starts_with("D (another vendor): vendor: 1018:01 is 00000567"));
  CHECK(with.count("BOOT_ERROR/failed") == 1);
  CHECK_FALSE(with.has_sent(order_of(messages::canopen::nmt_command::start, 1)));
  CHECK(with.writes() == 0);
  // Somebody else starts it.
  with.others.push_back(messages::canopen::make_error_control(1, {nmt_state::operational, false}));
  messages::can::frame values;
  values.id = 0x281;
  values.length = 7;
  with.others.push_back(values);
  with.run(100 * ms);
  CHECK(with.known("voltage").quality == quality::never);
  // The right one is put in its place.
  REQUIRE(with.battery.set("wrong_identity", {}, equipment_effect::release, 0));
  REQUIRE(with.await_state("operational", 10'000 * ms));
  CHECK(with.count("BOOT_ERROR/operational") == 1);
  CHECK(with.text("canopen_error").empty());
}

TEST_CASE("each number of the identity has its letter") {
  const auto letter_of =
      [](const std::function<void(messages::profiles::canopen_identity&)>& change) {
        auto profile = tests::load_file("canopen_418_battery.json");
        change(profile.canopen->identity);
        bench with(0, std::move(profile));
        with.run(2'000 * ms);
        return with.text("canopen_error").substr(0, 1);
      };
  CHECK(letter_of([](auto& of) { of.device_type = 0x191; }) == "C");
  CHECK(letter_of([](auto& of) { of.vendor_id = 1; }) == "D");
  CHECK(letter_of([](auto& of) { of.product_code = 1; }) == "M");
  CHECK(letter_of([](auto& of) { of.serial_number = 1; }) == "O");
  // 00010002: at least the minor one, exactly the major one.
  CHECK(letter_of([](auto& of) { of.revision_number = 0x0001'0003; }) == "N");
  CHECK(letter_of([](auto& of) { of.revision_number = 0x0000'0002; }) == "N");
  CHECK(letter_of([](auto& of) { of.revision_number = 0x0001'0001; }).empty());
}

TEST_CASE("F-070 a node that never says anything is told by a timer of our own, and found later") {
  bench with;
  with.be_silent(true);
  with.run(4'900 * ms);
  CHECK(with.told.empty());
  REQUIRE(with.await([&] { return with.count("NEVER_SEEN/silent") == 1; }, 300 * ms));
  CHECK(with.text("canopen_state") == "never seen");
  with.run(20'000 * ms);
  CHECK(with.told.size() == 1);
  with.be_silent(false);
  REQUIRE(with.await_state("operational"));
  CHECK(with.count("NEVER_SEEN/seen") == 1);
}

TEST_CASE("F-071 a node that begins anew by itself is lost at once and configured again") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.run(1'000 * ms);
  REQUIRE(with.is_good("voltage"));
  with.sent.clear();
  with.set("reset");
  REQUIRE(with.await([&] { return with.count("NODE_RESET/reset") == 1; }, 100 * ms));
  CHECK(with.known("voltage").quality == quality::stale);
  REQUIRE(with.await([&] { return with.count("NODE_RESET/running") == 1; }));
  // It forgot what was written, and has it again.
  CHECK(with.writes() > 20);
  CHECK(with.battery.objects().get({0x1017, 0}) == 200);
  REQUIRE(with.await([&] { return with.is_good("voltage"); }));
}

TEST_CASE("F-071 a node that begins anew again and again is told seldom and never believed") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.run(1'000 * ms);
  for (int i = 0; i < 50; ++i) {
    with.set("reset");
    with.run(100 * ms);
    CHECK_FALSE(with.is_good("voltage"));
  }
  CHECK(with.count("NODE_RESET/reset") <= 2);
}

TEST_CASE("F-071 a node that resets while it is configured is configured from the first step on") {
  for (int steps = 5; steps < 60; steps += 3) {
    bench with;
    with.run(steps * 10 * ms);
    with.set("reset");
    REQUIRE(with.await_state("operational"));
    with.run(500 * ms);
    CHECK(with.battery.objects().get({0x1800 + 8, 1}) == 0x3A1);
    CHECK(with.is_good("cell_voltage"));
  }
}

TEST_CASE(
    "a node whose heartbeat is missing is lost, and is commissioned again when it comes back") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.run(1'000 * ms);
  with.be_silent(true);
  REQUIRE(with.await([&] { return with.count("NODE_LOST/lost") == 1; }, 800 * ms));
  CHECK(with.known("voltage").quality == quality::stale);
  with.run(10'000 * ms);
  CHECK(with.count("NODE_LOST/lost") == 1);
  with.be_silent(false);
  REQUIRE(with.await_state("operational"));
  CHECK(with.count("NODE_LOST/back") == 1);
}

TEST_CASE("a node that is guarded is asked, and lost when it does not answer") {
  auto profile = tests::load_file("canopen_418_battery.json");
  profile.canopen->heartbeat_ms = 0;
  profile.canopen->heartbeat_timeout_ms = 0;
  profile.canopen->guard_ms = 100;
  bench with(0, profile);
  REQUIRE(with.await_state("operational"));
  with.run(2'000 * ms);
  CHECK(with.is_good("voltage"));
  CHECK(with.told.empty());
  with.pass = [](messages::can::frame& frame) { return frame.id != 0x701; };
  REQUIRE(with.await([&] { return with.count("NODE_LOST/lost") == 1; }, 600 * ms));
}

TEST_CASE("F-065 two nodes of one number are seen by their heartbeats, and neither is believed") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.run(1'000 * ms);
  with.set("second_node");
  REQUIRE(with.await([&] { return with.count("DUP_NODE/doubled") == 1; }, 1'000 * ms));
  CHECK(with.known("voltage").quality == quality::stale);
  with.run(30'000 * ms);
  CHECK_FALSE(with.is_good("voltage"));
  CHECK(with.count("DUP_NODE/doubled") == 1);
  REQUIRE(with.battery.set("second_node", {}, equipment_effect::release, 0));
  REQUIRE(with.await_state("operational", 12'000 * ms));
  CHECK(with.count("DUP_NODE/single") == 1);
}

TEST_CASE("F-065 two nodes are seen by their answers, with both serial numbers") {
  bench with;
  canopen_battery_model second(1);
  // The other one hears what we ask and answers a moment later.
  std::size_t asked = 0;
  const auto until_us = with.now_us + 3'000 * ms;
  while (with.now_us < until_us && with.count("DUP_NODE/doubled") == 0) {
    with.run(10 * ms);
    const std::vector<messages::can::frame> ours(
        with.sent.begin() + static_cast<std::ptrdiff_t>(asked), with.sent.end());
    asked = with.sent.size();
    for (auto& each : second.step(with.now_us, ours)) with.others.push_back(each);
  }
  CHECK(with.count("DUP_NODE/doubled") == 1);
  CHECK(with.reason_of("DUP_NODE").find("is answered twice") != std::string::npos);
  CHECK_FALSE(with.is_good("voltage"));
}

TEST_CASE("a node that answers so late that it is asked twice is not two nodes") {
  bench with;
  REQUIRE(with.await_state("operational"));
  // Each answer comes 400 ms late, beyond the timeout of 300 ms.
  std::vector<std::pair<std::int64_t, messages::can::frame>> held;
  with.pass = [&](messages::can::frame& frame) {
    if (frame.id != 0x581) return true;
    held.emplace_back(with.now_us + 400 * ms, frame);
    return false;
  };
  for (int i = 0; i < 6'000; ++i) {
    while (!held.empty() && held.front().first <= with.now_us) {
      with.others.push_back(held.front().second);
      held.erase(held.begin());
    }
    with.run(10 * ms);
  }
  CHECK(with.count("DUP_NODE/doubled") == 0);
  CHECK(with.is_good("voltage"));
}

TEST_CASE("heartbeats that a busy bus held back are not those of two nodes") {
  auto profile = tests::load_file("canopen_418_battery.json");
  profile.canopen->heartbeat_timeout_ms = 2'000;
  bench with(0, profile);
  REQUIRE(with.await_state("operational"));
  with.run(1'000 * ms);
  std::vector<messages::can::frame> held;
  const auto busy_until_us = with.now_us + 650 * ms;
  with.pass = [&](messages::can::frame& frame) {
    if (frame.id != 0x701 || with.now_us >= busy_until_us) return true;
    held.push_back(frame);
    return false;
  };
  with.run(650 * ms);
  with.others = held;
  CHECK(held.size() >= 3);
  with.run(2'000 * ms);
  CHECK(with.told.empty());
  CHECK(with.is_good("voltage"));
}

TEST_CASE("a node whose communication is to be reset is asked only after its boot-up") {
  auto profile = tests::load_file("canopen_418_battery.json");
  profile.canopen->reset_communication = true;
  bench with(0, profile);
  REQUIRE(with.await_state("operational", 12'000 * ms));
  CHECK(with.has_sent(order_of(messages::canopen::nmt_command::reset_communication, 1)));
  CHECK(with.count("NODE_RESET/reset") == 0);
  with.run(3'000 * ms);
  CHECK(with.is_good("voltage"));
}

TEST_CASE("F-073 an object that is refused three times leaves the configuration unknown") {
  bench with;
  with.set("sdo_abort");
  REQUIRE(with.await([&] { return with.count("BOOT_ERROR/failed") == 1; }));
  CHECK(with.writes() == 3); // tries of the first object
  CHECK(with.count("SDO_ABORT/failed") == 1);
  CHECK(with.reason_of("SDO_ABORT").find("08000021") != std::string::npos);
  CHECK(with.reason_of("SDO_ABORT").find("configuration is unknown") != std::string::npos);
  with.run(200 * ms); // points are said ten times a second at most
  CHECK(with.text("canopen_error").starts_with("J"));
  CHECK_FALSE(with.has_sent(order_of(messages::canopen::nmt_command::start, 1)));
  REQUIRE(with.battery.set("sdo_abort", {}, equipment_effect::release, 0));
  REQUIRE(with.await_state("operational", 10'000 * ms));
  CHECK(with.count("SDO_ABORT/good") == 1);
}

TEST_CASE("a node that takes a value and does not keep it is not started") {
  bench with;
  with.pass = [](messages::can::frame& frame) {
    const bool is_heartbeat_time = frame.id == 0x581 && frame.data[0] >> 5 == 2 &&
                                   frame.data[1] == 0x17 && frame.data[2] == 0x10;
    if (is_heartbeat_time) frame.data[4] = 0;
    return true;
  };
  REQUIRE(with.await([&] { return with.count("BOOT_ERROR/failed") == 1; }));
  CHECK(with.reason_of("BOOT_ERROR") ==
        "node 1: J (configuration failed): heartbeat: 1017:00 is 00000000 instead of 000000C8");
  CHECK(with.writes() == 1);
}

TEST_CASE("F-073 a node that answers no SDO while it beats is told within a second") {
  bench with;
  REQUIRE(with.await([&] { return with.battery.state() == nmt_state::pre_operational; }));
  with.others.push_back(
      messages::canopen::make_error_control(1, {nmt_state::pre_operational, false}));
  with.set("sdo_silent");
  REQUIRE(with.await([&] { return with.count("SDO_ABORT/failed") == 1; }, 1'100 * ms));
  CHECK(with.reason_of("SDO_ABORT").find("05040000") != std::string::npos);
}

TEST_CASE("F-073 answers that are lost or broken now and then are asked for again") {
  for (const int nth : {3, 5, 7}) {
    bench with;
    int answers = 0;
    with.pass = [&](messages::can::frame& frame) {
      if (frame.id != 0x581) return true;
      ++answers;
      if (answers % nth == 1) frame.data[0] ^= 0x20; // another specifier
      return answers % nth != 0;
    };
    REQUIRE(with.await_state("operational", 120'000 * ms));
    CHECK(with.count("SDO_ABORT/failed") == 0);
    CHECK(with.battery.objects().get({0x1808, 1}) == 0x3A1);
  }
}

TEST_CASE("emergencies are told in words, and a node that babbles them only as one that does") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.set("emergency", 0x3100);
  with.run(50 * ms);
  with.set("emergency", 0x3100);
  with.run(50 * ms);
  REQUIRE(with.count("EMCY/error") == 1);
  CHECK(with.reason_of("EMCY") == "node 1: 3100 mains voltage (generic)");
  with.run(200 * ms);
  CHECK(with.text("canopen_emergencies") == "3100 mains voltage (generic)");
  with.set("emergency", 0);
  with.run(200 * ms);
  CHECK(with.count("EMCY/cleared") == 1);
  CHECK(with.text("canopen_emergencies").empty());
  with.told.clear();
  with.set("emergency_storm");
  with.run(10'000 * ms);
  CHECK(with.count("EMCY/babbling") == 1);
  CHECK(with.told.size() <= 1 + emergencies_max);
  CHECK(with.is_good("voltage")); // what it measures is judged by itself
  REQUIRE(with.battery.set("emergency_storm", {}, equipment_effect::release, 0));
  REQUIRE(with.await([&] { return with.count("EMCY/quiet") == 1; }, 25'000 * ms));
}

TEST_CASE("on a bus that may only be read nothing is sent, and heartbeats say what is believed") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.begin_anew(tests::load_file("canopen_418_battery.json"), {.sends = false});
  with.sent.clear();
  with.run(2'000 * ms);
  CHECK(with.sent.empty());
  CHECK(with.text("canopen_state") == "listening");
  CHECK(with.is_good("voltage"));
  // Its values go on, and its heartbeat does not.
  with.pass = [](messages::can::frame& frame) { return frame.id != 0x701; };
  with.run(1'000 * ms);
  CHECK_FALSE(with.is_good("voltage"));
  with.pass = nullptr;
  REQUIRE(with.await([&] { return with.is_good("voltage"); }));
  with.set("reset");
  with.run(200 * ms);
  CHECK_FALSE(with.is_good("voltage"));
}

TEST_CASE(
    "an object that does not come while the node runs ages alone, and is told until it does") {
  bench with;
  REQUIRE(with.await([&] { return with.is_good("capacity"); }));
  with.set("sdo_silent");
  REQUIRE(with.await([&] { return with.count("SDO_ABORT/failed") == 1; }, 15'000 * ms));
  with.run(20'000 * ms);
  CHECK_FALSE(with.is_good("capacity"));
  CHECK(with.is_good("voltage"));
  CHECK(with.count("SDO_ABORT/failed") <= 3); // one a reading at most
  REQUIRE(with.battery.set("sdo_silent", {}, equipment_effect::release, 0));
  REQUIRE(with.await([&] { return with.count("SDO_ABORT/good") == 1; }, 15'000 * ms));
}

TEST_CASE("SYNC and TIME are sent by the profile") {
  auto profile = tests::load_file("canopen_418_battery.json");
  profile.canopen->sync_ms = 100;
  profile.canopen->time_ms = 1'000;
  bench with(0, profile);
  with.run(3'000 * ms);
  const auto sent = [&](std::uint32_t id) {
    return std::ranges::count(with.sent, id, &messages::can::frame::id);
  };
  CHECK(sent(0x080) == 30);
  CHECK(sent(0x100) == 3);
  // Where another node's master does.
  with.begin_anew(profile, {.produces_sync = false});
  with.sent.clear();
  with.run(3'000 * ms);
  CHECK(sent(0x080) == 0);
  CHECK(sent(0x100) == 3);
}

} // namespace canopen_node_test
