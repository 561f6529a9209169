#include "messages/iso_tp/link.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <random>

namespace iso_tp_link_test {

using namespace voltaic::messages::iso_tp;
using bytes = std::vector<std::uint8_t>;

namespace {

constexpr std::int64_t ms = 1'000;

bytes counted(std::size_t length) {
  bytes result(length);
  for (std::size_t i = 0; i < length; ++i) result[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return result;
}

/// What happens to a field on its way: it comes as often as this says.
using mishap = std::function<int(std::size_t number)>;

/// Two links and what is between them. A millisecond a step.
struct pair_of_links {
  pair_of_links(const link_options& a_options, const link_options& b_options)
      : a(a_options), b(b_options) {}

  void pass(std::int64_t until_us, const mishap& to_b = {}) {
    for (; now_us < until_us; now_us += ms) {
      a.step(now_us);
      b.step(now_us);
      for (const auto& field : a.take_frames()) {
        const int times = to_b ? to_b(sent++) : 1;
        for (int i = 0; i < times; ++i) b.take(field, now_us);
      }
      for (const auto& field : b.take_frames()) a.take(field, now_us);
      for (auto& one : b.take_messages()) got.push_back(std::move(one));
      for (const auto one : a.take_failures()) a_failed.push_back(one);
      for (const auto one : b.take_failures()) b_failed.push_back(one);
    }
  }

  tp_link a;
  tp_link b;
  std::int64_t now_us = 0;
  std::size_t sent = 0;
  std::vector<bytes> got;
  std::vector<failure> a_failed;
  std::vector<failure> b_failed;
};

} // namespace

TEST_CASE("messages of every length arrive whole, whatever the block size and the separation") {
  for (const int block : {0, 1, 2, 8, 255})
    for (const int separation : {0x00, 0x01, 0xF1})
      for (const std::size_t length : {1u, 6u, 7u, 8u, 12u, 13u, 20u, 62u, 1024u, 4095u}) {
        for (const bool extended : {false, true}) {
          link_options options;
          options.block_size = static_cast<std::uint8_t>(block);
          options.separation = static_cast<std::uint8_t>(separation);
          options.padding = 0xCC;
          auto ours = options;
          if (extended) {
            ours.send_address = options.receive_address = 0x10;
            ours.receive_address = options.send_address = 0xF1;
          }
          pair_of_links with(ours, options);
          const auto message = counted(length);
          REQUIRE(with.a.send(message, 0));
          with.pass(1'500 * ms);
          REQUIRE(with.got.size() == 1);
          CHECK(with.got.front() == message);
          CHECK(with.a_failed.empty());
          CHECK(with.b_failed.empty());
          CHECK_FALSE(with.a.is_sending());
        }
      }
}

TEST_CASE("nothing, too much and a second message at once are not sent") {
  tp_link one({});
  CHECK_FALSE(one.send({}, 0));
  CHECK_FALSE(one.send(counted(4096), 0));
  CHECK(one.send(counted(100), 0));
  CHECK_FALSE(one.send(counted(3), 0));
}

TEST_CASE("a lost, a doubled and an overtaken consecutive frame end the reception") {
  for (const int times : {0, 2}) {
    pair_of_links with({}, {});
    REQUIRE(with.a.send(counted(100), 0));
    with.pass(50 * ms, [&](std::size_t number) { return number == 3 ? times : 1; });
    CHECK(with.got.empty());
    REQUIRE(with.b_failed.size() == 1);
    CHECK(with.b_failed.front() == failure::wrong_sequence);
  }
  tp_link receiver({});
  receiver.take(encode(first_frame{20, counted(6)}, std::nullopt, std::nullopt), 0);
  receiver.take(encode(consecutive_frame{2, counted(7)}, std::nullopt, std::nullopt), 0);
  receiver.take(encode(consecutive_frame{1, counted(7)}, std::nullopt, std::nullopt), 0);
  CHECK(receiver.take_messages().empty());
  CHECK(receiver.take_failures() == std::vector{failure::wrong_sequence});
}

TEST_CASE("a lost last frame is noticed by N_Cr, a lost first one by N_Bs") {
  pair_of_links with({}, {});
  REQUIRE(with.a.send(counted(20), 0));
  with.pass(2'000 * ms, [&](std::size_t number) { return number == 2 ? 0 : 1; });
  CHECK(with.b_failed == std::vector{failure::timeout_cr});
  CHECK_FALSE(with.b.is_receiving());
  pair_of_links silent({}, {});
  REQUIRE(silent.a.send(counted(20), 0));
  silent.pass(2'000 * ms, [](std::size_t) { return 0; });
  CHECK(silent.a_failed == std::vector{failure::timeout_bs});
  CHECK(silent.a.send(counted(3), silent.now_us));
}

TEST_CASE("a message that is too long is refused by an overflow, which its sender understands") {
  link_options small;
  small.receive_bytes_max = 64;
  pair_of_links with({}, small);
  REQUIRE(with.a.send(counted(65), 0));
  with.pass(10 * ms);
  CHECK(with.a_failed == std::vector{failure::overflow});
  CHECK(with.b_failed == std::vector{failure::overflow});
  REQUIRE(with.a.send(counted(64), with.now_us));
  with.pass(50 * ms);
  CHECK(with.got.size() == 1);
  // A single frame as well; nobody waits for an answer to it.
  link_options smallest;
  smallest.receive_bytes_max = 2;
  tp_link tiny(smallest);
  tiny.take(bytes{3, 1, 2, 3}, 0);
  CHECK(tiny.take_failures() == std::vector{failure::overflow});
  CHECK(tiny.take_messages().empty());
  CHECK(tiny.take_frames().empty());
  // The longer form of a length, beyond what anybody here takes.
  tp_link one({});
  one.take(bytes{0x10, 0, 0, 1, 0, 0, 1, 2}, 0);
  CHECK(one.take_failures() == std::vector{failure::overflow});
  CHECK(one.take_frames() == std::vector<bytes>{{0x32, 0, 0}});
}

TEST_CASE("a receiver may ask to wait, but not for ever") {
  link_options options;
  options.waits_max = 2;
  tp_link sender(options);
  const auto wait = encode(flow_control{flow::wait, 0, 0}, std::nullopt, std::nullopt);
  const auto go_on = encode(flow_control{flow::go_on, 0, 0}, std::nullopt, std::nullopt);
  REQUIRE(sender.send(counted(10), 0));
  CHECK(sender.take_frames().size() == 1);
  sender.take(wait, 900 * ms);
  sender.take(wait, 1'800 * ms);
  sender.step(2'000 * ms);
  sender.take(go_on, 2'000 * ms);
  CHECK(sender.take_frames().size() == 1);
  REQUIRE(sender.send(counted(10), 3'000 * ms));
  for (int i = 0; i < 3; ++i) sender.take(wait, 3'000 * ms);
  CHECK(sender.take_failures() == std::vector{failure::wait_overrun});
}

TEST_CASE("consecutive frames keep the separation that their receiver wants") {
  tp_link sender({});
  REQUIRE(sender.send(counted(34), 0)); // 6 and four times 7
  CHECK(sender.take_frames().size() == 1);
  sender.take(encode(flow_control{flow::go_on, 0, 20}, std::nullopt, std::nullopt), 0);
  CHECK(sender.take_frames().size() == 1);
  sender.step(19 * ms);
  CHECK(sender.take_frames().empty());
  CHECK(sender.due_us() == 20 * ms);
  sender.step(20 * ms);
  CHECK(sender.take_frames().size() == 1);
  sender.step(39 * ms);
  CHECK(sender.take_frames().empty());
  sender.step(45 * ms);
  CHECK(sender.take_frames().size() == 1);
}

TEST_CASE("a message that begins anew replaces the one that was not whole") {
  tp_link receiver({});
  receiver.take(encode(first_frame{20, counted(6)}, std::nullopt, std::nullopt), 0);
  receiver.take(encode(single_frame{{1, 2, 3}}, std::nullopt, std::nullopt), 0);
  CHECK(receiver.take_failures() == std::vector{failure::unexpected});
  CHECK(receiver.take_messages() == std::vector<bytes>{{1, 2, 3}});
  // Nobody asked for these.
  receiver.take(encode(consecutive_frame{1, counted(7)}, std::nullopt, std::nullopt), 0);
  receiver.take(encode(flow_control{}, std::nullopt, std::nullopt), 0);
  CHECK(receiver.take_failures().empty());
}

TEST_CASE("frames that the bus does not take come again, and end the message after N_As") {
  tp_link sender({});
  REQUIRE(sender.send({1, 2, 3}, 0));
  auto frames = sender.take_frames();
  sender.put_back(frames, 0);
  CHECK(sender.take_frames() == frames);
  sender.put_back(frames, 500 * ms);
  sender.step(1'001 * ms);
  CHECK(sender.take_frames().empty());
  CHECK(sender.take_failures() == std::vector{failure::timeout_a});
}

TEST_CASE("whatever is lost, doubled or delayed, a message arrives whole or not at all") {
  std::mt19937 random(1);
  std::size_t arrived = 0;
  for (int round = 0; round < 500; ++round) {
    link_options options;
    options.block_size = static_cast<std::uint8_t>(random() % 5);
    pair_of_links with({}, options);
    const auto message = counted(1 + random() % 300);
    REQUIRE(with.a.send(message, 0));
    const auto odds = 2 + random() % 100;
    with.pass(100 * ms,
              [&](std::size_t) { return random() % odds == 0 ? (random() % 2 ? 0 : 2) : 1; });
    with.pass(5'000 * ms);
    // A doubled single frame is two whole messages.
    for (const auto& one : with.got) CHECK(one == message);
    CHECK(with.got.size() <= 2);
    arrived += with.got.empty() ? 0 : 1;
    CHECK_FALSE(with.a.is_sending());
    CHECK_FALSE(with.b.is_receiving());
  }
  CHECK(arrived > 50);
}

} // namespace iso_tp_link_test
