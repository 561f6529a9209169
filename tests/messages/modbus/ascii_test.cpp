#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "messages/modbus/frame.hpp"

namespace ascii_test {

using namespace voltaic::messages::modbus;

TEST_CASE("ASCII frames of Modbus are read and written") {
  const auto frame = parse_ascii(":1103007C00026E\r\n");
  REQUIRE(frame);
  CHECK(frame->unit == 0x11);
  CHECK(frame->pdu == std::vector<std::uint8_t>{0x03, 0x00, 0x7C, 0x00, 0x02});
  CHECK(encode_ascii(*frame) == ":1103007C00026E\r\n");
  CHECK(parse_ascii(":1103007c00026e\r\n") == frame);
  constexpr std::array<std::uint8_t, 5> bytes{0x12, 0x34, 0x23, 0x45, 0x34};
  CHECK(lrc(bytes) == 0x1E);
}

TEST_CASE("what is no ASCII frame of Modbus is refused") {
  for (const std::string text :
       {"", ":", "\r\n", ":\r\n", ":11036C\r\n1", "1103007C00026E\r\n", ":1103007C00026E",
        ":1103007C00026F\r\n", ":1103007C0002 6E\r\n", ":1103007C0002E\r\n", ":00\r\n", ":01FF\r\n",
        ":-103007C00026E\r\n"}) {
    INFO(text);
    CHECK_FALSE(parse_ascii(text));
  }
  // One byte more than a frame may have.
  CHECK_FALSE(parse_ascii(":" + std::string(2 * 257, '0') + "\r\n"));
}

} // namespace ascii_test
