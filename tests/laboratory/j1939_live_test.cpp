#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <optional>
#include <random>

#include "bus/can/can_support.hpp"
#include "laboratory/kernel_j1939.hpp"
#include "laboratory/own_j1939.hpp"
#include "laboratory/peer.hpp"
#include "messages/j1939/groups.hpp"
#include "messages/j1939/requests.hpp"

/// The kernel's J1939 and ours speak with each other.
namespace j1939_live_test {

using can_support::eventually;
using can_support::temporary_folder;
using laboratory::kernel_device;
using laboratory::listener;
using laboratory::own_device;
using laboratory::run;
using namespace voltaic::messages::j1939;

constexpr std::uint8_t ours = 0x80;
constexpr std::uint8_t theirs = 0x20;
constexpr std::uint32_t addressed = 0xEF00;
constexpr std::uint32_t to_all = 0xFF10;

std::vector<std::uint8_t> bytes(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> made(count);
  for (auto& byte : made) byte = static_cast<std::uint8_t>(random());
  return made;
}

message to_theirs(std::size_t size, unsigned seed) {
  return {.pgn = addressed, .source = ours, .destination = theirs, .payload = bytes(size, seed)};
}

message to_ours(std::size_t size, unsigned seed) {
  return {.pgn = addressed, .source = theirs, .destination = ours, .payload = bytes(size, seed)};
}

/// Priorities of transported messages are those of the transport's frames, which each side chooses.
std::vector<message> content(std::vector<message> all) {
  for (auto& each : all)
    if (each.payload.size() > packet_bytes_max) each.priority = default_priority;
  return all;
}

std::vector<message> in_order(std::vector<message> all) {
  all = content(std::move(all));
  std::ranges::sort(all, {}, [](const message& each) {
    return std::tie(each.source, each.destination, each.payload);
  });
  return all;
}

TEST_CASE("single frames go both ways between the kernel's J1939 and ours", "[kernel_j1939]") {
  own_device own({.own_address = ours});
  kernel_device kernel(theirs);
  std::vector<message> there;
  std::vector<message> back;
  for (std::size_t size = 0; size <= packet_bytes_max; ++size) {
    const auto priority = static_cast<std::uint8_t>(size % 8);
    there.push_back({addressed, priority, ours, theirs, bytes(size, 1)});
    there.push_back({to_all, priority, ours, global_address, bytes(size, 2)});
    back.push_back({addressed, priority, theirs, ours, bytes(size, 3)});
    back.push_back({to_all, priority, theirs, global_address, bytes(size, 4)});
  }
  for (const auto& each : there) REQUIRE(own.send(each));
  for (const auto& each : back) kernel.send(each);
  REQUIRE(eventually([&] { return kernel.received().size() == there.size(); }));
  REQUIRE(eventually([&] { return own.received().size() == back.size(); }));
  CHECK(kernel.received() == there);
  CHECK(own.received() == back);
}

TEST_CASE("broadcasts of 1785 bytes go both ways between the kernel's J1939 and ours",
          "[kernel_j1939]") {
  own_device own({.own_address = ours});
  kernel_device kernel(theirs);
  const message there{.pgn = to_all, .source = ours, .payload = bytes(transfer_bytes_max, 1)};
  const message back{.pgn = to_all, .source = theirs, .payload = bytes(transfer_bytes_max, 2)};
  REQUIRE(own.send(there));
  kernel.send(back);
  // 255 packets, at least 50 ms from each other: 13 s. The kernel tells a device of its own
  // transported broadcast too (it opens a receiver for each, j1939_tp_cmd_recv).
  REQUIRE(eventually([&] { return kernel.received().size() == 2 && !own.received().empty(); }));
  CHECK(in_order(kernel.received()) == in_order({there, back}));
  CHECK(content(own.received()) == std::vector{back});
}

TEST_CASE("transfers of 9 to 1785 bytes go both ways between the kernel's J1939 and ours",
          "[kernel_j1939]") {
  // Turns as long as the message, and short ones, which the kernel asks for of its own only where
  // it is told to.
  const auto turn = GENERATE(packets_unlimited, std::uint8_t{16}, std::uint8_t{1});
  const std::size_t most = turn == 1 ? 100 : transfer_bytes_max;
  own_device own({.own_address = ours, .packets_a_turn = turn, .packets_a_turn_asked = turn});
  kernel_device kernel(theirs);
  for (const std::size_t size :
       {std::size_t{9}, std::size_t{14}, std::size_t{15}, most - 1, most}) {
    CAPTURE(turn, size);
    const auto before = own.received().size();
    const auto there = to_theirs(size, static_cast<unsigned>(size));
    const auto back = to_ours(size, static_cast<unsigned>(size) + 1);
    REQUIRE(own.send(there));
    kernel.send(back);
    REQUIRE(eventually([&] {
      return own.received().size() > before && kernel.received().size() > before &&
             own.ends().size() > before;
    }));
    CHECK(content(kernel.received()).back() == there);
    CHECK(content(own.received()).back() == back);
  }
  CHECK(own.ends().size() == 5);
  for (const auto& each : own.ends()) CHECK(each.reason == std::nullopt);
  CHECK(own.refused() == 0);
}

TEST_CASE("eight transfers each way at once keep apart between the kernel's J1939 and ours",
          "[kernel_j1939]") {
  own_device own({.own_address = ours, .packet_gap_us = 1'000});
  std::vector<std::unique_ptr<kernel_device>> kernel;
  std::vector<message> there;
  std::vector<message> back;
  for (std::uint8_t i = 0; i < 8; ++i) {
    const auto address = static_cast<std::uint8_t>(theirs + i);
    kernel.push_back(std::make_unique<kernel_device>(address));
    there.push_back({addressed, default_priority, ours, address, bytes(700u - i, i)});
    back.push_back({addressed, default_priority, address, ours, bytes(600u + i, i + 50u)});
  }
  for (std::size_t i = 0; i < 8; ++i) {
    REQUIRE(own.send(there[i]));
    kernel[i]->send(back[i]);
  }
  CHECK(eventually([&] { return own.received().size() == back.size(); }));
  CHECK(in_order(own.received()) == in_order(back));
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(eventually([&] { return kernel[i]->received().size() == 1; }));
    CHECK(content(kernel[i]->received()) == std::vector{there[i]});
  }
}

TEST_CASE("j1939cat sends us a file, and receives one", "[kernel_j1939]") {
  const temporary_folder folder;
  own_device own({.own_address = ours});
  const auto back = to_ours(transfer_bytes_max, 1);
  std::ofstream(folder.path() + "/sent", std::ios::binary)
      .write(reinterpret_cast<const char*>(back.payload.data()),
             static_cast<std::streamsize>(back.payload.size()));
  // How it ends says nothing: it may fail over its own book-keeping after all was acknowledged.
  (void)run("j1939cat -i " + folder.path() + "/sent vcan0:0x20 :0x80,0x0ef00");
  REQUIRE(eventually([&] { return own.received().size() == 1; }));
  CHECK(content(own.received()) == std::vector{back});

  const listener peer("j1939cat vcan0:0x20 -r > " + folder.path() + "/received");
  const auto there = to_theirs(transfer_bytes_max, 2);
  const auto file = [&] {
    std::ifstream written(folder.path() + "/received", std::ios::binary);
    const std::string all((std::istreambuf_iterator<char>(written)), {});
    return std::vector<std::uint8_t>(all.begin(), all.end());
  };
  // Until it listens, nobody answers: the next one is sent when the one before was given up.
  REQUIRE(eventually([&] {
    (void)own.send(there);
    return !file().empty();
  }));
  CHECK(file() == there.payload);
}

TEST_CASE("a transfer that we refuse fails in the kernel", "[kernel_j1939]") {
  own_device own({.own_address = ours});
  own.set_holding(true);
  std::vector<std::unique_ptr<kernel_device>> kernel;
  for (std::size_t i = 0; i < device_transfers_max; ++i) {
    const auto address = static_cast<std::uint8_t>(theirs + i);
    kernel.push_back(std::make_unique<kernel_device>(address));
    kernel.back()->send({addressed, default_priority, address, ours, bytes(20, 1)});
  }
  kernel_device late(0x70);
  late.send({addressed, default_priority, 0x70, ours, bytes(20, 2)});
  const transfer_end refused{addressed, 0x70, ours, abort_reason::no_resources, false};
  REQUIRE(eventually([&] { return !own.ends().empty(); }));
  CHECK(own.ends()[0] == refused);
  int said = 0;
  CHECK(eventually([&] { return (said = late.error()) != 0; }));
  // Reason 2 in its words; but j1939_tp_cmd_recv looks for a receiving session of the two alone
  // when somebody aborts what it sends, so that it waits until its own time is over.
  CHECK((said == EMSGSIZE || said == EHOSTUNREACH));
  CHECK(own.received().empty());
  own.set_holding(false);
}

TEST_CASE("a transfer of ours that stops is aborted by the kernel, which delivers nothing of it",
          "[kernel_j1939]") {
  kernel_device kernel(theirs);
  own_device listens({.own_address = 0x7F});
  {
    own_device own({.own_address = ours, .packet_gap_us = 100'000});
    REQUIRE(own.send(to_theirs(200, 1)));
    const listener peer("candump -L vcan0,0CEB0000:0FFF0000,1CEB0000:1FFF0000");
    REQUIRE(eventually([&] { return peer.lines().size() >= 2; }));
  }
  const heard said = heard_abort{addressed, theirs, ours, abort_reason::timeout};
  CHECK(eventually([&] { return std::ranges::count(listens.overheard(), said) == 1; }));
  CHECK(kernel.received().empty());
}

TEST_CASE("a sender of the kernel's that is killed says nothing: its transfer times out with us",
          "[kernel_j1939]") {
  const temporary_folder folder;
  own_device own({.own_address = ours, .packets_a_turn = 1});
  std::ofstream(folder.path() + "/sent") << std::string(1'785, 'x');
  own.set_holding(true);
  REQUIRE(run("timeout -s KILL 0.4 j1939cat -i " + folder.path() +
              "/sent vcan0:0x20 :0x80,0x0ef00") != 0);
  own.set_holding(false);
  REQUIRE(eventually([&] { return !own.ends().empty(); }));
  // Where the machine is so slow that our hold came late, the kernel gave it up before.
  const auto end = own.ends()[0];
  CHECK((end.pgn == addressed && end.source == theirs && end.destination == ours));
  INFO("reason " << static_cast<int>(end.reason.value_or(abort_reason{})));
  CHECK(end.reason.has_value());
  CHECK((end.by_peer || end.reason == abort_reason::timeout));
  CHECK(own.received().empty());
}

} // namespace j1939_live_test
