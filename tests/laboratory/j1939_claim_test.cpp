#include <catch2/catch.hpp>

#include "bus/can/can_support.hpp"
#include "laboratory/kernel_j1939.hpp"
#include "laboratory/own_j1939.hpp"
#include "laboratory/peer.hpp"
#include "messages/j1939/groups.hpp"
#include "messages/j1939/requests.hpp"

/// Our claim of an address against the kernel's daemon for it.
namespace j1939_claim_test {

using can_support::eventually;
using can_support::temporary_folder;
using laboratory::kernel_device;
using laboratory::listener;
using laboratory::own_device;
using namespace voltaic::messages::j1939;

constexpr std::uint8_t wanted = 0x60;
constexpr std::uint64_t their_name = 0x8000'0000'0020'0000;
constexpr std::uint64_t lower_name = 0x8000'0000'0010'0000;
constexpr std::uint64_t higher_name = 0x8000'0000'0030'0000;

/// Whether somebody was heard that claims it by this NAME.
bool heard_claim_of(const own_device& at, std::uint64_t name, std::uint8_t address) {
  const heard claim = heard_claim{address, global_address, name};
  const auto all = at.overheard();
  return std::ranges::count(all, claim) > 0;
}

/// It wants 0x60, and takes 0x61 where it cannot have that.
std::string daemon_in(const temporary_folder& folder) {
  return "j1939acd -a 0x60 -r 0x60,0x61 -c " + folder.path() + "/cache 8000000000200000 vcan0 2>&1";
}

TEST_CASE("the lower NAME keeps its address: ours against j1939acd", "[kernel_j1939]") {
  const temporary_folder folder;
  own_device own(claim_settings{.name = lower_name, .preferred_address = wanted});
  REQUIRE(eventually([&] { return own.claimed() == address_claim::state::normal; }));
  const listener daemon(daemon_in(folder));
  REQUIRE(eventually([&] { return heard_claim_of(own, their_name, wanted + 1); }));
  CHECK(own.address() == wanted);
  CHECK(own.claimed() == address_claim::state::normal);
}

TEST_CASE("the higher NAME goes elsewhere: ours against j1939acd", "[kernel_j1939]") {
  const temporary_folder folder;
  own_device listens({.own_address = 0x7F});
  const listener daemon(daemon_in(folder));
  REQUIRE(eventually([&] { return heard_claim_of(listens, their_name, wanted); }));
  own_device own(claim_settings{.name = higher_name, .preferred_address = wanted});
  REQUIRE(eventually(
      [&] { return own.claimed() == address_claim::state::normal && own.address() != wanted; }));
  CHECK(own.address() >= chosen_address_first);
  CHECK(own.address() <= chosen_address_last);
  CHECK(heard_claim_of(listens, higher_name, own.address()));
}

TEST_CASE("j1939acd answers our request for its claim, and we the kernel's", "[kernel_j1939]") {
  const temporary_folder folder;
  own_device own(claim_settings{.name = higher_name, .preferred_address = 0x30});
  const listener daemon(daemon_in(folder));
  REQUIRE(eventually([&] { return heard_claim_of(own, their_name, wanted); }));
  REQUIRE(eventually([&] { return own.claimed() == address_claim::state::normal; }));
  const auto claims = [&] {
    const heard claim = heard_claim{wanted, global_address, their_name};
    const auto all = own.overheard();
    return std::ranges::count(all, claim);
  };
  const auto before = claims();
  // The kernel knows its own daemon's address only 250 ms after the claim: asked again until then.
  CHECK(eventually([&] {
    own.send(request_for(groups::address_claimed, 0x30, wanted));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return claims() > before;
  }));

  kernel_device kernel(0x20);
  const message asked{groups::request, default_priority, 0x20, 0x30, {0x00, 0xEE, 0x00}};
  const auto name = bytes_of_name(higher_name);
  kernel.send(asked);
  CHECK(eventually([&] {
    return std::ranges::any_of(kernel.received(), [&](const message& each) {
      return each.pgn == groups::address_claimed && each.source == 0x30 &&
             std::ranges::equal(each.payload, name);
    });
  }));
}

} // namespace j1939_claim_test
