#include <bit>
#include <catch2/catch.hpp>
#include <random>

#include "messages/profiles/bits.hpp"
#include "messages/profiles/encode_plan.hpp"
#include "messages/support/profiles.hpp"

namespace round_trip_test {

using namespace voltaic::tests;
using namespace voltaic::messages;
using namespace voltaic::messages::profiles;

namespace {

/// Bit by bit, as the numbering is defined: slow, and independent of the plans.
std::uint64_t slow_bits(const can::frame& frame, const bit_field& field) {
  const auto bit = [&](unsigned k) { return std::uint64_t{(frame.data[k / 8] >> (k % 8)) & 1u}; };
  std::uint64_t result = 0;
  unsigned k = field.start;
  for (unsigned i = 0; i < field.length; ++i) {
    if (field.order == bit_order::intel) {
      result |= bit(k++) << i;
    } else {
      result = (result << 1) | bit(k);
      k = k % 8 == 0 ? k + 15 : k - 1;
    }
  }
  return result;
}

std::string to_json(const bit_field& field) {
  constexpr const char* types[] = {"unsigned", "signed", "float"};
  return "\"start\":" + std::to_string(field.start) +
         ",\"length\":" + std::to_string(field.length) + ",\"order\":\"" +
         (field.order == bit_order::intel ? "intel" : "motorola") + "\",\"type\":\"" +
         types[static_cast<int>(field.type)] + "\"";
}

/// A profile with one signal, and a command with the same field; other bits stay free.
device_profile mirror(const bit_field& field, bool extended) {
  const std::string id = extended ? "0x1ABCDE01" : "0x321";
  const std::string other = extended ? "0x1ABCDE02" : "0x322";
  return load_good(
      R"({"name":"t","version":1,"protocol":"can","commissioned":false,"lease":{"mode":"none"},
      "points":{"x":{"channel":"X","type":")" +
      std::string(field.type == signal_type::ieee_float ? "f64" : "i64") +
      R"(","unit":"","period_ms":100}},"messages":[{"name":"m","id":")" + id +
      R"(","length":8,"signals":[{"point":"x",)" + to_json(field) +
      R"(}]}],"commands":[{"name":"set_x","channel":"SetX","point":"y","read_back":"x","id":")" +
      other + R"(","length":8,"signals":[{"field":"value",)" + to_json(field) +
      R"(}],"minimum":0,"maximum":1}]})");
}

bit_field random_field(std::mt19937_64& random) {
  for (;;) {
    bit_field field;
    field.start = static_cast<std::uint8_t>(random() % 64);
    field.length = static_cast<std::uint8_t>(1 + random() % 64);
    field.order = random() % 2 == 0 ? bit_order::intel : bit_order::motorola;
    field.type = static_cast<signal_type>(random() % 3);
    if (field.type == signal_type::ieee_float) {
      field.length = random() % 2 == 0 ? 32 : 64;
      field.start = static_cast<std::uint8_t>(field.order == bit_order::intel ? random() % 33
                                                                              : 7 + random() % 32);
    }
    if (end_bit(field) <= word_bits &&
        (field.length > 1 || field.type != signal_type::signed_integer))
      return field;
  }
}

} // namespace

TEST_CASE("whatever is encoded decodes to the same raw value, for every kind of signal") {
  std::mt19937_64 random(20);
  for (int round = 0; round < 1'500; ++round) {
    const auto field = random_field(random);
    const bool extended = random() % 2 == 0;
    INFO(to_json(field));
    const auto profile = mirror(field, extended);
    const auto encoder = encode_plan::compile(profile, 0);
    REQUIRE(encoder.has_value());
    field_value value{"value", std::int64_t{0}};
    if (field.type == signal_type::ieee_float) {
      const double number = static_cast<double>(static_cast<std::int64_t>(random())) * 1e-10;
      value.value = field.length == 32 ? double{static_cast<float>(number)} : number;
    } else {
      const auto [minimum, maximum] = integer_range(field.type, field.length);
      const auto bits = random() & low_mask(field.length);
      const auto raw = field.type == signal_type::signed_integer ? sign_extend(bits, field.length)
                                                                 : static_cast<std::int64_t>(bits);
      value.value = round % 5 == 0   ? minimum
                    : round % 5 == 1 ? maximum
                                     : std::clamp(raw, minimum, maximum);
    }
    auto frame = encoder->encode(0, std::span(&value, 1));
    REQUIRE(frame.has_value());
    const auto filled = slow_bits(*frame, field);
    std::uint64_t word = load_word(frame->data.data());
    CHECK((word & ~occupied_bits(field)) == 0); // nothing outside of the field
    word |= random() & ~occupied_bits(field);   // neighbours must not matter
    for (std::size_t i = 0; i < 8; ++i) frame->data[i] = static_cast<std::uint8_t>(word >> (8 * i));
    CHECK(slow_bits(*frame, field) == filled);
    frame->id = profile.messages[0].id;
    const decoded_frame decoded(profile, *frame);
    REQUIRE(decoded.samples.size() == 1);
    REQUIRE(decoded.samples[0].good);
    if (field.type == signal_type::ieee_float)
      CHECK(decoded.samples[0].real == std::get<double>(value.value));
    else
      CHECK(decoded.samples[0].raw == std::get<std::int64_t>(value.value));
  }
}

TEST_CASE("a raw value that does not fit into its bits is refused by the encoder") {
  std::mt19937_64 random(21);
  for (int round = 0; round < 200; ++round) {
    auto field = random_field(random);
    if (field.type == signal_type::ieee_float || field.length > 62) continue;
    const auto profile = mirror(field, false);
    const auto encoder = encode_plan::compile(profile, 0);
    REQUIRE(encoder.has_value());
    const auto [minimum, maximum] = integer_range(field.type, field.length);
    for (const auto raw : {minimum - 1, maximum + 1}) {
      const field_value value{"value", raw};
      CHECK_FALSE(encoder->encode(0, std::span(&value, 1)).has_value());
    }
    CHECK_FALSE(encoder->encode(0, {}).has_value()); // no value given
  }
}

} // namespace round_trip_test
