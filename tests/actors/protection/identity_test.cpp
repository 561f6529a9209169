#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

#include "actors/protection/bench_chain.hpp"
#include "actors/protection/identity_reader.hpp"

namespace identity_test {

using namespace voltaic;
using namespace voltaic::actors;
using namespace voltaic::actors::protection;
using namespace voltaic::actors::protection::testing;
using messages::outcome;
namespace configuration = messages::configuration;

namespace {

/// A chain whose device says a serial number, accepted or not.
class serial_rack : public stage {
 public:
  explicit serial_rack(std::uint16_t said) {
    identity = {"serial_number"};
    serial = said;
    start();
    run(3'000);
  }

  std::vector<std::string> alarms() const {
    std::vector<std::string> all;
    for (const auto& each : events)
      if (each.candidate.starts_with("identity_"))
        all.push_back(each.candidate + " " + each.edge + " " + each.reason);
    return all;
  }

  messages::result accept(std::uint16_t said, const std::string& role = "service") {
    const auto hash = configuration::hash_of({{"serial_number", std::to_string(said)}});
    command("rack_0/protection", "accept", role, "rack_0/" + hash);
    REQUIRE(results.back().key == last_command.key);
    return results.back();
  }

  void close() {
    command("rack_0/contactor", "close");
    run(4'000);
    REQUIRE(order.contactor == messages::contactor_order::close);
  }

  void open() {
    command("rack_0/contactor", "open");
    run(4'000);
    REQUIRE(order.contactor == messages::contactor_order::open);
  }

  bool is_told(const std::string& what) const {
    const auto all = alarms();
    return std::ranges::find(all, what) != all.end();
  }
};

} // namespace

TEST_CASE("F-171 a rack that nobody accepted yet is warned of, and closes as before") {
  serial_rack rack(4711);
  CHECK(rack.alarms() == std::vector<std::string>{"identity_not_accepted set serial_number 4711"});
  rack.close();
  CHECK(rack.permit.close_allowed);
}

TEST_CASE(
    "F-171 a rack whose device is another one stays closed if it was, and is not closed again") {
  serial_rack rack(4711);
  REQUIRE(rack.accept(4711).outcome == outcome::done);
  rack.close();
  rack.serial = 4712;
  rack.run(50);
  CHECK_FALSE(rack.permit.close_allowed);
  CHECK(std::ranges::find(rack.permit.reasons, identity_changed) != rack.permit.reasons.end());
  rack.run(60'000);
  CHECK(rack.order.contactor == messages::contactor_order::close);
  CHECK(rack.permit.granted);
  CHECK(rack.is_told("identity_changed set serial_number: 4711 -> 4712"));
  const auto alarm = std::ranges::find(rack.events, "SERIAL_CHANGE", &messages::event::code);
  REQUIRE(alarm != rack.events.end());
  const auto told = std::ranges::find(rack.events, identity_changed, &messages::event::candidate);
  CHECK(told->level == "alarm");
  CHECK(told->code == "SERIAL_CHANGE");
  CHECK(told->actions == std::vector<std::string>{"inhibit_close"});
  rack.open();
  rack.command("rack_0/contactor", "close");
  rack.run(4'000);
  CHECK(rack.order.contactor == messages::contactor_order::open);
}

TEST_CASE("F-171 a person of the service accepts what is there now, in standby and at the plant") {
  serial_rack rack(4711);
  REQUIRE(rack.accept(4711).outcome == outcome::done);
  CHECK(rack.accept(4711).reasons == std::vector<std::string>{"its device is the accepted one"});
  rack.close();
  rack.serial = 4712;
  rack.run(3'000);
  CHECK(rack.accept(4712).reasons ==
        std::vector<std::string>{"the rack is not in standby: open it, or end its current"});
  rack.open();
  CHECK(rack.accept(4712, "engineer").outcome == outcome::rejected);
  CHECK(rack.accept(4711).outcome == outcome::rejected); // that one is gone
  rack.priority = messages::command_priority::remote;
  CHECK(rack.accept(4712).reasons ==
        std::vector<std::string>{"another device is accepted by persons at the plant alone"});
  rack.priority = messages::command_priority::person;
  CHECK_FALSE(rack.permit.close_allowed);
  CHECK(rack.accept(4712).outcome == outcome::done);
  rack.run(200);
  CHECK(rack.permit.close_allowed);
  CHECK(rack.is_told("identity_changed clear "));
  const auto accepted = std::ranges::find(rack.events, "accepted", &messages::event::state);
  REQUIRE(accepted != rack.events.end());
  const auto& newest = *std::find_if(rack.events.rbegin(), rack.events.rend(),
                                     [](const auto& each) { return each.state == "accepted"; });
  CHECK(newest.code == "SERIAL_CHANGE");
  CHECK(newest.user == "ada");
  CHECK(newest.reasons == std::vector<std::string>{"serial_number: 4711 -> 4712"});
  rack.close();
}

TEST_CASE(
    "F-171 neither a restart nor the device's silence makes another device the accepted one") {
  serial_rack rack(4711);
  REQUIRE(rack.accept(4711).outcome == outcome::done);
  rack.serial = 4712;
  rack.run(3'000);
  rack.serial.reset();
  for (int life = 0; life < 2; ++life) {
    rack.events.clear();
    rack.start();
    rack.run(60'000);
    CHECK_FALSE(rack.permit.close_allowed);
    CHECK(rack.is_told("identity_changed set serial_number: 4711 -> 4712"));
  }
  rack.serial = 4712;
  rack.run(1'000);
  REQUIRE(rack.accept(4712).outcome == outcome::done);
  rack.events.clear();
  rack.start();
  rack.run(10'000);
  CHECK(rack.alarms().empty());
  CHECK(rack.permit.close_allowed);
}

TEST_CASE("F-171 an accepted device that has not said who it is since the start is not closed") {
  serial_rack rack(4711);
  REQUIRE(rack.accept(4711).outcome == outcome::done);
  rack.serial.reset();
  rack.events.clear();
  rack.start();
  rack.run(60'000);
  CHECK(rack.alarms().empty()); // it claims nothing by that
  CHECK_FALSE(rack.permit.close_allowed);
  CHECK(rack.permit.reasons == std::vector<std::string>{identity_not_heard});
  rack.serial = 4711;
  rack.run(1'000);
  CHECK(rack.permit.close_allowed);
  rack.close();
}

TEST_CASE("F-171 a device that nobody accepted is closed though it says nothing of itself") {
  serial_rack rack(4711);
  rack.serial.reset();
  rack.start();
  rack.run(3'000);
  CHECK(rack.permit.close_allowed);
}

TEST_CASE("F-171 a closed rack whose device says no more who it is stays closed") {
  serial_rack rack(4711);
  REQUIRE(rack.accept(4711).outcome == outcome::done);
  rack.close();
  rack.serial_quality = messages::quality::invalid; // a sentinel is no serial number
  rack.run(3'000);
  CHECK_FALSE(rack.permit.close_allowed);
  CHECK(rack.permit.granted);
  CHECK(rack.order.contactor == messages::contactor_order::close);
  rack.open();
  rack.command("rack_0/contactor", "close");
  rack.run(4'000);
  CHECK(rack.order.contactor == messages::contactor_order::open);
  rack.serial_quality = messages::quality::good;
  rack.run(1'000);
  rack.close();
}

TEST_CASE("F-171 what the journal does not take is not accepted") {
  serial_rack rack(4711);
  REQUIRE(rack.accept(4711).outcome == outcome::done);
  rack.serial = 4712;
  rack.run(3'000);
  rack.command("rack_0/protection", "accept", "service", "rack_0/guessed");
  CHECK(rack.results.back().outcome == outcome::rejected);
  rack.journal.refused_stream = configuration::stream;
  CHECK(rack.accept(4712).outcome == outcome::unknown);
  rack.run(200);
  CHECK_FALSE(rack.permit.close_allowed);
  rack.journal.refused_stream.clear();
  CHECK(rack.accept(4712).outcome == outcome::done);
}

TEST_CASE("F-171 an acceptance on its way to the journal is not overtaken by what is heard then") {
  serial_rack rack(4711);
  REQUIRE(rack.accept(4711).outcome == outcome::done);
  rack.serial = 4712;
  rack.run(3'000);
  const auto in_journal = [&] {
    for (const auto& each : rack.journal.newest(configuration::stream))
      if (each.key == configuration::identity_key("rack_0"))
        return configuration::decode_identity(each.body).value();
    return configuration::kept_identity{};
  };
  rack.journal.holds = true;
  rack.command("rack_0/protection", "accept", "service",
               "rack_0/" + configuration::hash_of({{"serial_number", "4712"}}));
  rack.journal.release(); // that it was asked for
  rack.run(200);
  REQUIRE(in_journal().known == configuration::identity{{"serial_number", "4712"}});
  rack.serial = 4713;
  rack.run(15'000);
  // Whoever starts now finds what was accepted.
  CHECK(in_journal().known == configuration::identity{{"serial_number", "4712"}});
  rack.journal.holds = false;
  rack.journal.release();
  rack.run(15'000);
  CHECK(rack.results.back().outcome == outcome::done);
  CHECK(in_journal().known == configuration::identity{{"serial_number", "4712"}});
  CHECK(in_journal().said == configuration::identity{{"serial_number", "4713"}});
  CHECK(in_journal().accepted_by);
  CHECK_FALSE(rack.permit.close_allowed);
}

TEST_CASE("F-171 a record that cannot be read bars closing until somebody accepts the device") {
  serial_rack rack(4711);
  REQUIRE(rack.accept(4711).outcome == outcome::done);
  rack.journal.append({0, configuration::stream, configuration::identity_key("rack_0"), 0, "torn"},
                      [](const auto&) {});
  rack.start();
  rack.run(10'000);
  CHECK_FALSE(rack.permit.close_allowed);
  CHECK(rack.is_told("identity_changed set what was accepted cannot be read"));
  CHECK(rack.accept(4711).outcome == outcome::done);
  rack.run(200);
  CHECK(rack.permit.close_allowed);
}

TEST_CASE(
    "F-171 a rack that has another name now is held to what was accepted under the former one") {
  stage chain;
  chain.configuration.is_new = true; // the version of its place, under its new name
  chain.configuration.identity = configuration::encode_identity(
      {{{"serial_number", "4711"}}, configuration::approver{"ada", "service", "it", 1}, {}});
  chain.identity = {"serial_number"};
  chain.serial = 4711;
  chain.start();
  chain.run(2'000);
  const auto kept = chain.journal.newest(configuration::stream);
  CHECK(std::ranges::any_of(kept, [](const auto& record) {
    return record.key == configuration::identity_key("rack_0");
  }));
  CHECK(chain.permit.close_allowed);
  chain.serial = 4712;
  chain.run(50);
  CHECK_FALSE(chain.permit.close_allowed);
}

TEST_CASE("F-171 values of any kind are read as people are shown them, each once") {
  messages::catalogue described;
  described.fingerprint = 7;
  const auto add = [&](const char* name, const char* type, std::uint32_t count) {
    messages::point_description point;
    point.name = std::string("rack_0/") + name;
    point.raw_type = type;
    point.count = count;
    described.points.push_back(point);
    return &described.points.back();
  };
  add("voltage", "u16", 1);
  add("serial", "i64", 1);
  add("module_serial", "u16", 3);
  add("version", "u16", 1)->scale = 0.1;
  described.points.back().decimals = 1;
  add("chemistry", "u16", 1)->texts = {"lfp", "nmc"};
  add("model", "text", 1);
  identity_reader reader("rack_0", {"serial", "module_serial", "version", "chemistry", "model"});
  reader.learn(described);
  messages::telemetry said;
  said.fingerprint = 7;
  const auto say = [&](std::uint16_t point, auto values,
                       messages::quality quality = messages::quality::good) {
    messages::block block;
    block.point = point;
    block.quality = quality;
    block.values = values;
    said.blocks.push_back(block);
  };
  using words = messages::block::words;
  say(0, words{3'300});
  say(1, messages::block::integers{9'007'199'254'740'993});
  say(2, words{11, 12, 13}, messages::quality::invalid);
  said.blocks.back().element_quality = {messages::quality::good, messages::quality::invalid,
                                        messages::quality::good};
  say(3, words{21});
  say(4, words{1});
  say(5, std::string("RACK-9"));
  std::vector<std::string> told;
  const auto read = [&] {
    told.clear();
    reader.read(said, {[&](const std::string& name, const std::string& value) {
                         told.push_back(name + " " + value);
                       },
                       [&](const std::string& name) { told.push_back(name + " lost"); }});
    return told;
  };
  CHECK(read() == std::vector<std::string>{"serial 9007199254740993", "module_serial[0] 11",
                                           "module_serial[2] 13", "version 2.1", "chemistry nmc",
                                           "model RACK-9"});
  CHECK(read().empty());
  said.blocks[2].first_index = 1;
  said.blocks[2].element_quality = {};
  said.blocks[2].quality = messages::quality::stale;
  CHECK(read() == std::vector<std::string>{"module_serial[2] lost"});
  CHECK(read().empty());
  said.blocks[2].quality = messages::quality::good; // element 3 is not there
  CHECK(read() == std::vector<std::string>{"module_serial[1] 11", "module_serial[2] 12"});
  said.fingerprint = 8;
  said.blocks[1].values = messages::block::integers{1};
  CHECK(read().empty());
}

} // namespace identity_test
