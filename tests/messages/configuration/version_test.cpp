#include "messages/configuration/version.hpp"

#include "messages/configuration/text.hpp"
#include "support/sample_configuration.hpp"

namespace configuration_version_test {

using namespace voltaic::messages::configuration;
using voltaic::tests::sample_configuration;

namespace {

rack_configuration with_fault_at(double set_v) {
  auto made = sample_configuration();
  made.limits.candidates[0].limits[2].set = set_v;
  return made;
}

double fault_of(const rack_configuration& of) {
  return of.limits.candidates[0].limits[2].set;
}

/// What the journal knows after a start with this configuration.
known_configuration journalled(const standing& of) {
  return {encode_version(of.in_force), false};
}

} // namespace

TEST_CASE("where nothing was ever approved the site's configuration is version 1") {
  const auto first = standing_of({}, sample_configuration());
  CHECK(first.in_force.number == 1);
  CHECK(first.in_force.origin == "site file at first start");
  CHECK(first.is_new);
  CHECK_FALSE(first.was_lost);
  CHECK_FALSE(first.staged);
  CHECK(first.rules == sample_configuration());
}

TEST_CASE("a version is stored whole, and comes back only with its own hash") {
  auto kept = standing_of({}, sample_configuration()).in_force;
  kept.approvers = {{"ada", "engineer", "cells replaced", 17}, {"eve", "service", "", 18}};
  kept.changes = {"a \"quoted\" change"};
  const auto read = decode_version(encode_version(kept));
  REQUIRE(read);
  CHECK(*read == kept);
  kept.text += "# another\n";
  CHECK_FALSE(decode_version(encode_version(kept)));
  CHECK_FALSE(decode_version("{}"));
  CHECK_FALSE(decode_version("[1"));
  CHECK_FALSE(decode_version(""));
}

TEST_CASE("the same configuration again makes no version, a tighter one makes the next") {
  const auto known = journalled(standing_of({}, sample_configuration()));
  const auto same = standing_of(known, sample_configuration());
  CHECK_FALSE(same.is_new);
  CHECK(same.in_force.number == 1);
  const auto tighter = standing_of(known, with_fault_at(3.62));
  CHECK(tighter.is_new);
  CHECK(tighter.in_force.number == 2);
  CHECK(tighter.in_force.origin == "site file at start");
  CHECK(tighter.in_force.changes ==
        std::vector<std::string>{"cell_overvoltage/fault/set: 3.65 -> 3.62"});
  CHECK(fault_of(tighter.rules) == 3.62);
  CHECK_FALSE(tighter.staged);
}

TEST_CASE("a looser configuration is staged, whole, and the approved rules hold") {
  const auto known = journalled(standing_of({}, sample_configuration()));
  auto wanted = with_fault_at(3.7);
  wanted.charge_current_a = 100;
  const auto found = standing_of(known, wanted);
  CHECK(fault_of(found.rules) == 3.65);
  CHECK(found.rules.charge_current_a == 100); // tighter, so it is taken
  CHECK(found.in_force.number == 2);
  REQUIRE(found.staged);
  CHECK(found.staged->number == 3);
  CHECK(found.staged->changes ==
        std::vector<std::string>{"cell_overvoltage/fault/set: 3.65 -> 3.7 (loosens)"});
  const auto staged = read_configuration(found.staged->text);
  REQUIRE(staged);
  CHECK(*staged == wanted);
  const auto again = standing_of(journalled(found), wanted);
  CHECK_FALSE(again.is_new);
  CHECK(again.rules == found.rules);
  CHECK(again.staged == found.staged);
}

TEST_CASE("once it is approved it holds, and what it was before is looser no more") {
  const auto known = journalled(standing_of({}, sample_configuration()));
  const auto staged = standing_of(known, with_fault_at(3.7)).staged;
  REQUIRE(staged);
  const auto found = standing_of({encode_version(*staged), false}, with_fault_at(3.7));
  CHECK(fault_of(found.rules) == 3.7);
  CHECK_FALSE(found.is_new);
  CHECK_FALSE(found.staged);
  CHECK(standing_of({encode_version(*staged), false}, sample_configuration()).in_force.number == 3);
}

TEST_CASE("tightening in steps and back does not loosen by way of its own history") {
  auto known = journalled(standing_of({}, with_fault_at(3.65)));
  known = journalled(standing_of(known, with_fault_at(3.60001)));
  const auto back = standing_of(known, with_fault_at(3.65));
  CHECK(fault_of(back.rules) == 3.60001);
  CHECK(back.staged);
}

TEST_CASE("another address is taken for reading and waits for approval to close") {
  const auto known = journalled(standing_of({}, sample_configuration()));
  auto wanted = with_fault_at(3.7);
  wanted.bus = "can1";
  const auto found = standing_of(known, wanted);
  CHECK(found.replaces);
  CHECK(found.rules.bus == "can1");
  CHECK(fault_of(found.rules) == 3.65);
  CHECK_FALSE(found.is_new); // what is approved is on the former bus still
  REQUIRE(found.staged);
  CHECK(standing_of(journalled(found), wanted).replaces);
  CHECK_FALSE(standing_of({encode_version(*found.staged), false}, wanted).replaces);
}

TEST_CASE("F-110 what was approved and cannot be read counts as lost, and the site's rules hold") {
  for (const std::string body : {"", "{}", "rubbish", R"({"version":7})"}) {
    const auto found = standing_of({body, false}, sample_configuration());
    CHECK(found.was_lost);
    CHECK(found.is_new);
    CHECK(found.rules == sample_configuration());
  }
  auto kept = standing_of({}, sample_configuration()).in_force;
  kept.text = "[rack]\n";
  kept.hash = content_hash(kept.text);
  CHECK(standing_of({encode_version(kept), false}, sample_configuration()).was_lost);
  const auto journal = standing_of({std::nullopt, true}, sample_configuration());
  CHECK_FALSE(journal.was_lost); // the latches say so already
  CHECK(journal.in_force.origin == "site file at start, the journal was lost");
}

TEST_CASE("F-110 a rack of which nothing is known counts as lost while a journal is unreadable") {
  known_configuration known;
  known.others_unreadable = true;
  const auto found = standing_of(known, sample_configuration());
  CHECK(found.was_lost);
  CHECK(found.in_force.number == 1);
  CHECK(found.in_force.origin == "site file at start, another journal is unreadable");
  // What its own journal has is its own.
  auto own = journalled(found);
  own.others_unreadable = true;
  CHECK_FALSE(standing_of(own, sample_configuration()).was_lost);
  // What is unreadable is older than what follows it, too.
  known = {};
  known.body = "{}";
  known.utc_us = 100;
  CHECK(standing_of(known, sample_configuration()).after_utc_us == 100);
}

TEST_CASE("a rack with another name at the same place is the one that was approved there") {
  const auto first = standing_of({}, with_fault_at(3.65));
  const std::vector<kept_version> kept = {{"rack_0", 100, encode_version(first.in_force), false},
                                          {"rack_0/staged", 200, encode_version(first.in_force)}};
  const auto looser = with_fault_at(3.7);
  const auto known = find_known(kept, "string_0", looser);
  CHECK(known.former == "rack_0");
  const auto found = standing_of(known, looser);
  CHECK(fault_of(found.rules) == 3.65);
  CHECK(found.staged);
  CHECK(found.is_new);   // under its new name
  CHECK(found.was_lost); // what was latched is known by the former one
  CHECK_FALSE(standing_of(journalled(found), looser).was_lost);
  CHECK(found.in_force.number == 2);
  CHECK(found.in_force.origin == "site file at start, was rack_0");
  CHECK(found.after_utc_us == 100);
}

TEST_CASE("the same place is the same offset on the same bus, by its name or its port") {
  auto approved = with_fault_at(3.65);
  approved.port = "virtual:can0";
  const std::vector<kept_version> kept = {
      {"rack_0", 100, encode_version(standing_of({}, approved).in_force), false}};
  const auto is_known = [&](const std::string& bus, const std::string& port, double offset) {
    auto wanted = approved;
    wanted.bus = bus;
    wanted.port = port;
    wanted.id_offset = offset;
    return find_known(kept, "other", wanted).body.has_value();
  };
  CHECK(is_known("can0", "virtual:can0", 192));
  CHECK(is_known("can0", "virtual:can7", 192));
  CHECK(is_known("plant", "virtual:can0", 192));
  CHECK_FALSE(is_known("plant", "virtual:can7", 192));
  CHECK_FALSE(is_known("can0", "virtual:can0", 0));
}

TEST_CASE("of two racks on one line or behind one bridge neither takes the other's version") {
  const auto at = [](const std::string& address, double set_v) {
    auto made = with_fault_at(set_v);
    made.address = address;
    return made;
  };
  const auto body_of = [](const rack_configuration& of) {
    return encode_version(standing_of({}, of).in_force);
  };
  const std::vector<kept_version> kept = {{"rack_0", 100, body_of(at("2", 3.62)), true},
                                          {"rack_1", 200, body_of(at("3", 3.65)), true}};
  CHECK(find_known(kept, "rack_0", at("2", 3.62)).former.empty());
  CHECK(fault_of(standing_of(find_known(kept, "rack_0", at("2", 3.62)), at("2", 3.62)).rules) ==
        3.62);
  CHECK(find_known(kept, "string_1", at("3", 3.65)).former == "rack_1");
}

TEST_CASE("of a rack's own version and a former name's at its place the newer one counts") {
  const auto body_of = [](double set_v) {
    return encode_version(standing_of({}, with_fault_at(set_v)).in_force);
  };
  const auto wanted = with_fault_at(3.65);
  const auto fault_with = [&](std::int64_t own_us, std::int64_t former_us) {
    const auto known = find_known(
        {{"rack_0", own_us, body_of(3.65), true}, {"string_0", former_us, body_of(3.62), false}},
        "rack_0", wanted);
    return fault_of(standing_of(known, wanted).rules);
  };
  CHECK(fault_with(100, 200) == 3.62); // it was tightened while it was called otherwise
  CHECK(fault_with(200, 100) == 3.65);
  CHECK(fault_with(100, 100) == 3.65);
}

TEST_CASE("a rack's own version of another place is not passed over for one that fits") {
  auto elsewhere = with_fault_at(3.65);
  elsewhere.bus = "can1";
  const auto wanted = with_fault_at(3.65);
  const auto own = encode_version(standing_of({}, elsewhere).in_force);
  const auto other = encode_version(standing_of({}, wanted).in_force);
  const auto known =
      find_known({{"rack_0", 100, own, true}, {"rack_1", 200, other, false}}, "rack_0", wanted);
  CHECK(known.former.empty());
  CHECK(standing_of(known, wanted).replaces);
  // Nor is one that cannot be read.
  CHECK(standing_of(find_known({{"rack_0", 100, "{}", true}, {"rack_1", 200, other, false}},
                               "rack_0", wanted),
                    wanted)
            .was_lost);
}

TEST_CASE("a version of before inverters and inputs were listed is read without them") {
  auto old = standing_of({}, sample_configuration()).in_force;
  for (const std::string key : {"port = ", "fire_wiring = ", "inverter_charge_voltage_v = "}) {
    const auto at = old.text.find("\n" + key);
    REQUIRE(at != std::string::npos);
    old.text.erase(at, old.text.find('\n', at + 1) - at);
  }
  old.hash = content_hash(old.text);
  const auto found = standing_of({encode_version(old), false}, sample_configuration());
  CHECK_FALSE(found.was_lost);
  CHECK_FALSE(found.staged);
  CHECK(found.rules == sample_configuration());
}

} // namespace configuration_version_test
