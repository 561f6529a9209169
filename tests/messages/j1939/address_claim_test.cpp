#include "messages/j1939/address_claim.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "messages/j1939/groups.hpp"
#include "messages/j1939/requests.hpp"

namespace address_claim_test {

using namespace voltaic::messages::j1939;
using state = address_claim::state;

namespace {

constexpr std::uint64_t arbitrary = std::uint64_t{1} << 63;
constexpr std::uint64_t middle_name = 1'000;

packet claim_of(std::uint64_t name, std::uint8_t address) {
  packet made;
  made.id = {6, groups::address_claimed, global_address, address};
  made.bytes = bytes_of_name(name);
  return made;
}

message command(std::uint64_t name, std::uint8_t address) {
  message made;
  made.pgn = groups::commanded_address;
  const auto bytes = bytes_of_name(name);
  made.payload.assign(bytes.begin(), bytes.end());
  made.payload.push_back(address);
  return made;
}

/// One device and what it said.
struct bench {
  explicit bench(std::uint64_t name, std::uint8_t address = 128, std::uint8_t random = 0)
      : device({name, address, random}) {
    device.begin(0, out);
  }
  void pass(std::int64_t us) { device.step(now_us += us, out); }
  template <class T>
  void hear(const T& heard) {
    device.take(heard, now_us, out);
  }
  [[nodiscard]] std::vector<packet> said() {
    auto all = std::move(out.packets);
    out.packets.clear();
    return all;
  }
  address_claim device;
  claim_output out;
  std::int64_t now_us = 0;
};

using packets = std::vector<packet>;

} // namespace

TEST_CASE("an address may be used 250 ms after it was claimed") {
  bench by(middle_name);
  CHECK(by.said() == packets{claim_of(middle_name, 128)});
  by.pass(claim_wait_us - 1);
  CHECK(by.device.current() == state::claiming);
  by.pass(1);
  CHECK(by.device.current() == state::normal);
  CHECK(by.device.address() == 128);
  CHECK_FALSE(by.device.next_us());
}

TEST_CASE("an address is kept against a higher NAME, and the claim said again") {
  bench by(middle_name);
  by.pass(claim_wait_us);
  static_cast<void>(by.said());
  by.hear(claim_of(middle_name + 1, 128));
  CHECK(by.said() == packets{claim_of(middle_name, 128)});
  CHECK(by.device.current() == state::normal);
}

TEST_CASE("who loses an address and may choose none says so after a wait") {
  bench by(middle_name, 128, 255);
  static_cast<void>(by.said());
  by.hear(claim_of(middle_name - 1, 128));
  CHECK(by.device.current() == state::cannot_claim);
  CHECK(by.device.address() == null_address);
  by.pass(152'999);
  CHECK(by.said().empty());
  by.pass(1);
  CHECK(by.said() == packets{claim_of(middle_name, null_address)});
}

TEST_CASE("who may choose takes the next free address") {
  bench by(arbitrary | middle_name, 128);
  by.hear(claim_of(1, 129));
  static_cast<void>(by.said());
  by.hear(claim_of(2, 128));
  CHECK(by.said() == packets{claim_of(arbitrary | middle_name, 130)});
  CHECK(by.device.current() == state::claiming);
}

TEST_CASE("who may choose goes on from 247 to 128") {
  bench by(arbitrary | middle_name, 247);
  by.hear(claim_of(1, 247));
  CHECK(by.device.address() == 128);
  bench low(arbitrary | middle_name, 0x5B);
  low.hear(claim_of(1, 0x5B));
  CHECK(low.device.address() == 128);
}

TEST_CASE("a device that finds all 120 addresses taken cannot claim") {
  bench by(arbitrary | middle_name, 128);
  for (std::uint64_t i = 0; i < 120; ++i) by.hear(claim_of(i, static_cast<std::uint8_t>(128 + i)));
  CHECK(by.device.current() == state::cannot_claim);
}

TEST_CASE("a device that moves leaves its address free") {
  bench by(arbitrary | middle_name, 200);
  by.hear(claim_of(1, 201));
  by.hear(claim_of(1, 202));
  by.hear(claim_of(2, 200));
  CHECK(by.device.address() == 201);
}

TEST_CASE("a request for the claim is answered, also by who has no address") {
  bench by(middle_name);
  static_cast<void>(by.said());
  by.hear(request_for(groups::address_claimed, 3, 128));
  by.hear(request_for(groups::address_claimed, 3, global_address));
  by.hear(request_for(groups::address_claimed, 3, 129));
  by.hear(request_for(groups::active_faults, 3, global_address));
  CHECK(by.said() == packets{claim_of(middle_name, 128), claim_of(middle_name, 128)});
  by.hear(claim_of(1, 128));
  by.pass(0);
  static_cast<void>(by.said());
  by.hear(request_for(groups::address_claimed, 3, global_address));
  by.pass(0);
  CHECK(by.said() == packets{claim_of(middle_name, null_address)});
}

TEST_CASE("a commanded address is claimed by the device of that NAME alone") {
  bench by(middle_name);
  by.pass(claim_wait_us);
  static_cast<void>(by.said());
  by.hear(command(middle_name + 1, 4));
  CHECK(by.said().empty());
  by.hear(command(middle_name, 4));
  CHECK(by.said() == packets{claim_of(middle_name, 4)});
  by.pass(claim_wait_us);
  CHECK(by.device.address() == 4);
  CHECK(by.device.current() == state::normal);
}

TEST_CASE("a commanded address of a device with a lower NAME, or of none, is not claimed") {
  bench by(middle_name);
  by.hear(claim_of(1, 4));
  static_cast<void>(by.said());
  for (const auto address : std::initializer_list<std::uint8_t>{4, 254, 255, 128})
    by.hear(command(middle_name, address));
  CHECK(by.said().empty());
  CHECK(by.device.address() == 128);
}

TEST_CASE("F-065 another device with the same NAME is told, and not answered") {
  bench by(middle_name);
  static_cast<void>(by.said());
  by.hear(claim_of(middle_name, 128));
  by.hear(claim_of(middle_name, 131));
  CHECK(by.out.duplicates == std::vector<duplicate_name>{{128}, {131}});
  CHECK(by.said().empty());
}

TEST_CASE("devices that battle for one address all end up apart") {
  std::mt19937 random(3);
  for (int round = 0; round < 50; ++round) {
    std::vector<bench> all;
    for (int i = 0; i < 20; ++i)
      all.emplace_back(arbitrary | (random() % 1'000'000 * 100 + static_cast<unsigned>(i)), 128);
    for (int step = 0; step < 1'000; ++step) {
      auto& speaker = all[random() % all.size()];
      for (const auto& one : speaker.said())
        for (auto& other : all)
          if (&other != &speaker) other.hear(one);
    }
    std::set<std::uint8_t> addresses;
    for (auto& one : all) {
      one.pass(claim_wait_us);
      REQUIRE(one.device.current() == state::normal);
      addresses.insert(one.device.address());
    }
    CHECK(addresses.size() == all.size());
  }
}

TEST_CASE("no claim, however short or odd, does harm") {
  std::mt19937 random(4);
  bench by(arbitrary | middle_name);
  for (int i = 0; i < 20'000; ++i) {
    packet heard;
    const std::uint32_t groups_heard[] = {groups::address_claimed, groups::request,
                                          static_cast<std::uint32_t>(random() % 99)};
    heard.id = {6, groups_heard[random() % 3], static_cast<std::uint8_t>(random()),
                static_cast<std::uint8_t>(random())};
    heard.length = static_cast<std::uint8_t>(random() % 9);
    for (auto& byte : heard.bytes) byte = static_cast<std::uint8_t>(random());
    by.hear(heard);
    message whole;
    whole.pgn = groups::commanded_address;
    whole.payload.resize(random() % 12, 0xFF);
    by.hear(whole);
    by.pass(1'000);
    const auto address = by.device.address();
    REQUIRE((address == null_address || address <= device_address_max));
    REQUIRE(by.said().size() <= 4);
  }
}

} // namespace address_claim_test
