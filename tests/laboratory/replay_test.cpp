#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "laboratory/bench.hpp"
#include "laboratory/controller_order.hpp"
#include "laboratory/peer.hpp"
#include "laboratory/recorded_drive.hpp"

namespace replay_test {

using can_support::eventually;
using laboratory::order;
using laboratory::recorded_drive;
using laboratory::run;
using namespace voltaic::bus::can;
using voltaic::messages::can::frame;

/// What the kernel counted of an interface since it was made.
struct kernel_counts {
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;  ///< of those received: never handed to any socket
  std::uint64_t overruns = 0; ///< of the controller, which does not know of how many frames
};

std::uint64_t counter(const std::string& interface_name, const std::string& name) {
  std::uint64_t result = 0;
  std::ifstream file("/sys/class/net/" + interface_name + "/statistics/" + name);
  REQUIRE(file >> result);
  return result;
}

kernel_counts counted(const std::string& interface_name) {
  return {counter(interface_name, "rx_packets"), counter(interface_name, "rx_dropped"),
          counter(interface_name, "rx_over_errors")};
}

kernel_counts since(const kernel_counts& before, const std::string& interface_name) {
  const kernel_counts now = counted(interface_name);
  return {now.received - before.received, now.dropped - before.dropped,
          now.overruns - before.overruns};
}

/// Compares what a port hands over with what is played, one by one.
class judge {
 public:
  explicit judge(const recorded_drive& played) : played_(played) {}
  [[nodiscard]] batch_handler handler() {
    return [this](batch&& said) {
      for (const frame& each : said.frames) {
        if (!is_same(each, played_.at(heard_))) ++differing_;
        ++heard_;
      }
    };
  }
  [[nodiscard]] std::uint64_t heard() const { return heard_; }
  /// Frames that are not what was played in their place.
  [[nodiscard]] std::uint64_t differing() const { return differing_; }

 private:
  static bool is_same(const frame& a, const frame& b) {
    return a.id == b.id && a.extended == b.extended && a.length == b.length && a.data == b.data;
  }

  const recorded_drive& played_;
  std::atomic<std::uint64_t> heard_{0};
  std::atomic<std::uint64_t> differing_{0};
};

/// Plays so many frames onto one interface; a port listens on the same, or on the other end of the
/// wire. What the kernel delivered has to arrive, in order, and what is missing to be counted.
/// `how` is an option of canplayer.
void play(std::size_t count, const std::string& sender, const std::string& receiver,
          const char* how = "") {
  const recorded_drive drive(count, sender);
  judge listening(drive);
  port_options options;
  options.uri = "socketcan:" + receiver;
  const auto opened = open_port(options, listening.handler());
  REQUIRE(opened);
  const kernel_counts before = counted(receiver);
  const auto began = std::chrono::steady_clock::now();
  REQUIRE(run("canplayer " + std::string(how) + " -I " + drive.path()) == 0);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  // The controllers have carried all when two looks find the same.
  kernel_counts kernel;
  REQUIRE(eventually([&] {
    const auto last = std::exchange(kernel, since(before, receiver));
    return last.received == kernel.received &&
           listening.heard() + (*opened)->read_statistics().rx_overflow - kernel.overruns ==
               kernel.received - kernel.dropped;
  }));
  const std::uint64_t lost = (*opened)->read_statistics().rx_overflow - kernel.overruns;
  std::printf(
      "REPLAY over %s%s played %zu seconds %.1f received %lu dropped %lu overruns %lu "
      "heard %lu lost %lu\n",
      receiver.c_str(), *how == '\0' ? "" : "_unpaced", count, seconds, kernel.received,
      kernel.dropped, kernel.overruns, listening.heard(), lost);
  CHECK(lost == 0);
  CHECK(kernel.dropped == 0);
  CHECK(listening.heard() == kernel.received);
  // Where an overrun cost frames in the controller, the rest stands in other places.
  if (kernel.overruns == 0) {
    CHECK(kernel.received == count);
    CHECK(listening.differing() == 0);
  }
  CHECK((*opened)->read_statistics().rx == kernel.received);
}

/// What canplayer writes waits in the kernel, as a controller takes one at a time.
void make_room_for_bursts() {
  REQUIRE(run("ip link set can0 txqueuelen 1000") == 0);
}

TEST_CASE("F-064 a car's bus at its own speed arrives whole over a virtual interface") {
  play(5'000, "vcan0", "vcan0");
}

TEST_CASE("F-064 a car's bus at its own speed arrives as the controller delivered it",
          "[controller]") {
  make_room_for_bursts();
  play(5'000, "can0", "can1");
}

TEST_CASE("100,000 frames of a car's bus over a virtual interface", "[.][measured]") {
  play(100'000, "vcan0", "vcan0");
}

TEST_CASE("20,000 frames of a car's bus over two controllers", "[.][measured][controller]") {
  make_room_for_bursts();
  play(20'000, "can0", "can1");
}

TEST_CASE("20,000 frames of a car's bus over two controllers, as fast as they go",
          "[.][measured][controller]") {
  make_room_for_bursts();
  play(20'000, "can0", "can1", "-t");
}

TEST_CASE("F-072 what a controller loses because its driver is late is seen and counted",
          "[measured][controller]") {
  make_room_for_bursts();
  can_support::collector heard;
  const auto port = laboratory::open_on("can1", heard);
  const kernel_counts before = counted("can1");
  const std::uint64_t on_wire = counter("can0", "tx_packets");
  constexpr std::uint64_t sent = 100;
  for (std::uint64_t times = 1; times <= 3; ++times) {
    order("can1 deaf");
    REQUIRE(run("cangen can0 -g 0 -i -I 123 -L 8 -n " + std::to_string(sent)) == 0);
    REQUIRE(eventually([&] { return counter("can0", "tx_packets") == on_wire + times * sent; }));
    order("can1 hearing");
    REQUIRE(eventually([&] { return since(before, "can1").overruns == times; }));
    CHECK(eventually([&] { return port->read_statistics().rx_overflow == times; }));
  }
  kernel_counts kernel;
  CHECK(eventually([&] {
    kernel = since(before, "can1");
    return heard.frames().size() == kernel.received;
  }));
  CHECK(kernel.received < 3 * sent);
  std::printf(
      "REPLAY over can1_late played %lu received %lu dropped 0 overruns %lu heard %zu lost 0\n",
      3 * sent, kernel.received, kernel.overruns, heard.frames().size());
}

} // namespace replay_test
