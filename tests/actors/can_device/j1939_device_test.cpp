#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "actors/can_device/j1939_bench.hpp"
#include "messages/j1939/address_claim.hpp"
#include "messages/j1939/diagnostics.hpp"
#include "messages/j1939/requests.hpp"

namespace j1939_device_test {

using namespace j1939_bench;

namespace {

device_profile with_identity(std::uint32_t identity) {
  auto profile = tests::load_file("j1939_hvess_battery.json");
  profile.j1939->identity.identity_number = identity;
  return profile;
}

} // namespace

TEST_CASE("a J1939 battery is believed once its NAME is found right") {
  bench with;
  with.run(200 * ms);
  CHECK(with.text("j1939_state") == "identifying");
  CHECK_FALSE(with.is_good("voltage"));
  REQUIRE(with.await_state("operational"));
  REQUIRE(with.await([&] { return with.is_good("cell_temperature") && with.is_good("soh"); }));
  CHECK(with.known("cell_voltage", 15).value > 3);
  CHECK(with.known("cell_temperature", 7).value > 0);
  CHECK(with.known("voltage").value > 48);
  CHECK(with.known("current").value == Approx(0).margin(0.01));
  CHECK(with.known("reported_discharge_current_limit").value == 100);
  CHECK(with.known("contactor_state").value == 0);
  CHECK(with.text("j1939_name").ends_with("at address 243"));
  CHECK(with.text("j1939_own_address") == "address 39");
  // The groups that it was asked for came by RTS/CTS to us.
  CHECK(with.known("soh").value == Approx(98).margin(1));
  CHECK(with.told.empty());
}

TEST_CASE("F-070 a J1939 battery that says nothing after its boot timeout was never seen") {
  bench with;
  with.be_silent(true);
  with.run(4'900 * ms);
  CHECK(with.told.empty());
  REQUIRE(with.await([&] { return with.count("NEVER_SEEN/silent") == 1; }, 500 * ms));
  CHECK(with.text("j1939_state") == "never seen");
  with.be_silent(false);
  REQUIRE(with.await_state("operational"));
  CHECK(with.count("NEVER_SEEN/seen") == 1);
}

TEST_CASE("F-071 a J1939 battery that begins anew is not believed until its NAME is right again") {
  bench with;
  REQUIRE(with.await_state("operational"));
  REQUIRE(with.await([&] { return with.is_good("voltage"); }));
  with.set("reset");
  REQUIRE(with.await([&] { return with.count("NODE_RESET/reset") == 1; }, 500 * ms));
  CHECK_FALSE(with.is_good("voltage"));
  REQUIRE(with.await_state("operational"));
  CHECK(with.count("NODE_RESET/running") == 1);
  REQUIRE(with.await([&] { return with.is_good("voltage"); }));
}

TEST_CASE("a claim that answers somebody's request is no reset, nor one of who goes on talking") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.hear(j1939::request_for(groups::address_claimed, 0x20, j1939::global_address));
  with.run(1'000 * ms);
  // Asked by a device of our own node, whose frames we do not hear.
  with.hear_claim(battery_address, actors::simulator::j1939_battery_name(0));
  with.run(1'000 * ms);
  CHECK(with.told.empty());
  CHECK(with.text("j1939_state") == "operational");
}

TEST_CASE("a J1939 battery that is silent is lost, and asked until it is back") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.be_silent(true);
  REQUIRE(with.await([&] { return with.count("NODE_LOST/lost") == 1; }, 5'500 * ms));
  const auto before = with.sent_of(groups::request).size();
  with.run(10'000 * ms);
  const auto asked = with.sent_of(groups::request).size() - before;
  CHECK(asked >= 9);
  CHECK(asked <= 11);
  with.be_silent(false);
  REQUIRE(with.await_state("operational"));
  CHECK(with.count("NODE_LOST/back") == 1);
}

TEST_CASE("a NAME that is not stated in the profile is a wrong device") {
  auto profile = tests::load_file("j1939_hvess_battery.json");
  profile.j1939->identity.manufacturer_code = 5;
  bench with(role_of(), profile);
  REQUIRE(with.await_state("wrong device"));
  CHECK(with.count("WRONG_DEVICE/wrong") == 1);
  CHECK(with.reason_of("WRONG_DEVICE").find("manufacturer 1382") != std::string::npos);
  with.run(2'000 * ms);
  CHECK_FALSE(with.is_good("voltage"));
  CHECK(with.count("WRONG_DEVICE/wrong") == 1);
}

TEST_CASE("F-065 two claims of one address make neither believed") {
  bench with;
  REQUIRE(with.await_state("operational"));
  // A higher NAME: the battery keeps its address and defends it.
  with.hear_claim(battery_address, 0xFFFF'0000'0000'0007);
  with.run(200 * ms);
  CHECK(with.text("j1939_state").starts_with("two devices"));
  CHECK(with.count("DUP_NODE/doubled") == 1);
  CHECK_FALSE(with.is_good("voltage"));
  with.run(8'000 * ms);
  CHECK_FALSE(with.is_good("voltage"));
  REQUIRE(with.await_state("operational", 5'000 * ms));
  CHECK(with.count("DUP_NODE/single") == 1);
}

TEST_CASE("F-065 two batteries of one NAME make neither believed") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.set("second_battery");
  REQUIRE(with.await([&] { return with.count("DUP_NODE/doubled") == 1; }, 5'000 * ms));
  with.run(3'000 * ms);
  CHECK(with.text("j1939_state").starts_with("two devices"));
  CHECK_FALSE(with.is_good("voltage"));
  with.release("second_battery");
  REQUIRE(with.await_state("operational", 30'000 * ms));
  CHECK(with.count("DUP_NODE/single") == 1);
  REQUIRE(with.await([&] { return with.is_good("voltage"); }));
}

TEST_CASE("a battery is followed to the address that it moves to, and a battle is told seldom") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.set("claim_battle", 20);
  with.run(10'000 * ms);
  const auto frames = with.sent.size();
  REQUIRE(with.await_state("operational", 30'000 * ms));
  CHECK(with.device().address() != battery_address);
  REQUIRE(with.await([&] { return with.is_good("voltage") && with.is_good("cell_voltage"); }));
  CHECK(with.told.size() <= 10);
  CHECK(frames < 100);
  // Requests and orders go where it is now.
  const auto asked = with.sent_of(groups::request);
  CHECK(asked.back().id.destination == with.device().address());
  CHECK(
      j1939::split(with.device().frames_for(order_frame(), with.now_us)->front().id).destination ==
      with.device().address());
}

TEST_CASE("after a start a moved battery is found by its identity number alone") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.set("claim_battle", 1);
  REQUIRE(with.await([&] { return with.device().address() != battery_address; }));
  with.run(2'000 * ms);
  // Without it any other battery of the kind could be meant.
  with.begin_anew();
  with.run(8'000 * ms);
  CHECK(with.text("j1939_state") == "never seen");
  with.begin_anew(role_of(), with_identity(1'000));
  REQUIRE(with.await_state("operational", 8'000 * ms));
  with.begin_anew(role_of(), with_identity(1'001));
  CHECK_FALSE(with.await_state("operational", 8'000 * ms));
}

TEST_CASE("one of several batteries is not followed without an identity number, but lost") {
  auto role = role_of();
  role.is_alone = false;
  bench with(role);
  REQUIRE(with.await_state("operational"));
  const auto name = actors::simulator::j1939_battery_name(0);
  with.hear_claim(200, name);
  with.run(20 * ms);
  CHECK(with.count("NODE_LOST/lost") == 1);
  CHECK(with.reason_of("NODE_LOST").starts_with("it claims address 200"));
  CHECK_FALSE(with.device().frames_for(order_frame(), with.now_us));
  // Whoever claims the address of the site file is the one that the file means.
  with.hear_claim(battery_address, name);
  REQUIRE(with.await_state("operational", 1'000 * ms));
}

TEST_CASE("a lost battery that talks again has time to say its NAME") {
  bool claims = true;
  bench with;
  with.pass = [&](messages::can::frame& one) {
    const auto said = j1939::packet_of(one);
    return !said || said->id.pgn != groups::address_claimed || claims;
  };
  REQUIRE(with.await_state("operational"));
  with.run(10'000 * ms);
  with.be_silent(true);
  REQUIRE(with.await_state("lost", 8'000 * ms));
  claims = false;
  with.be_silent(false);
  with.run(4'000 * ms);
  CHECK(with.count("WRONG_DEVICE/wrong") == 0);
  claims = true;
  REQUIRE(with.await_state("operational", 3'000 * ms));
  CHECK(with.count("WRONG_DEVICE/wrong") == 0);
}

TEST_CASE("F-070 a battery that said one thing and no more is lost, and not looked at for ever") {
  bool is_cut = false;
  bench with;
  with.pass = [&](messages::can::frame& one) {
    const auto said = j1939::packet_of(one);
    if (is_cut || (said && said->id.pgn == groups::address_claimed)) return false;
    is_cut = true;
    return true;
  };
  REQUIRE(with.await([&] { return with.count("NODE_LOST/lost") == 1; }, 10'000 * ms));
  CHECK(with.text("j1939_state") == "lost");
}

TEST_CASE("an acknowledgement that is meant for somebody else says nothing of what we asked") {
  bench with;
  REQUIRE(with.await_state("operational"));
  for (int i = 0; i < 300; ++i) {
    auto said = j1939::refusal_of(0xFC5E, battery_address, 0x20);
    with.hear(said);
    with.run(10 * ms);
  }
  CHECK(with.count_of("j1939_refused") == 0);
}

TEST_CASE("nothing is ordered of a J1939 battery that is not known to be there") {
  const auto takes_orders = [](bench& of) {
    return of.device().frames_for(order_frame(), of.now_us).has_value();
  };
  bench with;
  REQUIRE(with.await_state("operational"));
  with.run(300 * ms);
  CHECK(takes_orders(with));
  // A second one: both may heed it, and the actor orders no more than to open.
  with.hear_claim(battery_address, 0xFFFF'0000'0000'0007);
  REQUIRE(with.await_state("two devices"));
  CHECK(takes_orders(with));
  CHECK_FALSE(with.device().is_trusted());
  bench lost;
  REQUIRE(lost.await_state("operational"));
  lost.be_silent(true);
  REQUIRE(lost.await_state("lost", 8'000 * ms));
  CHECK_FALSE(takes_orders(lost));
  bench reset;
  REQUIRE(reset.await_state("operational"));
  reset.set("reset");
  REQUIRE(reset.await_state("identifying", 1'000 * ms));
  CHECK_FALSE(takes_orders(reset));
  bench without_address;
  REQUIRE(without_address.await_state("operational"));
  without_address.hear_claim(j1939::null_address, actors::simulator::j1939_battery_name(0));
  without_address.run(20 * ms);
  CHECK_FALSE(takes_orders(without_address));
  bench wrong(role_of(), with_identity(77));
  REQUIRE(wrong.await_state("wrong device", 8'000 * ms));
  wrong.run(500 * ms);
  CHECK_FALSE(takes_orders(wrong));
}

TEST_CASE("on a bus that is only read nothing is sent, and the battery is believed") {
  bench with(role_of(false));
  REQUIRE(with.await([&] { return with.is_good("voltage") && with.is_good("cell_voltage"); }));
  CHECK(with.text("j1939_state") == "listening");
  with.run(10'000 * ms);
  CHECK(with.sent.empty());
  with.hear_claim(battery_address, 0x1234);
  with.run(200 * ms);
  CHECK_FALSE(with.is_good("voltage"));
}

TEST_CASE("trouble codes of DM1 are told with their words, and what comes and goes is bounded") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.set("trouble_code", 3, 5'919);
  REQUIRE(with.await([&] { return with.count("TROUBLE_CODE/active") == 1; }));
  CHECK(with.reason_of("TROUBLE_CODE").starts_with("SPN 5919 voltage: "));
  CHECK(with.reason_of("TROUBLE_CODE").ends_with("(FMI 3)"));
  with.set("trouble_code", 12, 520'192);
  with.set("trouble_code", 5, 1'000);
  // Three of them come by BAM.
  REQUIRE(with.await([&] { return with.count("TROUBLE_CODE/active") == 3; }));
  with.run(200 * ms);
  CHECK(with.text("j1939_faults").find("SPN 520192") != std::string::npos);
  for (const auto spn : {5'919u, 520'192u, 1'000u}) with.release("trouble_code", spn);
  REQUIRE(with.await([&] { return with.count("TROUBLE_CODE/cleared") == 3; }));
  REQUIRE(with.await([&] { return with.text("j1939_faults").empty(); }));
  const auto before = with.told.size();
  for (int i = 0; i < 60; ++i) {
    with.set("trouble_code", 3, 5'919);
    with.run(500 * ms);
    with.release("trouble_code", 5'919);
    with.run(500 * ms);
  }
  CHECK(with.told.size() - before <= 12);
  CHECK(with.count("TROUBLE_CODE/babbling") == 1);
  REQUIRE(with.await([&] { return with.count("TROUBLE_CODE/quiet") == 1; }, 30'000 * ms));
}

TEST_CASE("what a parameter says in place of a value is told, each by itself") {
  bench with;
  REQUIRE(with.await_state("operational"));
  REQUIRE(with.await([&] { return with.is_good("soc"); }));
  with.set("soc_error");
  REQUIRE(with.await([&] { return with.known("soc").quality == quality::invalid; }));
  REQUIRE(with.await([&] { return !with.text("j1939_no_values").empty(); }));
  CHECK(with.text("j1939_no_values").find("soc (SPN 5921): error") != std::string::npos);
  CHECK(with.is_good("highest_cell_voltage"));
  REQUIRE(with.battery.set("soc_error", {}, equipment_effect::value, 0));
  REQUIRE(with.await([&] { return with.is_good("soc"); }));
  REQUIRE(with.await([&] { return with.text("j1939_no_values").empty(); }));
}

TEST_CASE("F-073 what the battery refuses or does not answer is counted and told once") {
  auto profile = tests::load_file("j1939_hvess_battery.json");
  profile.requests[0].group = 0xFC5D; // which it does not have
  profile.requests[0].period_ms = 1'000;
  bench with(role_of(), profile);
  REQUIRE(with.await([&] { return with.count("NO_ANSWER/refused") == 1; }, 10'000 * ms));
  with.run(200 * ms);
  CHECK(with.count_of("j1939_refused") >= 3);
  with.run(20'000 * ms);
  CHECK(with.count("NO_ANSWER/refused") == 1);
  // Requests that get lost: nothing comes.
  auto asking = tests::load_file("j1939_hvess_battery.json");
  asking.requests[0].period_ms = 2'000;
  with.told.clear();
  with.pass = [](messages::can::frame& one) {
    const auto said = j1939::packet_of(one);
    return !said || said->id.destination != own_address_on_bus;
  };
  with.begin_anew(role_of(), asking);
  REQUIRE(with.await([&] { return with.count("NO_ANSWER/silent") == 1; }, 20'000 * ms));
  with.run(200 * ms);
  CHECK(with.count_of("j1939_unanswered") >= 3);
  with.pass = nullptr;
  REQUIRE(with.await([&] { return with.count("NO_ANSWER/answers") == 1; }, 10'000 * ms));
}

TEST_CASE("lost, doubled and swapped packets of a transfer make no wrong value") {
  for (const char* fault : {"lost_packet", "doubled_packet", "swapped_packet"}) {
    INFO(fault);
    bench with;
    REQUIRE(with.await([&] { return with.is_good("cell_voltage"); }));
    const auto cell = with.known("cell_voltage", 7).value;
    with.set(fault, 3);
    with.run(4'000 * ms);
    CHECK(with.known("cell_voltage", 7).value == Approx(cell).margin(0.05));
    if (std::string(fault) == "lost_packet") {
      CHECK_FALSE(with.is_good("cell_voltage"));
      CHECK(with.count_of("j1939_failed_transfers") > 1);
    }
    CHECK(with.is_good("voltage"));
    with.release(fault);
    REQUIRE(with.await([&] { return with.is_good("cell_voltage"); }, 10'000 * ms));
  }
}

TEST_CASE("transfers of another device between those of ours change nothing") {
  bench with;
  REQUIRE(with.await([&] { return with.is_good("cell_voltage"); }));
  for (int i = 0; i < 400; ++i) {
    j1939::packet said;
    // A second battery's BAM of the same group, a packet each step.
    said.id = {7, i % 6 == 0 ? groups::transfer_control : groups::transfer_data,
               j1939::global_address, 0x90};
    said.bytes = {0x20, 32, 0, 5, 0xFF, 0x10, 0xFF, 0x00};
    if (i % 6 != 0) {
      said.bytes.fill(0);
      said.bytes[0] = static_cast<std::uint8_t>(i % 6);
    }
    with.hear(said);
    with.run(10 * ms);
    REQUIRE(with.known("cell_voltage", 3).value > 3);
  }
  CHECK(with.is_good("cell_voltage"));
}

TEST_CASE("a command that is too long for a frame is transported, one at a time") {
  auto profile = tests::load_file("j1939_hvess_battery.json");
  auto& command = profile.commands.at(1);
  command.group = 0xEF00;
  command.length = 12;
  bench with(role_of(), profile);
  REQUIRE(with.await_state("operational"));
  with.run(200 * ms);
  messages::can::frame made;
  made.id = messages::profiles::ordered_id(0xEF00, battery_address);
  made.extended = true;
  made.fd = true;
  made.length = 12;
  made.data[11] = 0x5A;
  const auto first = with.device().frames_for(made, with.now_us);
  REQUIRE(first);
  REQUIRE(first->size() == 1);
  const auto opening = j1939::packet_of(first->front());
  REQUIRE(opening);
  CHECK(opening->id ==
        j1939::identifier{7, groups::transfer_control, battery_address, own_address_on_bus});
  CHECK(opening->bytes[0] == 16); // request to send
  CHECK(opening->bytes[1] == 12);
  // The next one waits until it has arrived.
  CHECK_FALSE(with.device().frames_for(made, with.now_us));
  with.hear(*opening);
  REQUIRE(with.await([&] { return with.sent_of(groups::transfer_data).size() == 2; }, 500 * ms));
  CHECK(with.sent_of(groups::transfer_data)[1].bytes[5] == 0x5A);
  with.run(200 * ms);
  CHECK(with.device().frames_for(made, with.now_us));
}

TEST_CASE("a device that says no NAME is believed only where none is stated, and while it talks") {
  const auto claims_nothing = [](messages::can::frame& one) {
    const auto said = j1939::packet_of(one);
    return !said || said->id.pgn != groups::address_claimed;
  };
  bench stated;
  stated.pass = claims_nothing;
  REQUIRE(stated.await_state("wrong device", 8'000 * ms));
  CHECK(stated.reason_of("WRONG_DEVICE") == "address 243 says no NAME");
  auto profile = tests::load_file("j1939_hvess_battery.json");
  profile.j1939->identity = {};
  bench with(role_of(), profile);
  with.pass = claims_nothing;
  REQUIRE(with.await_state("operational", 8'000 * ms));
  REQUIRE(with.await([&] { return with.is_good("voltage"); }));
  with.be_silent(true);
  REQUIRE(with.await([&] { return with.count("NODE_LOST/lost") == 1; }, 6'000 * ms));
  with.run(20'000 * ms);
  CHECK(with.count("NODE_LOST/lost") == 1);
  CHECK(with.text("j1939_state") == "lost");
  with.be_silent(false);
  REQUIRE(with.await_state("operational", 8'000 * ms));
}

TEST_CASE("F-071 a device believed without a NAME that claims one late begins anew, or talks on") {
  auto profile = tests::load_file("j1939_hvess_battery.json");
  profile.j1939->identity = {};
  bool is_heard = false;
  const auto claims_nothing = [&](messages::can::frame& one) {
    const auto said = j1939::packet_of(one);
    return !said || (said->id.pgn != groups::address_claimed && !is_heard);
  };
  bench with(role_of(), profile);
  with.pass = claims_nothing;
  REQUIRE(with.await_state("operational", 8'000 * ms));
  REQUIRE(with.await([&] { return with.is_good("voltage"); }));
  with.hear_claim(battery_address, 5); // and it talks on
  with.run(500 * ms);
  CHECK(with.text("j1939_state") == "operational");
  is_heard = true; // from now on nothing of it is heard, but a claim
  with.run(20 * ms);
  with.hear_claim(battery_address, 5);
  REQUIRE(with.await([&] { return with.count("NODE_RESET/reset") == 1; }, 1'000 * ms));
  CHECK_FALSE(with.is_good("voltage"));
}

TEST_CASE("a claim that was asked for is no reset of a battery that talks seldom") {
  auto profile = tests::load_file("j1939_hvess_battery.json");
  for (auto& message : profile.messages) message.period_ms = std::max(message.period_ms, 1'000U);
  bench with(role_of(), profile);
  REQUIRE(with.await_state("operational"));
  std::int64_t last_us = 0;
  with.pass = [&](messages::can::frame& one) {
    const auto said = j1939::packet_of(one);
    if (said && said->id.pgn == groups::address_claimed) return true;
    if (with.now_us - last_us < 1'000 * ms) return false;
    last_us = with.now_us;
    return true;
  };
  with.run(2'000 * ms);
  with.hear(j1939::request_for(groups::address_claimed, 0x20, j1939::global_address));
  with.run(900 * ms);
  CHECK(with.count("NODE_RESET/reset") == 0);
  CHECK(with.text("j1939_state") == "operational");
  // Nobody asked: it began anew.
  with.hear_claim(battery_address, actors::simulator::j1939_battery_name(0));
  with.run(20 * ms);
  CHECK(with.count("NODE_RESET/reset") == 1);
}

TEST_CASE("whatever is said on the bus, what is sent and told stays bounded") {
  for (const std::uint32_t seed : {1u, 2u, 3u}) {
    std::mt19937 random(seed);
    const auto draw = [&](std::uint32_t below) { return random() % below; };
    constexpr std::uint32_t drawn_groups[] = {groups::address_claimed,   groups::request,
                                              groups::transfer_control,  groups::transfer_data,
                                              groups::acknowledgement,   groups::active_faults,
                                              groups::commanded_address, 0xF090};
    constexpr std::uint8_t sources[] = {battery_address, own_address_on_bus, 200, 0xFE};
    constexpr std::uint8_t kinds[] = {16, 17, 19, 32, 255};
    bench with;
    for (int i = 0; i < 3'000; ++i) {
      j1939::packet said;
      said.id = {static_cast<std::uint8_t>(draw(8)), drawn_groups[draw(8)],
                 draw(2) == 0 ? j1939::global_address : own_address_on_bus, sources[draw(4)]};
      for (auto& byte : said.bytes) byte = static_cast<std::uint8_t>(draw(256));
      if (said.id.pgn == groups::transfer_control) said.bytes[0] = kinds[draw(5)];
      said.length = static_cast<std::uint8_t>(draw(4) == 0 ? draw(9) : 8);
      with.hear(said);
      with.run(grid_us);
    }
    INFO("seed " << seed);
    // 30 s: each frame that asks for one is answered once at most, and asked for each second.
    CHECK(with.sent.size() < 3'000);
    CHECK(with.told.size() < 60);
  }
}

} // namespace j1939_device_test
