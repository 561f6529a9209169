#include <catch2/catch.hpp>

#include "messages/j1939/battery_groups.hpp"
#include "messages/j1939/diagnostics.hpp"
#include "messages/j1939/memory_access.hpp"
#include "messages/j1939/value_state.hpp"

namespace values_test {

using namespace voltaic::messages::j1939;

TEST_CASE("the highest byte of a parameter says whether it is a value") {
  CHECK(state_of(0xFA, 8) == value_state::valid);
  CHECK(state_of(0xFB, 8) == value_state::parameter_specific);
  CHECK(state_of(0xFC, 8) == value_state::reserved);
  CHECK(state_of(0xFD00, 16) == value_state::reserved);
  CHECK(state_of(0xFAFF, 16) == value_state::valid);
  CHECK(state_of(0xFE00, 16) == value_state::error);
  CHECK(state_of(0xFF0000, 24) == value_state::not_available);
  CHECK(state_of(0xFAFFFFFF, 32) == value_state::valid);
  CHECK(state_of(0xFFFFFFFF, 32) == value_state::not_available);
}

TEST_CASE("parameters of two and four bits have an error and no value, of other widths none") {
  CHECK(state_of(1, 2) == value_state::valid);
  CHECK(state_of(2, 2) == value_state::error);
  CHECK(state_of(3, 2) == value_state::not_available);
  CHECK(state_of(14, 4) == value_state::error);
  CHECK(state_of(15, 4) == value_state::not_available);
  CHECK(state_of(1, 1) == value_state::valid);
  CHECK(state_of(0xFFF, 12) == value_state::valid);
  CHECK(state_of(~std::uint64_t{0}, 64) == value_state::valid);
}

TEST_CASE("HVESSD1 is read with its offset, from 0.05 kW, 0.05 V and 0.05 A") {
  const std::uint8_t payload[] = {0x10, 0x27, 0x88, 0x13, 0x40, 0x1F, 0x00, 0x7D};
  const auto read = read_battery_group(61'584, payload);
  REQUIRE(read.size() == 4);
  const auto value = [&](std::size_t i) { return read[i].signal->slot.value_of(read[i].raw); };
  CHECK(value(0) == Approx(500));
  CHECK(value(1) == Approx(250));
  CHECK(value(2) == Approx(400));
  CHECK(value(3) == Approx(0));
  CHECK(read[3].signal->spn == 5'920);
}

TEST_CASE("parameters lie in the order of their group and share no bits") {
  const battery_signal* before = nullptr;
  for (const auto& one : battery_signals()) {
    CHECK_FALSE(battery_group_name(one.pgn).empty());
    CHECK(one.bits > 0);
    if (before != nullptr && before->pgn == one.pgn && before->start && one.start)
      CHECK(*before->start + before->bits <= *one.start);
    before = &one;
  }
}

TEST_CASE("of every prefix of a group those parameters are read that lie wholly in it") {
  const std::vector<std::uint8_t> payload(8, 0);
  for (std::size_t length = 0; length <= payload.size(); ++length)
    CHECK(read_battery_group(61'584, std::span(payload).first(length)).size() == length / 2);
  CHECK(read_battery_group(1, payload).empty());
}

TEST_CASE("DM1 tells lamps, and of each code SPN, failure mode and occurrences") {
  const std::uint8_t payload[] = {0x04, 0x3F, 0xD2, 0x04, 0x1F, 0x01, 0xFF, 0xFF, 0xE3, 0x7E};
  const auto read = read_faults(payload);
  REQUIRE(read);
  CHECK(read->amber_warning == lamp{lamp_state::on, lamp_flash::steady});
  CHECK(read->malfunction == lamp{lamp_state::off, lamp_flash::slow});
  CHECK(read->codes == std::vector<trouble_code>{{1'234, 31, 1, 0}, {0x7FFFF, 3, 126, 0}});
  CHECK(fmi_text(3) == "voltage above normal or shorted high");
}

TEST_CASE("DM1 without faults and its padding have no codes") {
  const std::uint8_t none[] = {0x00, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF};
  CHECK(read_faults(none)->codes.empty());
  const std::vector<std::uint8_t> padded(10, 0xFF);
  CHECK(read_faults(padded)->codes.empty());
}

TEST_CASE("fault reports are read as they were written, and every prefix is harmless") {
  fault_report report;
  report.lamps = 0x44;
  for (std::uint32_t i = 0; i < 60; ++i)
    report.codes.push_back(
        {i * 8'000 + 1, static_cast<std::uint8_t>(i % 32), static_cast<std::uint8_t>(i), 0});
  const auto payload = fault_payload(report);
  CHECK(read_faults(payload)->codes == report.codes);
  for (std::size_t length = 0; length < payload.size(); ++length) {
    const auto read = read_faults(std::span(payload).first(length));
    REQUIRE(read.has_value() == (length >= 2));
    if (read) REQUIRE(read->codes.size() == (length - 2) / 4);
  }
  CHECK(fault_payload({}) == std::vector<std::uint8_t>{0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF});
}

TEST_CASE("memory requests are read as they were written, answers and bytes of every length") {
  const memory_request asked{0x7FF, true, memory_command::write, 0x92000003, 0x1234};
  CHECK(read_memory_request(memory_message(asked, 0xF9, 0xD4)) == asked);
  message answer{0xD800, 6, 0xD4, 0xF9, {0x01, 0x11, 0xFF, 0xFF, 0xFF, 0xFF, 0x5A, 0xA5}};
  REQUIRE(read_memory_answer(answer));
  CHECK(read_memory_answer(answer)->state == memory_state::proceed);
  CHECK(read_memory_answer(answer)->seed == 0xA55A);
  CHECK_FALSE(read_memory_request(answer));
  answer.payload.pop_back();
  CHECK_FALSE(read_memory_answer(answer));
  const message data{0xD700, 6, 0xD4, 0xF9, {2, 7, 8, 0xFF}};
  CHECK(read_memory_data(data) == std::vector<std::uint8_t>{7, 8});
  const message cut{0xD700, 6, 0xD4, 0xF9, {4, 7, 8}};
  CHECK_FALSE(read_memory_data(cut));
}

} // namespace values_test
