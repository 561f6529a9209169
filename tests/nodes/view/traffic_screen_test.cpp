#include <catch2/catch.hpp>

#include "nodes/view/traffic_screen.hpp"

namespace traffic_screen_test {

using namespace voltaic;
using namespace voltaic::nodes::view;
using Catch::Matchers::Contains;

namespace {

/// An identifier after two frames, of which the second changed its second byte.
traffic_entry entry(std::uint32_t id, std::optional<bool> is_known, std::string message = "",
                    std::string values = "") {
  messages::can::traffic_table table;
  messages::can::frame frame;
  frame.id = id;
  frame.length = 3;
  frame.data = {0x3C, 0x7F, 0x00};
  table.take(frame);
  frame.data[1] = 0x7E;
  frame.time_us = 100'500;
  table.take(frame);
  const auto& [key, row] = *table.rows().begin();
  return {key, row, is_known, std::move(message), std::move(values)};
}

traffic_picture picture() {
  traffic_picture of;
  of.bus = "can0";
  of.uri = "socketcan:can0";
  of.state = "error-active";
  of.seconds = 1.5;
  of.frames = 6;
  of.load_percent = 12.25;
  of.entries = {entry(0x085, true, "bms_0 values", "  soc 50.0 %"), entry(0x123, false),
                entry(0x200, std::nullopt)};
  return of;
}

std::string text(const traffic_picture& of, std::size_t first = 0, size screen = {120, 24}) {
  return plain_text(render_traffic(of, first, screen, true));
}

bool has_style(const line& of, style look, const std::string& words) {
  for (const auto& part : of)
    if (part.look == look && part.text.find(words) != std::string::npos) return true;
  return false;
}

} // namespace

TEST_CASE("the table of a bus: counts, period, changed bytes, values, and strangers marked") {
  CHECK(text(picture()) ==
        " can0  socketcan:can0  error-active  1.5 s  6 frames  3 identifiers, 1 unknown  load 12.2 "
        "%\n"
        "  identifier       count period ms jitter ms  bytes (* changed, + before)     "
        "message and values\n"
        "  0x085                2     100.5       0.0  3C  7E* 00                      "
        "bms_0 values  soc 50.0 %\n"
        "? 0x123                2     100.5       0.0  3C  7E* 00                      unknown\n"
        "  0x200                2     100.5       0.0  3C  7E* 00\n"
        "errors 0  lost 0\n");
}

TEST_CASE("the digit whose bits changed stands out, and a wide screen shows the bits") {
  const auto lines = render_traffic(picture(), 0, {200, 24}, true);
  CHECK(has_style(lines[2], style::alarm, "E* "));
  CHECK(has_style(lines[2], style::plain, "7"));
  CHECK_THAT(plain_text(lines), Contains("-- 01 --"));
  CHECK_THAT(text(picture()), !Contains("-- 01 --"));
  CHECK(bytes_text(picture().entries.front().row) == "3C 7E* 00");
}

TEST_CASE("a small screen shows as many identifiers as fit, from the one that is chosen on") {
  const auto shown = text(picture(), 1, {80, 4});
  CHECK_THAT(shown, Contains("0x123"));
  CHECK_THAT(shown, !Contains("0x085"));
  CHECK_THAT(shown, !Contains("0x200"));
  for (const auto& one : render_traffic(picture(), 0, {40, 24}, true)) {
    int columns = 0;
    for (const auto& part : one) columns += columns_of(part.text);
    CHECK(columns <= 40);
  }
}

TEST_CASE("what was left out and lost is told") {
  auto of = picture();
  of.left_out = 7;
  of.lost = 3;
  CHECK_THAT(text(of), Contains("7 frames of more identifiers than 2048 are not shown"));
  CHECK_THAT(text(of), Contains("lost 3"));
}

TEST_CASE("identifiers are spelled as profiles spell them") {
  CHECK(identifier_text({false, 0x88, false}) == "0x088");
  CHECK(identifier_text({true, 0x18FF50E5, false}) == "0x18FF50E5");
  CHECK(identifier_text({false, 0x88, true}) == "0x088 R");
}

} // namespace traffic_screen_test
