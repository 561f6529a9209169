#include "messages/iso_tp/frame.hpp"

#include <catch2/catch.hpp>
#include <random>

namespace iso_tp_frame_test {

using namespace voltaic::messages::iso_tp;
using bytes = std::vector<std::uint8_t>;

TEST_CASE("each frame of ISO-TP is read and written as the standard's table has it") {
  struct row {
    bytes field;
    frame what;
  };
  const row rows[] = {{{0x03, 0x22, 0x01, 0x01}, single_frame{{0x22, 0x01, 0x01}}},
                      {{0x07, 1, 2, 3, 4, 5, 6, 7}, single_frame{{1, 2, 3, 4, 5, 6, 7}}},
                      {{0x10, 0x3E, 0x62, 1, 1, 2, 3, 4}, first_frame{62, {0x62, 1, 1, 2, 3, 4}}},
                      {{0x1F, 0xFF, 1, 2, 3, 4, 5, 6}, first_frame{4095, {1, 2, 3, 4, 5, 6}}},
                      {{0x21, 1, 2, 3, 4, 5, 6, 7}, consecutive_frame{1, {1, 2, 3, 4, 5, 6, 7}}},
                      {{0x20, 1, 2}, consecutive_frame{0, {1, 2}}},
                      {{0x30, 0x08, 0x14}, flow_control{flow::go_on, 8, 0x14}},
                      {{0x31, 0x00, 0x00}, flow_control{flow::wait, 0, 0}},
                      {{0x32, 0x00, 0x00}, flow_control{flow::overflow, 0, 0}}};
  for (const auto& [field, what] : rows) {
    CHECK(decode(field, false) == what);
    CHECK(encode(what, std::nullopt, std::nullopt) == field);
    auto addressed = field;
    if (addressed.size() == frame_bytes_max) continue;
    addressed.insert(addressed.begin(), 0xF1);
    CHECK(decode(addressed, true) == what);
    CHECK(encode(what, 0xF1, std::nullopt) == addressed);
  }
  CHECK(encode(single_frame{{0x22, 1, 1}}, std::nullopt, 0xAA) ==
        bytes{0x03, 0x22, 1, 1, 0xAA, 0xAA, 0xAA, 0xAA});
  // Padding belongs to no message.
  CHECK(decode(bytes{0x02, 1, 2, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA}, false) ==
        frame(single_frame{{1, 2}}));
}

TEST_CASE("what is no frame of ISO-TP is passed over") {
  for (const bytes& field :
       {bytes{}, bytes{0x00}, bytes{0x00, 1}, bytes{0x08, 1, 2, 3, 4, 5, 6, 7}, bytes{0x03, 1, 2},
        bytes{0x10, 0x07, 1, 2, 3, 4, 5, 6}, bytes{0x10, 0x3E, 1, 2, 3}, bytes{0x21},
        bytes{0x33, 0, 0}, bytes{0x30, 0}, bytes{0x40, 1, 2}, bytes{0xFF, 1, 2},
        bytes{0x10, 0x00, 0, 0, 0x0F, 0xFF, 1, 2}, bytes(9, 0x01)})
    CHECK_FALSE(decode(field, false));
  CHECK_FALSE(decode(bytes{0x01}, true));
  // The longer form of a length is read, and told as it is.
  CHECK(decode(bytes{0x10, 0x00, 0, 0, 0x10, 0x00, 1, 2}, false) ==
        frame(first_frame{4096, {1, 2}}));
}

TEST_CASE(
    "STmin counts milliseconds, hundreds of microseconds, or the longest where it is reserved") {
  CHECK(separation_us(0x00) == 0);
  CHECK(separation_us(0x7F) == 127'000);
  CHECK(separation_us(0xF1) == 100);
  CHECK(separation_us(0xF9) == 900);
  for (const int reserved : {0x80, 0xF0, 0xFA, 0xFF})
    CHECK(separation_us(static_cast<std::uint8_t>(reserved)) == 127'000);
}

TEST_CASE("any bytes are a frame of ISO-TP or none, and what was read is written again") {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    bytes field(random() % 10);
    for (auto& one : field) one = static_cast<std::uint8_t>(random());
    const bool address = random() % 2 == 0;
    const auto what = decode(field, address);
    if (!what) continue;
    const auto* first = std::get_if<first_frame>(&*what);
    if (first != nullptr && first->length > message_bytes_max) continue;
    const auto again =
        encode(*what, address ? std::optional(field[0]) : std::nullopt, std::nullopt);
    CHECK(decode(again, address) == what);
  }
}

} // namespace iso_tp_frame_test
