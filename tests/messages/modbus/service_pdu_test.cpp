#include "messages/modbus/service_pdu.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace service_pdu_test {

using namespace voltaic::messages::modbus;
using bytes = std::vector<std::uint8_t>;

TEST_CASE("requests about a Modbus device itself are as the protocol's chapter 6 has them") {
  struct row {
    const char* name;
    service_request asked;
    bytes pdu;
  };
  const row rows[] = {
      {"6.7", {service::exception_status}, {0x07}},
      {"6.8, return of what was asked",
       {.asked = service::diagnostics, .address = 0, .words = {0xA537}},
       {0x08, 0x00, 0x00, 0xA5, 0x37}},
      {"6.9", {service::event_counter}, {0x0B}},
      {"6.10", {service::event_log}, {0x0C}},
      {"6.13", {service::server_id}, {0x11}},
      {"6.14, its example",
       {.asked = service::read_file, .records = {{4, 1, 2, {}}, {3, 9, 2, {}}}},
       {0x14, 0x0E, 0x06, 0x00, 0x04, 0x00, 0x01, 0x00, 0x02, 0x06, 0x00, 0x03, 0x00, 0x09, 0x00,
        0x02}},
      {"6.15, its example",
       {.asked = service::write_file, .records = {{4, 7, 0, {0x06AF, 0x04BE, 0x100D}}}},
       {0x15, 0x0D, 0x06, 0x00, 0x04, 0x00, 0x07, 0x00, 0x03, 0x06, 0xAF, 0x04, 0xBE, 0x10, 0x0D}},
      {"6.18, its example", {.asked = service::read_fifo, .address = 0x04DE}, {0x18, 0x04, 0xDE}},
      {"6.21, its example", {service::identification}, {0x2B, 0x0E, 0x01, 0x00}},
  };
  for (const auto& each : rows) {
    INFO(each.name);
    const auto made = encode(each.asked);
    REQUIRE(made);
    CHECK(*made == each.pdu);
  }
}

TEST_CASE("a Modbus request that is too long, or asks for a record that no file has, is refused") {
  const service_request beyond{.asked = service::read_file, .records = {{1, 10'000, 1, {}}}};
  const auto no_record = encode(beyond);
  REQUIRE_FALSE(no_record);
  CHECK(no_record.error().text == "a file has no record 10000, 9999 is the last");

  service_request wide{.asked = service::write_file, .records = {{1, 0, 0, {}}}};
  wide.records.front().words.assign(122, 0);
  CHECK(encode(wide));
  wide.records.front().words.push_back(0);
  const auto too_long = encode(wide);
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().text == "a request of 255 bytes, Modbus has 253");
}

} // namespace service_pdu_test
