#include <catch2/catch.hpp>

#include <algorithm>
#include <initializer_list>

#include "bus/can/socketcan/error_frame.hpp"

namespace socketcan_error_frame_test {

using namespace voltaic::bus::can;
using voltaic::messages::can::frame;

frame error_frame(std::uint32_t id, std::initializer_list<std::uint8_t> data) {
  frame result;
  result.error = true;
  result.id = id;
  result.length = 8;
  std::ranges::copy(data, result.data.begin());
  return result;
}

struct row {
  frame error;
  error_report report;
  std::string words;
};

void check(std::initializer_list<row> rows) {
  for (const row& each : rows) {
    INFO(each.words);
    CHECK(read_error_frame(each.error) == each.report);
    CHECK(describe_error_frame(each.error) == each.words);
  }
}

TEST_CASE("error frames of the controller's state are read") {
  using state = controller_state;
  check({
      {error_frame(0x004, {0, 0x04}),
       {.state = state::error_warning, .receiving_suffers = true},
       "bus-warn, receiving"},
      {error_frame(0x004, {0, 0x08}),
       {.state = state::error_warning, .sending_suffers = true},
       "bus-warn, sending"},
      {error_frame(0x204, {0, 0x08, 0, 0, 0, 0, 96, 3}),
       {.state = state::error_warning, .counters = error_counters{96, 3}, .sending_suffers = true},
       "bus-warn, sending, 96 transmit and 3 receive errors counted"},
      {error_frame(0x204, {0, 0x30, 0, 0, 0, 0, 128, 130}),
       {.state = state::error_passive,
        .counters = error_counters{128, 130},
        .receiving_suffers = true,
        .sending_suffers = true},
       "error-passive, receiving, error-passive, sending, 128 transmit and 130 receive errors "
       "counted"},
      {error_frame(0x004, {0, 0x14}),
       {.state = state::error_passive, .receiving_suffers = true},
       "bus-warn, receiving, error-passive, receiving"},
      {error_frame(0x004, {0, 0x40}), {.state = state::error_active}, "error-active again"},
      {error_frame(0x040, {}), {.state = state::bus_off}, "bus-off"},
      {error_frame(0x044, {0, 0x20}),
       {.state = state::bus_off, .sending_suffers = true},
       "bus-off, error-passive, sending"},
      {error_frame(0x100, {}),
       {.state = state::error_active, .restarted = true},
       "restarted after bus-off"},
      {error_frame(0x004, {0, 0x01}), {.controller_overflow = true}, "receive overflow"},
      {error_frame(0x004, {0, 0x02}), {}, "transmit overflow"},
  });
}

TEST_CASE("error frames of the wire are read") {
  check({
      {error_frame(0x001, {}), {.transmit_timeout = true}, "Timeout: a frame could not be sent"},
      {error_frame(0x002, {}), {.arbitration_lost = true}, "arbitration lost"},
      {error_frame(0x002, {17}), {.arbitration_lost = true}, "arbitration lost in bit 17"},
      {error_frame(0x020, {}), {.no_acknowledgement = true}, "No ACK"},
      {error_frame(0x088, {0, 0, 0x04, 0x0A}),
       {.distorted = true, .bus_error = true},
       "bus error: stuff error in data while receiving"},
      {error_frame(0x088, {0, 0, 0x82, 0x18}),
       {.distorted = true, .bus_error = true},
       "bus error: form error in CRC delimiter while sending"},
      {error_frame(0x088, {0, 0, 0x00, 0x08}),
       {.distorted = true, .bus_error = true},
       "bus error in CRC Error while receiving"},
      {error_frame(0x088, {0, 0, 0x90, 0x19}),
       {.no_acknowledgement = true, .bus_error = true},
       "bus error: could not send a recessive bit in acknowledgement while sending"},
      {error_frame(0x008, {0, 0, 0x20, 0x12}),
       {},
       "bus error: overload in intermission while receiving"},
      {error_frame(0x080, {}), {.bus_error = true}, "bus error"},
      {error_frame(0x010, {0, 0, 0, 0, 0x04}),
       {.transceiver = true},
       "transceiver: CAN high no wire"},
      {error_frame(0x010, {0, 0, 0, 0, 0x70}),
       {.transceiver = true},
       "transceiver: CAN low short to ground"},
      {error_frame(0x010, {0, 0, 0, 0, 0x80}),
       {.transceiver = true},
       "transceiver: CAN low short to CAN high"},
      {error_frame(0x010, {}), {}, "transceiver fault"},
      {error_frame(0x400, {}), {}, "error frame of class 0x400"},
  });
}

TEST_CASE("an error frame that is cut short says only what is there") {
  frame cut = error_frame(0x204, {0, 0x08, 0, 0, 0, 0, 96, 3});
  cut.length = 1;
  CHECK_FALSE(read_error_frame(cut).state);
  CHECK(read_error_frame(cut).counters == error_counters{0, 0});
}

} // namespace socketcan_error_frame_test
