#include <catch2/catch.hpp>

#include <atomic>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include "laboratory/bench.hpp"
#include "laboratory/peer.hpp"

namespace interface_test {

using can_support::collector;
using can_support::eventually;
using can_support::make_frame;
using laboratory::open_on;
using laboratory::run;
using namespace voltaic::bus::can;

const std::string ip = "ip link ";

/// Frames of these identifiers, by a peer, in one go.
void let_play(const std::string& interface_name, const std::vector<std::string>& frames) {
  std::string log;
  for (const std::string& each : frames) log += "(1.000000) " + interface_name + " " + each + "\\n";
  REQUIRE(run("printf '" + log + "' | canplayer -t") == 0);
}

TEST_CASE("F-075 the kernel hands over what is listened to, and the rest is counted") {
  collector heard;
  const auto port = open_on("vcan0", heard, {{0x100, 0x10F, false}}, {{0x100, 0x17F, false}});
  let_play("vcan0", {"0FF#01", "100#02", "10F#03", "110#04", "110#05", "180#06", "00000100#07",
                     "105#R", "10A#08", "0FE##109"});
  REQUIRE(heard.wait_for_frames(3));
  REQUIRE(eventually([&] { return port->read_statistics().rx == 10; }));
  std::vector<std::uint32_t> data_ids;
  for (const auto& each : heard.frames())
    if (!each.remote) data_ids.push_back(each.id);
  CHECK(data_ids == std::vector<std::uint32_t>{0x100, 0x10F, 0x10A});
  // 0x0FF, 0x180, the one of 29 bits and that of CAN FD; 0x110 is somebody's of the site.
  CHECK(eventually([&] { return port->read_statistics().unknown_ids == 4U; }));
}

TEST_CASE(
    "F-063 a stranger that babbles is told by its identifier and rate, and that it is quiet") {
  collector heard;
  const auto port = open_on("vcan0", heard, {{0x100, 0x10F, false}}, {{0x100, 0x17F, false}});
  REQUIRE(eventually([&] { return port->read_statistics().unknown_ids == 0U; }));
  std::optional<laboratory::listener> babbling(
      std::in_place, "cangen vcan0 -g 0.2 -I 000 -L 8 -D 5555555555555555");
  REQUIRE(eventually([&] { return port->read_statistics().babbler.has_value(); }));
  const auto said = *port->read_statistics().babbler;
  CHECK(said.id == 0);
  CHECK_FALSE(said.extended);
  CHECK(said.frames_per_s > 900); // a quarter of 500 kbit/s, and no more than cangen sends
  CHECK(said.frames_per_s < 6'000);
  babbling.reset();
  CHECK(eventually([&] { return !port->read_statistics().babbler.has_value(); }));
  CHECK(heard.frames().empty());
}

TEST_CASE("an interface goes down and comes up again, and what was not sent stays unsent") {
  collector heard;
  const auto port = open_on("vcan0", heard);
  REQUIRE(run(ip + "set vcan0 down") == 0);
  REQUIRE(eventually([&] { return port->read_statistics().state == controller_state::down; }));
  const auto ticks = heard.batches().size();
  CHECK(port->send(make_frame(0x1)) == send_result::down);
  CHECK(port->read_statistics().tx_dropped == 1);
  CHECK(heard.wait_for_batches(ticks + 3)); // the time goes on
  REQUIRE(run(ip + "set vcan0 up") == 0);
  REQUIRE(
      eventually([&] { return port->read_statistics().state == controller_state::error_active; }));
  REQUIRE(run("cansend vcan0 123#01") == 0);
  REQUIRE(heard.wait_for_frames(1));
  CHECK(heard.frames()[0].id == 0x123);
  CHECK(port->send(make_frame(0x2)) == send_result::sent);
  CHECK(eventually([&] { return port->read_statistics().tx == 1; }));
}

TEST_CASE("an interface that is not there yet is used when it comes, and left when it goes") {
  collector heard;
  const auto port = open_on("vcan7", heard);
  CHECK(port->read_statistics().state == controller_state::down);
  CHECK(heard.wait_for_batches(3));
  for (int i = 0; i < 2; ++i) {
    REQUIRE(run(ip + "add dev vcan7 type vcan && " + ip + "set vcan7 up") == 0);
    REQUIRE(eventually(
        [&] { return port->read_statistics().state == controller_state::error_active; }));
    const auto before = heard.frames().size();
    REQUIRE(run("cansend vcan7 123#01") == 0);
    REQUIRE(heard.wait_for_frames(before + 1));
    REQUIRE(run(ip + "del vcan7") == 0);
    REQUIRE(eventually([&] { return port->read_statistics().state == controller_state::down; }));
  }
}

TEST_CASE("an interface of another kind is refused by its name") {
  port_options options;
  options.uri = "socketcan:lo";
  const auto refused = open_port(options, [](batch&&) {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text == "socketcan:lo: lo is no CAN interface");
}

TEST_CASE("frames of CAN FD are received where the interface has them") {
  collector heard;
  const auto port = open_on("vcan0", heard);
  REQUIRE(run("cansend vcan0 123##100112233445566778899AABB") == 0);
  REQUIRE(heard.wait_for_frames(1));
  const auto frame = heard.frames()[0];
  CHECK(frame.fd);
  CHECK(frame.length == 12);
  CHECK(frame.data[11] == 0xBB);
}

TEST_CASE("F-064 twenty thousand frames in one go arrive all, in order, with rising stamps") {
  constexpr std::size_t sent = 20'000;
  collector heard;
  const auto port = open_on("vcan0", heard, {{0x123, 0x123, false}});
  // Numbered in their first bytes.
  REQUIRE(run("cangen vcan0 -g 0 -i -I 123 -D i -L 4 -n " + std::to_string(sent)) == 0);
  REQUIRE(heard.wait_for_frames(sent));
  const auto frames = heard.frames();
  CHECK(frames.size() == sent);
  std::size_t disordered = 0;
  for (std::size_t i = 1; i < frames.size(); ++i) {
    std::uint32_t before = 0;
    std::uint32_t number = 0;
    std::memcpy(&before, frames[i - 1].data.data(), sizeof(before));
    std::memcpy(&number, frames[i].data.data(), sizeof(number));
    if (number != before + 1 || frames[i].time_us < frames[i - 1].time_us) ++disordered;
  }
  CHECK(disordered == 0);
  CHECK(port->read_statistics().rx_overflow == 0);
}

TEST_CASE("F-072 what a slow reader loses is counted, frame by frame") {
  constexpr std::uint64_t sent = 30'000;
  std::mutex held;
  std::atomic<std::uint64_t> received{0};
  port_options options;
  options.uri = "socketcan:vcan0";
  auto opened = open_port(options, [&](batch&& said) {
    const std::lock_guard wait(held);
    received += said.frames.size();
  });
  REQUIRE(opened);
  {
    const std::lock_guard busy(held); // as a reader that is stopped
    REQUIRE(run("cangen vcan0 -g 0 -i -I 123 -L 8 -n " + std::to_string(sent)) == 0);
  }
  REQUIRE(run("cansend vcan0 7FF#01") == 0); // the kernel tells of losses with a frame
  REQUIRE(eventually([&] {
    const auto read = (*opened)->read_statistics();
    return received + read.rx_overflow == sent + 1;
  }));
  CHECK((*opened)->read_statistics().rx_overflow > 0);
}

} // namespace interface_test
