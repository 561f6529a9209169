#include <catch2/catch.hpp>

#include <vector>

#include "bus/can/socketcan/error_throttle.hpp"
#include "bus/can/socketcan/link_diagnosis.hpp"

namespace socketcan_diagnosis_test {

using namespace voltaic::bus::can;

constexpr std::int64_t step_us = 10'000;

const error_report distorted{.distorted = true, .bus_error = true};
const error_report unacknowledged{.no_acknowledgement = true};
const error_report sending_passive{.state = controller_state::error_passive,
                                   .sending_suffers = true};
const error_report receiving_passive{.state = controller_state::error_passive,
                                     .receiving_suffers = true};
const error_report bus_off{.state = controller_state::bus_off};
const error_report active{.state = controller_state::error_active};

/// What it says after these, 10 ms apart, with so many frames after each.
link_trouble after(const std::vector<error_report>& said, std::uint64_t frames_each = 0) {
  link_diagnosis judged;
  std::int64_t now_us = 0;
  for (const error_report& each : said) {
    now_us += step_us;
    judged.reported(each, now_us);
    judged.heard(frames_each, now_us);
  }
  return judged.trouble(now_us + step_us);
}

TEST_CASE("F-062 a bus on which nobody acknowledges is told from a silent one") {
  CHECK(after({}) == link_trouble::none);
  CHECK(after({unacknowledged}) == link_trouble::no_acknowledgement);
  CHECK(after({sending_passive}) == link_trouble::no_acknowledgement);
  CHECK(after({sending_passive, active}) == link_trouble::none);
  CHECK(after({unacknowledged}, 1) == link_trouble::none);
}

TEST_CASE("errors without a single frame are named as another bitrate") {
  const std::vector<error_report> many(link_diagnosis::distorted_min, distorted);
  CHECK(after(many) == link_trouble::wrong_bitrate);
  CHECK(after({receiving_passive}) == link_trouble::wrong_bitrate);
  CHECK(after({sending_passive, bus_off}) == link_trouble::wrong_bitrate);
  CHECK(after({receiving_passive}, 1) == link_trouble::none);
}

TEST_CASE("a transceiver that reports a fault of the wires is believed before all else") {
  const error_report wires{.transceiver = true};
  CHECK(after({wires}) == link_trouble::transceiver);
  CHECK(after({wires}, 1) == link_trouble::transceiver);
  CHECK(after({unacknowledged, wires}) == link_trouble::transceiver);
  CHECK(after({{.transmit_timeout = true}}) == link_trouble::no_acknowledgement);
}

TEST_CASE("errors between frames are noise, and few of them are nothing") {
  const std::vector<error_report> few(link_diagnosis::distorted_min - 1, distorted);
  const std::vector<error_report> many(link_diagnosis::distorted_min, distorted);
  CHECK(after(few, 1) == link_trouble::none);
  CHECK(after(few) == link_trouble::none);
  CHECK(after(many, 1) == link_trouble::noise);
}

TEST_CASE("a bus that worked and went off is not said to have another bitrate") {
  link_diagnosis judged;
  judged.heard(5, 0);
  judged.reported(bus_off, step_us);
  CHECK(judged.trouble(10 * link_diagnosis::window_us) == link_trouble::none);
}

TEST_CASE("F-061 an interface that was taken down and up is well again without an error frame") {
  for (const auto& before : {bus_off, receiving_passive, sending_passive}) {
    link_diagnosis judged;
    judged.reported(before, 0);
    judged.stated(controller_state::down);
    judged.stated(controller_state::error_active);
    const auto later_us = 10 * link_diagnosis::window_us;
    CHECK(judged.trouble(later_us) == link_trouble::none);
    // Alone on the bus it is another trouble from then on.
    judged.reported(unacknowledged, later_us);
    CHECK(judged.trouble(later_us) == link_trouble::no_acknowledgement);
  }
  // What the kernel says again and again changes nothing.
  link_diagnosis judged;
  judged.heard(5, 0);
  for (int i = 0; i < 3; ++i) judged.stated(controller_state::error_active);
  judged.reported(bus_off, step_us);
  CHECK(judged.trouble(10 * link_diagnosis::window_us) == link_trouble::none);
}

TEST_CASE("trouble is over when it has not been seen for two windows") {
  link_diagnosis judged;
  for (std::uint32_t i = 0; i < link_diagnosis::distorted_min; ++i) judged.reported(distorted, i);
  CHECK(judged.trouble(step_us) == link_trouble::wrong_bitrate);
  CHECK(judged.trouble(link_diagnosis::window_us + step_us) == link_trouble::wrong_bitrate);
  CHECK(judged.trouble(3 * link_diagnosis::window_us) == link_trouble::none);
}

TEST_CASE("F-075 of a flood of error frames only the controller's states are heard, for a second") {
  error_throttle judged;
  std::int64_t now_us = 0;
  const auto hears_all_after = [&](std::uint64_t errors) {
    now_us += error_throttle::period_us;
    return judged.hears_all(errors, now_us);
  };
  std::uint64_t errors = error_throttle::errors_max;
  CHECK(hears_all_after(errors));
  errors += error_throttle::errors_max + 1;
  CHECK_FALSE(hears_all_after(errors));
  for (int i = 1; i < 4; ++i) CHECK_FALSE(hears_all_after(errors));
  CHECK(hears_all_after(errors));
}

} // namespace socketcan_diagnosis_test
