#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

#include "bus/can/socketcan/interface.hpp"
#include "bus/can/socketcan/interface_keeper.hpp"
#include "laboratory/bench.hpp"
#include "laboratory/controller_order.hpp"
#include "laboratory/peer.hpp"

/// What a port and `voltaic canctl` put right by themselves.
namespace upkeep_test {

using can_support::collector;
using can_support::eventually;
using can_support::make_frame;
using laboratory::mended_controller;
using laboratory::order;
using laboratory::run;
using namespace voltaic::bus::can;

constexpr std::int64_t s = 1'000'000;

/// A port whose thread can be held, as that of a node which got no processor.
class held_port {
 public:
  explicit held_port(const std::string& interface_name) {
    port_options options;
    options.uri = "socketcan:" + interface_name;
    auto opened = open_port(options, [this](batch&&) { const std::lock_guard wait(held_); });
    REQUIRE(opened);
    port_ = std::move(*opened);
  }
  [[nodiscard]] std::unique_lock<std::mutex> hold() { return std::unique_lock(held_); }
  [[nodiscard]] port& opened() const { return *port_; }
  [[nodiscard]] bool reaches(controller_state state) const {
    return eventually([&] { return port_->read_statistics().state == state; });
  }

 private:
  std::mutex held_;
  std::unique_ptr<port> port_;
};

TEST_CASE(
    "F-072 an interface that was down and is up again before its port looks sends afterwards") {
  held_port watched("vcan0");
  REQUIRE(watched.reaches(controller_state::error_active));
  {
    // The kernel's word that it is up is read before the socket says that it went down.
    const auto busy = watched.hold();
    REQUIRE(run("ip link set vcan0 down && ip link set vcan0 up") == 0);
  }
  REQUIRE(run("cansend vcan0 7FF#01") == 0);
  REQUIRE(eventually([&] { return watched.opened().read_statistics().rx == 1; }));
  CHECK(watched.reaches(controller_state::error_active));
  CHECK(watched.opened().send(make_frame(0x2)) == send_result::sent);
  CHECK(eventually([&] { return watched.opened().read_statistics().tx == 1; }));
}

TEST_CASE("F-072 a port that missed what the kernel said of its interface asks for it") {
  held_port watched("vcan0");
  REQUIRE(watched.reaches(controller_state::error_active));
  {
    const auto busy = watched.hold();
    // More news than the kernel keeps for one listener; it drops the newest.
    REQUIRE(run("for i in $(seq 600); do echo link set vcan0 txqueuelen $((10 + i % 2)); done | "
                "ip -batch -") == 0);
    REQUIRE(run("ip link set vcan0 down") == 0);
  }
  CHECK(watched.reaches(controller_state::down));
  {
    const auto busy = watched.hold();
    REQUIRE(run("for i in $(seq 600); do echo link set vcan0 txqueuelen $((10 + i % 2)); done | "
                "ip -batch -") == 0);
    REQUIRE(run("ip link set vcan0 up") == 0);
  }
  CHECK(watched.reaches(controller_state::error_active));
  CHECK(watched.opened().send(make_frame(0x2)) == send_result::sent);
}

TEST_CASE("F-072 a state whose end was lost with the frames of a full socket is asked for",
          "[controller]") {
  const mended_controller afterwards;
  held_port watched("can0");
  order("can0 passive 0 130");
  REQUIRE(watched.reaches(controller_state::error_passive));
  {
    const auto busy = watched.hold();
    // More than its socket has room for, so that the report finds none.
    REQUIRE(run("cangen can1 -g 0 -i -I 123 -L 8 -n 30000") == 0);
    order("can0 active 0 0");
  }
  REQUIRE(run("cansend can1 7FF#01") == 0); // the kernel tells of losses with a frame
  CHECK(watched.reaches(controller_state::error_active));
  CHECK(eventually([&] { return watched.opened().read_statistics().rx_overflow > 0; }));
}

TEST_CASE("canctl switches off the modes that somebody left on, and orders go out",
          "[controller]") {
  const std::string laboratory = std::getenv("LABORATORY"); // NOLINT(concurrency-mt-unsafe)
  const can_support::temporary_folder folder;
  ::setenv("VOLTAIC_RUNTIME_DIR", folder.path().c_str(), 1); // NOLINT(concurrency-mt-unsafe)
  const auto site = laboratory + "/upkeep.toml";
  std::ofstream(site) << "[site]\nname = \"upkeep\"\n[[bus]]\nname = \"plant\"\n"
                         "port = \"socketcan:can0\"\nbitrate = 500000\n";
  for (const std::string mode : {"listen-only", "loopback"}) {
    INFO(mode);
    REQUIRE(run("ip link set can0 down && ip link set can0 type can bitrate 500000 " + mode +
                " on && ip link set can0 up") == 0);
    const auto before = read_interface("can0");
    REQUIRE((before && *before));
    REQUIRE(harmful_mode_names((*before)->modes) == mode);
    CHECK(run(laboratory + "/voltaic canctl " + site + " --once > /dev/null 2>&1") == 0);
    const auto after = read_interface("can0");
    REQUIRE((after && *after));
    CHECK((*after)->up);
    CHECK((*after)->modes == 0);
    collector heard;
    collector unheard;
    const auto receiver = laboratory::open_on("can1", heard);
    const auto sender = laboratory::open_on("can0", unheard);
    REQUIRE(eventually([&] { return sender->send(make_frame(0x321)) == send_result::sent; }));
    REQUIRE(heard.wait_for_frames(1));
    CHECK(heard.frames()[0].id == 0x321);
  }
}

TEST_CASE("what could not be set up is an alarm once, tried again, and set up when it can be") {
  // An interface of another kind has the name: this namespace's own loopback.
  REQUIRE(run("ip link set lo down && ip link set lo name vcan9") == 0);
  std::vector<std::string> alarms;
  std::vector<std::string> told;
  interface_keeper keeper({{"vcan9", 500'000, {}}}, [&](bool is_alarm, const std::string& line) {
    (is_alarm ? alarms : told).push_back(line);
  });
  CHECK_FALSE(keeper.set_up_all());
  for (std::int64_t now_us = 0; now_us < 10 * s; now_us += s / 10) keeper.step(now_us);
  CHECK(alarms == std::vector<std::string>{"vcan9 is no CAN interface; tried again"});
  CHECK(told.empty());
  REQUIRE(run("ip link set vcan9 name lo && ip link add dev vcan9 type vcan") == 0);
  // It waits for its next try, which is 60 s away at most.
  for (std::int64_t now_us = 10 * s; now_us <= 71 * s && told.empty(); now_us += s / 10)
    keeper.step(now_us);
  CHECK(told == std::vector<std::string>{"vcan9 is up: 500000 bit/s"});
  // Nor does it stay down.
  REQUIRE(run("ip link set vcan9 down") == 0);
  for (std::int64_t now_us = 72 * s; now_us <= 74 * s; now_us += s / 10) keeper.step(now_us);
  const auto there = read_interface("vcan9");
  REQUIRE((there && *there));
  CHECK((*there)->up);
  CHECK(alarms.size() == 1);
}

} // namespace upkeep_test
