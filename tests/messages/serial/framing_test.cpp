#include <catch2/catch.hpp>
#include <random>
#include <string_view>

#include "messages/serial/dialect.hpp"
#include "messages/serial/receiver.hpp"

namespace voltaic::messages::serial::framing_test {
namespace {

std::vector<std::uint8_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}
std::string text_of(const std::vector<std::uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

framing digits() {
  framing rules;
  rules.start = {0x7E};
  rules.end = {0x0D};
  rules.text = text_form::hex;
  rules.request = *parse_parts("20 {address} 46 {code} {length} {data} {checksum}");
  rules.answer = *parse_parts("20 {address} 46 {result} {length} {data} {checksum}");
  rules.length = {2, false, true, true};
  rules.checksum = {checksum_kind::twos_complement, 2, false, true, false, 0};
  return rules;
}

framing binary() {
  framing rules;
  rules.start = {0xA5};
  rules.request = *parse_parts("40 {code} {length} {data} {checksum}");
  rules.answer = *parse_parts("{address} {code} {length} {data} {checksum}");
  rules.checksum = {checksum_kind::sum, 1, false, false, true, 0};
  return rules;
}

// As captured by others from modules of Pylontech's US series.
constexpr std::string_view captured[] = {
    "~20024600B01402D002AFC80172FE8EC0F91C\r",
    "~20024600A04200020F000000000000000000000000000000050000000000000000000E40000000F105\r",
    "~20024600F07A11020F0CC50CC30CC50CC40CC40CC60CC50CC40CC70CC50CC60CC60CC50CC60CC6050B370B230B230"
    "B"
    "2D0B2DFFE0BF8DFFFF04FFFF001B00BBE4012110E1D6\r",
    "~20024600C06E10020F0C9A0C980C990C980C9A0C9A0C990C9B0C9C0C9A0C9B0C9B0C9B0C9B0C99050B740B550B570"
    "B"
    "530B630000BD06190F02C3500084E545\r"};

} // namespace

TEST_CASE("requests of others' captures are written as they went over the wire") {
  const auto rules = digits();
  REQUIRE(mistakes_in(rules).empty());
  const ask values{"values", 0x42, *parse_data("{address}")};
  CHECK(text_of(encode(rules, direction::request, fill(values, 2))) == "~20024642E00202FD33\r");
  CHECK(text_of(encode(rules, direction::request, fill(values, 3))) == "~20034642E00203FD31\r");
  const ask number{"number", 0x93, *parse_data("{address}")};
  CHECK(text_of(encode(rules, direction::request, fill(number, 2))) == "~20024693E00202FD2D\r");
  CHECK(text_of(encode(rules, direction::request, {2, 0x47, {}, {}})) == "~200246470000FDA7\r");
}

TEST_CASE("answers of others' captures are read, and written again as they were") {
  const auto rules = digits();
  for (const auto one : captured) {
    INFO(one);
    receiver from(rules, direction::answer);
    from.push(bytes_of(one));
    const auto found = from.next();
    REQUIRE(found);
    const auto* said = std::get_if<frame>(&*found);
    REQUIRE(said != nullptr);
    CHECK(said->address == 2);
    CHECK(said->result == 0);
    CHECK(text_of(encode(rules, direction::answer, *said)) == one);
    CHECK_FALSE(from.next());
    CHECK(from.noise_bytes() == 0);
  }
}

TEST_CASE("one wrong bit of a frame of digits is never taken") {
  const auto rules = digits();
  const auto whole = bytes_of(captured[0]);
  const auto right = parse_body(rules, direction::answer, std::span(whole).subspan(1, 36));
  for (std::size_t i = 1; i + 1 < whole.size(); ++i)
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto wrong = whole;
      wrong[i] = static_cast<std::uint8_t>(wrong[i] ^ 1u << bit);
      receiver from(rules, direction::answer);
      from.push(wrong);
      for (auto found = from.next(); found; found = from.next())
        if (const auto* said = std::get_if<frame>(&*found))
          CHECK(*said == std::get<frame>(right)); // a lower-case digit means the same
    }
}

TEST_CASE("RS-485 collisions, noise and half frames: the frame behind them is found") {
  const std::string_view good = captured[0];
  const std::string before[] = {"",
                                std::string("\x00\xFF\x13 noise \r\r", 12),
                                std::string(good.substr(0, 17)),        // half a frame
                                std::string(good.substr(0, 17)) + "\r", // that ends
                                std::string(good.substr(9)),            // its other half
                                "~~~~",
                                "~\r",
                                "~20024600",
                                std::string(5'000, '~'),
                                std::string(10'000, '5'),
                                "~" + std::string(10'000, '5')};
  const auto rules = digits();
  for (const auto& noise : before) {
    receiver from(rules, direction::answer);
    from.push(bytes_of(noise));
    from.push(bytes_of(good));
    int frames = 0;
    for (auto found = from.next(); found; found = from.next())
      frames += std::holds_alternative<frame>(*found) ? 1 : 0;
    CHECK(frames == 1);
  }
}

TEST_CASE("a binary frame is found whatever its bytes hold, and behind a false begin") {
  const auto rules = binary();
  REQUIRE(mistakes_in(rules).empty());
  const frame said{1, 0x90, {}, {0xA5, 0xA5, 8, 0, 1, 2, 3, 4}};
  const auto good = encode(rules, direction::answer, said);
  CHECK(good.size() == 13);
  CHECK(text_of(encode(rules, direction::request, {{}, 0x90, {}, std::vector<std::uint8_t>(8)})) ==
        std::string("\xA5\x40\x90\x08\0\0\0\0\0\0\0\0\x7D", 13));
  const std::vector<std::vector<std::uint8_t>> before = {
      {}, {0xA5}, {0xA5, 1, 0x90, 200, 7}, {1, 2, 3}, {0xA5, 1, 0x90, 2, 0, 0, 0}};
  for (const auto& noise : before) {
    receiver from(rules, direction::answer);
    from.push(noise);
    from.push(good);
    int frames = 0;
    for (auto found = from.next(); found; found = from.next())
      frames += std::get_if<frame>(&*found) != nullptr && std::get<frame>(*found) == said ? 1 : 0;
    for (auto found = from.next_after_silence(); found; found = from.next_after_silence())
      frames += std::get_if<frame>(&*found) != nullptr && std::get<frame>(*found) == said ? 1 : 0;
    CHECK(frames == 1);
  }
}

TEST_CASE("each kind of checksum is what its makers say") {
  const auto nine = bytes_of("123456789");
  CHECK(checksum_of(checksum_kind::sum, {}, nine) == 477);
  CHECK(checksum_of(checksum_kind::twos_complement, {}, nine) == 0x10000 - 477);
  CHECK(checksum_of(checksum_kind::exclusive_or, {}, nine) == 0x31);
  CHECK(checksum_of(checksum_kind::crc16_modbus, {}, nine) == 0x4B37);
  CHECK(checksum_of(checksum_kind::crc16_ccitt, {}, nine) == 0x31C3); // XMODEM's
}

TEST_CASE("framings that could not work are refused with their reasons") {
  auto rules = digits();
  rules.end.clear();
  CHECK_FALSE(mistakes_in(rules).empty());
  rules = digits();
  rules.start = {'A'};
  CHECK_FALSE(mistakes_in(rules).empty());
  rules = binary();
  rules.answer = *parse_parts("{data} {checksum}");
  CHECK_FALSE(mistakes_in(rules).empty());
  rules = binary();
  rules.checksum.kind = checksum_kind::none;
  CHECK_FALSE(mistakes_in(rules).empty());
  rules = digits();
  rules.length.bytes = 1;
  CHECK_FALSE(mistakes_in(rules).empty());
  CHECK_FALSE(parse_parts("20 {adress}"));
  CHECK_FALSE(parse_parts("2"));
  CHECK_FALSE(parse_data("{length}"));
}

} // namespace voltaic::messages::serial::framing_test
