#include <catch2/catch.hpp>

#include <linux/can/netlink.h>

#include <algorithm>
#include <span>

#include "bus/can/can_support.hpp"
#include "bus/can/socketcan/interface_setup.hpp"
#include "bus/can/socketcan/restart_policy.hpp"
#include "bus/can/socketcan/setup_backoff.hpp"
#include "bus/can/socketcan/setup_request.hpp"

namespace socketcan_setup_test {

using namespace voltaic::bus::can;
using answer = restart_policy::answer;

constexpr std::int64_t step_us = 10'000;

/// When a bus that goes off again at once is restarted, in milliseconds.
std::vector<std::int64_t> restarts_of_a_lasting_fault(restart_policy& policy, std::int64_t from_us,
                                                      std::int64_t until_us) {
  std::vector<std::int64_t> result;
  for (std::int64_t now_us = from_us; now_us < until_us; now_us += step_us) {
    if (policy.bus_is_off(now_us) == answer::restart) result.push_back((now_us - from_us) / 1'000);
  }
  return result;
}

TEST_CASE("F-060 a lasting bus-off is restarted five times with growing waits, then given up") {
  restart_policy policy;
  const auto done = restarts_of_a_lasting_fault(policy, 0, 600'000'000);
  CHECK(done == std::vector<std::int64_t>{100, 410, 1'320, 4'030, 9'040});
  CHECK(policy.has_given_up());
  CHECK(policy.bus_is_off(700'000'000) == answer::given_up);
  policy.reset();
  CHECK(policy.bus_is_off(700'000'000) == answer::wait);
  CHECK(policy.bus_is_off(700'100'000) == answer::restart);
}

TEST_CASE("F-060 bus-offs that come seldom are restarted at once, however many") {
  restart_policy policy;
  for (std::int64_t i = 0; i < 100; ++i) {
    const std::int64_t now_us = i * 2 * restart_policy::window_us;
    CHECK(policy.bus_is_off(now_us) == answer::wait);
    CHECK(policy.due_us() == now_us + restart_policy::backoff_us_min);
    CHECK(policy.bus_is_off(now_us + restart_policy::backoff_us_min) == answer::restart);
    policy.bus_is_on();
    CHECK(policy.restarts() == 1);
  }
}

/// When a bus is restarted that goes off again that long after each restart.
std::vector<std::int64_t> restarts_of_a_fault_that_returns(std::int64_t gap_us) {
  restart_policy policy;
  std::vector<std::int64_t> done_us;
  std::int64_t off_us = 0;
  for (std::int64_t now_us = 0; now_us < 600'000'000; now_us += step_us) {
    if (now_us < off_us || policy.bus_is_off(now_us) != answer::restart) continue;
    done_us.push_back(now_us);
    off_us = now_us + gap_us;
    policy.bus_is_on();
  }
  return done_us;
}

TEST_CASE("F-060 no more restarts than five come within any minute") {
  std::size_t most = 0;
  for (std::int64_t gap_us = 1'000'000; gap_us <= 20'000'000; gap_us += 500'000) {
    INFO("off again after " << gap_us << " us");
    const auto done_us = restarts_of_a_fault_that_returns(gap_us);
    most = std::max(most, done_us.size());
    REQUIRE(done_us.size() >= restart_policy::restarts_max);
    for (std::size_t i = restart_policy::restarts_max; i < done_us.size(); ++i)
      CHECK(done_us[i] - done_us[i - restart_policy::restarts_max] >= restart_policy::window_us);
  }
  // Faults that return seldom enough are restarted for ever: there was something to check.
  REQUIRE(most > restart_policy::restarts_max);
}

TEST_CASE("what could not be set up is tried again, each wait twice the one before, to a bound") {
  setup_backoff backoff;
  CHECK(backoff.due(0));
  std::int64_t now_us = 0;
  for (const std::int64_t wait_s : {1, 2, 4, 8, 16, 32, 60, 60}) {
    backoff.failed(now_us);
    now_us += wait_s * 1'000'000;
    CHECK_FALSE(backoff.due(now_us - 1));
    CHECK(backoff.due(now_us));
  }
  backoff.succeeded();
  backoff.failed(now_us);
  CHECK(backoff.due(now_us + setup_backoff::wait_us_min));
}

interface_state controller(bool up, std::uint32_t bitrate, double sample_point,
                           std::uint32_t restart_ms) {
  interface_state result;
  result.name = "can0";
  result.kind = "can";
  result.is_can = true;
  result.up = up;
  result.bitrate = bitrate;
  result.sample_point_percent = sample_point;
  result.restart_ms = restart_ms;
  return result;
}

TEST_CASE("an interface is changed only as far as it is not as it is to be") {
  const interface_settings plain{"can0", 500'000, {}};
  const interface_settings exact{"can0", 500'000, 80.0};
  struct row {
    const char* what;
    interface_state now;
    interface_settings wanted;
    interface_steps steps;
  };
  interface_state virtual_down;
  virtual_down.kind = "vcan";
  for (const row& each : {
           row{"as it is to be", controller(true, 500'000, 87.5, 0), plain, {}},
           row{"never set up", controller(false, 0, 0, 0), plain, {false, true, true}},
           row{"down, else right",
               controller(false, 500'000, 87.5, 0),
               plain,
               {false, false, true}},
           row{"another bitrate", controller(true, 250'000, 87.5, 0), plain, {true, true, true}},
           row{"restarts by itself",
               controller(true, 500'000, 87.5, 100),
               plain,
               {true, true, true}},
           row{"another sample point",
               controller(true, 500'000, 87.5, 0),
               exact,
               {true, true, true}},
           row{"rounded by the clock", controller(true, 500'000, 80.6, 0), exact, {}},
           row{"virtual", virtual_down, exact, {false, false, true}},
       }) {
    INFO(each.what);
    CHECK(steps_to(each.now, each.wanted) == each.steps);
  }
}

TEST_CASE("the sample point that an interface got stands beside the wanted one, and 5 % are near") {
  const interface_settings wanted{"can0", 250'000, 80.0};
  CHECK(setting_words(controller(true, 250'000, 75.0, 0), wanted) ==
        "250000 bit/s, sample point 75.0 % (wanted 80.0 %)");
  CHECK(setting_words(controller(true, 500'000, 87.5, 0), {"can0", 500'000, {}}) ==
        "500000 bit/s, sample point 87.5 %");
  CHECK(setting_words(controller(true, 0, 0, 0), {"vcan0", 500'000, {}}) == "500000 bit/s");
  CHECK_FALSE(has_other_sample_point(controller(true, 250'000, 75.0, 0), wanted));
  CHECK(has_other_sample_point(controller(true, 250'000, 74.9, 0), wanted));
  CHECK(has_other_sample_point(controller(true, 250'000, 85.1, 0), wanted));
  CHECK_FALSE(has_other_sample_point(controller(true, 250'000, 50.0, 0), {"can0", 250'000, {}}));
}

TEST_CASE("a controller's modes in which orders are lost are not as they are to be, and cleared") {
  struct row {
    std::uint32_t mode;
    const char* name;
  };
  for (const row& each :
       {row{CAN_CTRLMODE_LISTENONLY, "listen-only"}, row{CAN_CTRLMODE_LOOPBACK, "loopback"},
        row{CAN_CTRLMODE_ONE_SHOT, "one-shot"}, row{CAN_CTRLMODE_PRESUME_ACK, "presume-ack"}}) {
    INFO(each.name);
    auto now = controller(true, 500'000, 87.5, 0);
    now.modes = each.mode | CAN_CTRLMODE_BERR_REPORTING;
    CHECK(harmful_mode_names(now.modes) == each.name);
    CHECK(steps_to(now, {"can0", 500'000, {}}) == interface_steps{true, true, true});
    const auto asked = settings_request(7, {"can0", 500'000, {}}, now.modes);
    const can_ctrlmode cleared{.mask = each.mode, .flags = 0};
    const auto* bytes = reinterpret_cast<const std::byte*>(&cleared);
    CHECK_FALSE(std::ranges::search(asked, std::span(bytes, sizeof(cleared))).empty());
    CHECK(read_link_message(asked)->modes == 0);
  }
  auto reporting = controller(true, 500'000, 87.5, 0);
  reporting.modes = CAN_CTRLMODE_BERR_REPORTING | CAN_CTRLMODE_FD;
  CHECK(harmful_mode_names(reporting.modes).empty());
  CHECK(steps_to(reporting, {"can0", 500'000, {}}) == interface_steps{});
}

TEST_CASE("requests to the kernel say what is wanted, as the kernel itself would say it") {
  const auto configured = read_link_message(settings_request(7, {"can0", 250'000, 87.5}, 0));
  REQUIRE(configured);
  CHECK(configured->index == 7);
  CHECK(configured->kind == "can");
  CHECK(configured->bitrate == 250'000);
  CHECK(configured->sample_point_percent == 87.5);
  CHECK(configured->restart_ms == 0);
  CHECK(read_link_message(up_request(7, true))->up);
  CHECK_FALSE(read_link_message(up_request(7, false))->up);
}

TEST_CASE("CAN FD: an interface is given its data bitrate once, and a classic one is not asked") {
  const interface_settings wanted{"can0", 500'000, {}, 2'000'000};
  const auto configured = read_link_message(settings_request(7, wanted, 0));
  REQUIRE(configured);
  CHECK(configured->data_bitrate == 2'000'000);
  interface_state now{.name = "can0", .kind = "can", .index = 7, .up = true, .is_can = true};
  now.bitrate = 500'000;
  CHECK(steps_to(now, wanted) == interface_steps{true, true, true});
  now.fd = true;
  CHECK(steps_to(now, wanted) == interface_steps{true, true, true});
  now.data_bitrate = 2'000'000;
  CHECK(steps_to(now, wanted) == interface_steps{});
  // Who takes CAN FD takes classic frames as well.
  CHECK(steps_to(now, {"can0", 500'000, {}, 0}) == interface_steps{});
  const auto classic = settings_request(7, {"can0", 500'000, {}, 0}, 0);
  CHECK(read_link_message(classic)->data_bitrate == 0);
  CHECK(classic.size() < settings_request(7, wanted, 0).size());
}

TEST_CASE("requests of ports and people are read, and nothing else is") {
  const setup_request restart{setup_request::verb::restart, "can0"};
  const setup_request reset{setup_request::verb::reset, "can0"};
  CHECK(read_setup_request(to_text(restart)) == restart);
  CHECK(read_setup_request(to_text(reset)) == reset);
  for (const char* text : {"", "restart", "restart ", "reset ", "Restart can0", "can0",
                           "restart a_name_that_no_interface_can_have"})
    CHECK_FALSE(read_setup_request(text));
}

TEST_CASE("a request reaches who listens in the site's folder, and nobody where none does") {
  const can_support::temporary_folder folder;
  const setup_request request{setup_request::verb::restart, "can0"};
  CHECK_FALSE(ask_setup(folder.path(), request));
  {
    auto listener = setup_listener::open(folder.path());
    REQUIRE(listener);
    CHECK_FALSE(setup_listener::open(folder.path()));
    REQUIRE(ask_setup(folder.path(), request));
    CHECK(listener->wait(20'000) == request);
  }
  CHECK_FALSE(ask_setup(folder.path(), request));
  CHECK_FALSE(ask_setup("", request));
}

} // namespace socketcan_setup_test
