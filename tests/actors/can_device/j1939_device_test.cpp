#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "actors/can_device/can_device_model.hpp"
#include "actors/simulator/j1939_battery_model.hpp"
#include "messages/j1939/address_claim.hpp"
#include "messages/j1939/diagnostics.hpp"
#include "messages/j1939/groups.hpp"
#include "messages/j1939/name.hpp"
#include "messages/j1939/requests.hpp"
#include "messages/profiles/load.hpp"
#include "messages/support/profiles.hpp"

// A battery of J1939, and the device that follows it by configs/profiles/j1939_hvess_battery.json.
namespace j1939_device_test {

using namespace voltaic;
using namespace voltaic::actors::can_device;
namespace j1939 = voltaic::messages::j1939;
namespace groups = voltaic::messages::j1939::groups;
using actors::simulator::equipment_effect;
using actors::simulator::j1939_battery_model;
using messages::quality;
using messages::profiles::device_profile;

namespace {

constexpr std::int64_t ms = 1'000;
constexpr std::int64_t start_us = 3'600'000'000;
constexpr std::uint8_t battery_address = 243;
constexpr std::uint8_t own_address_on_bus = 39;
constexpr std::uint64_t own_name = 0x0000'FF00'0000'0001;

j1939_role role_of(bool sends = true) {
  return {sends, true, own_address_on_bus, own_name, std::nullopt};
}

/// One device and its battery; ten milliseconds a step.
class bench {
 public:
  explicit bench(const j1939_role& role = role_of(),
                 device_profile profile = tests::load_file("j1939_hvess_battery.json")) {
    begin_anew(role, std::move(profile));
  }

  /// The device's actor is started again; the battery goes on.
  void begin_anew(const j1939_role& role = role_of(),
                  device_profile profile = tests::load_file("j1939_hvess_battery.json")) {
    profile_ = std::make_shared<const device_profile>(std::move(profile));
    auto made = model::create({"bms_0", "rack_0", 0, profile_, {}, role});
    REQUIRE(made);
    texts_.clear();
    device_ = std::make_unique<model>(*std::move(made));
  }

  void run(std::int64_t duration_us) {
    for (const auto end_us = now_us + duration_us; now_us < end_us; now_us += grid_us) step();
  }
  bool await(const std::function<bool()>& holds, std::int64_t most_us = 5'000 * ms) {
    for (const auto end_us = now_us + most_us; now_us < end_us && !holds(); now_us += grid_us)
      step();
    return holds();
  }
  bool await_state(const std::string& state, std::int64_t most_us = 5'000 * ms) {
    return await([&] { return text("j1939_state").starts_with(state); }, most_us);
  }

  void set(std::string_view point, double value = 1, std::optional<std::uint32_t> index = {}) {
    REQUIRE(battery.set(point, index, equipment_effect::value, value));
  }
  void release(std::string_view point, std::optional<std::uint32_t> index = {}) {
    REQUIRE(battery.set(point, index, equipment_effect::release, 0));
  }
  void be_silent(bool is_so) {
    REQUIRE(battery.set("", {}, is_so ? equipment_effect::silent : equipment_effect::release, 0));
  }
  /// Somebody else says something, at the next step.
  void hear(const j1939::packet& said) { others_.push_back(j1939::frame_of(said)); }
  void hear_claim(std::uint8_t address, std::uint64_t name) {
    j1939::packet said;
    said.id = {6, groups::address_claimed, j1939::global_address, address};
    said.bytes = j1939::bytes_of_name(name);
    hear(said);
  }

  element known(const char* point, std::uint32_t index = 0) const {
    const auto read = device_->read(profile_->find_point(point).value(), index);
    REQUIRE(read);
    return *read;
  }
  bool is_good(const char* point) const { return known(point).quality == quality::good; }
  std::string text(const std::string& name) const {
    const auto found = texts_.find("bms_0/" + name);
    return found == texts_.end() ? "" : found->second;
  }
  std::int64_t count_of(const std::string& name) const { return counts_.at("bms_0/" + name); }
  int count(const std::string& code) const {
    return static_cast<int>(std::ranges::count_if(
        told, [&](const notice& one) { return one.code + "/" + one.state == code; }));
  }
  std::string reason_of(const std::string& code) const {
    const auto found = std::ranges::find(told, code, &notice::code);
    return found == told.end() ? "" : found->reason;
  }
  std::vector<j1939::packet> sent_of(std::uint32_t pgn) const {
    std::vector<j1939::packet> all;
    for (const auto& one : sent)
      if (const auto said = j1939::packet_of(one); said && said->id.pgn == pgn)
        all.push_back(*said);
    return all;
  }
  model& device() { return *device_; }

  j1939_battery_model battery{0};
  std::int64_t now_us = start_us;
  std::vector<messages::can::frame> sent;
  std::vector<notice> told;
  /// Frames of the battery pass it, and may be changed or lost: false.
  std::function<bool(messages::can::frame&)> pass;

 private:
  void step() {
    auto said = battery.step(now_us, std::exchange(to_battery_, {}));
    std::vector<messages::can::frame> heard;
    for (auto& one : said)
      if (!pass || pass(one)) heard.push_back(one);
    for (const auto& one : std::exchange(others_, {})) {
      heard.push_back(one);
      to_battery_.push_back(one);
    }
    for (auto& one : heard) one.time_us = now_us;
    for (const auto& one : device_->step(heard, now_us, 0)) take(one);
  }
  void take(const said& one) {
    if (const auto* frame = std::get_if<messages::can::frame>(&one.content)) {
      sent.push_back(*frame);
      to_battery_.push_back(*frame);
    } else if (const auto* notice_told = std::get_if<notice>(&one.content)) {
      told.push_back(*notice_told);
    } else if (const auto* telemetry = std::get_if<messages::telemetry>(&one.content)) {
      for (const auto& block : telemetry->blocks) keep(block);
    }
  }
  void keep(const messages::block& block) {
    const auto& name = device_->catalogue().points.at(block.point).name;
    if (const auto* words = std::get_if<std::string>(&block.values)) texts_[name] = *words;
    if (const auto* numbers = std::get_if<messages::block::integers>(&block.values))
      if (!numbers->empty()) counts_[name] = numbers->front();
  }

  std::shared_ptr<const device_profile> profile_;
  std::unique_ptr<model> device_;
  std::vector<messages::can::frame> to_battery_;
  std::vector<messages::can::frame> others_;
  std::map<std::string, std::string> texts_;
  std::map<std::string, std::int64_t> counts_;
};

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

TEST_CASE("before our own claim has waited 250 ms nothing but it is sent") {
  bench with;
  with.run(240 * ms);
  for (const auto& one : with.sent) {
    const auto said = j1939::packet_of(one);
    REQUIRE(said);
    // Who has no address asks from that of nobody.
    CHECK((said->id.pgn == groups::address_claimed || said->id.source == j1939::null_address));
  }
  CHECK_FALSE(with.sent_of(groups::address_claimed).empty());
  messages::can::frame order;
  order.id = messages::profiles::ordered_id(0x1B00, battery_address);
  order.extended = true;
  order.length = 8;
  CHECK_FALSE(with.device().frames_for(order, with.now_us));
  with.run(100 * ms);
  const auto frames = with.device().frames_for(order, with.now_us);
  REQUIRE(frames);
  REQUIRE(frames->size() == 1);
  CHECK(frames->front().id == j1939::join({3, 0x1B00, battery_address, own_address_on_bus}));
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
  messages::can::frame order;
  order.id = messages::profiles::ordered_id(0x1B00, battery_address);
  order.extended = true;
  order.length = 8;
  CHECK(j1939::split(with.device().frames_for(order, with.now_us)->front().id).destination ==
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

TEST_CASE("our own address is defended against higher NAMEs and lost to a lower one") {
  bench with;
  REQUIRE(with.await_state("operational"));
  with.run(200 * ms);
  const auto claims = with.sent_of(groups::address_claimed).size();
  with.hear_claim(own_address_on_bus, 0x8000'0000'0000'0000);
  with.run(20 * ms);
  CHECK(with.sent_of(groups::address_claimed).size() == claims + 1);
  CHECK(with.text("j1939_own_address") == "address 39");
  // A battle without end is answered so often and no more.
  for (int i = 0; i < 300; ++i) {
    with.hear_claim(own_address_on_bus, 0x8000'0000'0000'0000);
    with.run(10 * ms);
  }
  CHECK(with.sent_of(groups::address_claimed).size() <= own_claims_max);
  with.hear_claim(own_address_on_bus, 1);
  with.run(200 * ms);
  CHECK(with.count("ADDRESS_LOST/lost") == 1);
  CHECK(with.text("j1939_own_address").starts_with("lost"));
  with.sent.clear();
  with.run(30'000 * ms);
  CHECK(with.sent.empty());
  messages::can::frame order;
  order.id = messages::profiles::ordered_id(0x1B00, battery_address);
  order.extended = true;
  order.length = 8;
  CHECK_FALSE(with.device().frames_for(order, with.now_us));
  // What the battery says by itself is heard on.
  CHECK(with.is_good("voltage"));
}

TEST_CASE("a device that does not claim for the bus says no claim, and stops all the same") {
  auto role = role_of();
  role.claims = false;
  bench with(role);
  REQUIRE(with.await_state("operational"));
  CHECK(with.sent_of(groups::address_claimed).empty());
  with.hear_claim(own_address_on_bus, own_name); // by the one that claims
  with.run(300 * ms);
  CHECK(with.text("j1939_own_address") == "address 39");
  with.hear_claim(own_address_on_bus, 1);
  with.run(200 * ms);
  CHECK(with.text("j1939_own_address").starts_with("lost"));
  CHECK(with.sent_of(groups::address_claimed).empty());
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
    if (std::string(fault) == "lost_packet") CHECK_FALSE(with.is_good("cell_voltage"));
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
