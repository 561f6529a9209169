#include <catch2/catch.hpp>

#include <chrono>
#include <thread>

#include "bus/can/clock.hpp"
#include "bus/can/socketcan/interface_keeper.hpp"
#include "laboratory/bench.hpp"
#include "laboratory/controller_order.hpp"
#include "laboratory/peer.hpp"

/// What becomes of frames that could not go out: seen on the wire, by the other controller.
namespace stale_frames_test {

using can_support::collector;
using can_support::eventually;
using can_support::make_frame;
using laboratory::mended_controller;
using laboratory::order;
using laboratory::run;
using namespace voltaic::bus::can;

/// A port on can0, who keeps its interface, and a port on the other end of the wire.
class wire {
 public:
  wire() : receiver_(laboratory::open_on("can1", heard_)) {
    auto listening = setup_listener::open(folder_.path());
    REQUIRE(listening);
    listener_.emplace(std::move(*listening));
    port_options options;
    options.uri = "socketcan:can0";
    options.runtime_folder = folder_.path();
    auto opened = open_port(options, sender_heard_.handler());
    REQUIRE(opened);
    sender_ = std::move(*opened);
  }
  [[nodiscard]] port& sender() const { return *sender_; }
  [[nodiscard]] bool reaches(controller_state state) const {
    return eventually([&] { return sender_->read_statistics().state == state; });
  }
  /// Sends ten frames of a number while nothing goes out, and waits until all but what the kernel
  /// took are given up for their age.
  void send_into_the_void(std::uint32_t id) const {
    constexpr auto order_period = std::chrono::milliseconds(50);
    for (std::uint8_t i = 0; i < 10; ++i) {
      REQUIRE(sender_->send(make_frame(id, i)) == send_result::sent);
      std::this_thread::sleep_for(order_period); // for one more to go to the controller
    }
    REQUIRE(eventually([&] { return sender_->read_statistics().tx_dropped == 9; }));
  }
  /// As `voltaic canctl` does, when the port asks.
  [[nodiscard]] bool is_restarted_by_keeper() {
    interface_keeper keeper({{"can0", 500'000, {}}}, [](bool, const std::string&) {});
    (void)keeper.set_up_all();
    return eventually([&] {
      const auto now_us = monotonic_now_us();
      if (const auto request = listener_->wait(1)) keeper.asked(*request, now_us);
      keeper.step(now_us);
      return sender_->read_statistics().state == controller_state::error_active;
    });
  }
  /// The identifiers that were on the wire, up to this one, which is sent now.
  [[nodiscard]] std::vector<std::uint32_t> heard_until(std::uint32_t last) {
    REQUIRE(sender_->send(make_frame(last)) == send_result::sent);
    std::vector<std::uint32_t> ids;
    REQUIRE(eventually([&] {
      ids.clear();
      for (const auto& each : heard_.frames())
        if (!each.error) ids.push_back(each.id);
      return !ids.empty() && ids.back() == last;
    }));
    return ids;
  }

 private:
  const mended_controller afterwards_;
  can_support::temporary_folder folder_;
  collector heard_;
  collector sender_heard_;
  std::unique_ptr<port> receiver_;
  std::optional<setup_listener> listener_;
  std::unique_ptr<port> sender_;
};

TEST_CASE("F-062 of what a cut cable held up one frame goes out when it is mended, and no more",
          "[controller]") {
  // A controller that has no room, and one that has room for four frames.
  const std::string held_up = GENERATE("can0 cut", "can0 unheard");
  CAPTURE(held_up);
  wire with;
  order(held_up);
  with.send_into_the_void(0x100);
  order("can0 mended");
  REQUIRE(eventually([&] { return with.sender().read_statistics().tx == 1; }));
  CHECK(with.heard_until(0x200) == std::vector<std::uint32_t>{0x100, 0x200});
}

TEST_CASE("F-060 what a controller forgot at its bus-off stops nothing after its restart",
          "[controller]") {
  wire with;
  order("can0 unheard");
  with.send_into_the_void(0x100);
  order("can0 off");
  REQUIRE(with.reaches(controller_state::bus_off));
  REQUIRE(run("ip link set can0 type can restart") == 0);
  REQUIRE(with.reaches(controller_state::error_active));
  CHECK(with.heard_until(0x200) == std::vector<std::uint32_t>{0x200});
}

TEST_CASE("F-060 what was held up before a bus-off never goes out after canctl's restart",
          "[controller]") {
  wire with;
  order("can0 cut");
  with.send_into_the_void(0x100);
  order("can0 off");
  REQUIRE(with.reaches(controller_state::bus_off));
  CHECK(with.sender().send(make_frame(0x101)) == send_result::down);
  // The kernel takes it of others; the interface forgets it as it is taken down.
  REQUIRE(run("cansend can0 102#01") == 0);
  REQUIRE(with.is_restarted_by_keeper());
  CHECK(with.heard_until(0x200) == std::vector<std::uint32_t>{0x200});
}

TEST_CASE("F-060 after a restart by somebody's hand one frame of before goes out at the most",
          "[controller]") {
  wire with;
  order("can0 cut");
  with.send_into_the_void(0x100);
  order("can0 off");
  REQUIRE(with.reaches(controller_state::bus_off));
  CHECK(with.sender().send(make_frame(0x101)) == send_result::down);
  REQUIRE(run("ip link set can0 type can restart") == 0);
  REQUIRE(with.reaches(controller_state::error_active));
  // The kernel forgets what it holds as well, where it is quick enough.
  const auto heard = with.heard_until(0x200);
  const std::vector<std::uint32_t> one_of_before{0x100, 0x200};
  CHECK((heard == one_of_before || heard == std::vector<std::uint32_t>{0x200}));
}

} // namespace stale_frames_test
