// What a node's own subscribers read without decoding must be what the bytes say.
#include <bit>
#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <random>
#include <stdexcept>

#include "messages/codec/reads_back.hpp"
#include "messages/codec_samples.hpp"

namespace reads_back_test {

using namespace voltaic::messages;
using voltaic::tests::sample_header;
using voltaic::tests::sample_payloads;

namespace {

/// Makes messages, some of them out of range in one place or several.
class maker {
 public:
  header any_header() {
    header made = sample_header();
    made.sequence = random_();
    if (seldom()) made.utc_quality = static_cast<utc_quality>(number(5));
    if (seldom()) made.source.clear();
    return made;
  }

  payload any_payload() {
    auto made = samples_[number(samples_.size())];
    std::visit([this](auto& content) { change(content); }, made);
    return made;
  }

 private:
  template <class T>
  void change(T&) {}
  void change(telemetry& content) {
    content.blocks.resize(number(4));
    for (auto& one : content.blocks) one = any_block();
  }
  void change(result& content) { content.outcome = enumerant<outcome>(6); }
  void change(permit& content) { content.opening = enumerant<opening>(4); }
  void change(order& content) { content.contactor = enumerant<contactor_order>(6); }
  void change(snapshot& content) { content.kind = enumerant<snapshot_kind>(3); }

  block any_block() {
    block made;
    made.point = static_cast<std::uint16_t>(random_());
    made.first_index = seldom() ? element_index_max - number(8) : number(1000);
    made.quality = any_quality();
    const std::size_t count = number(6);
    switch (number(4)) {
      case 0:
        made.values = block::words(count, static_cast<std::uint16_t>(random_()));
        break;
      case 1:
        made.values = block::integers(count, static_cast<std::int64_t>(random_()));
        break;
      case 2:
        made.values = block::reals(count, -0.0);
        break;
      default:
        made.values = std::string(count, '\0');
    }
    const bool is_text = std::holds_alternative<std::string>(made.values);
    const std::size_t marks = seldom() ? number(6) : is_text ? 1 : count;
    if (number(2) == 0) {
      for (std::size_t i = 0; i < marks; ++i) made.element_quality.push_back(any_quality());
    }
    made.missing.resize(number(3));
    return made;
  }

  quality any_quality() { return static_cast<quality>(seldom() ? number(256) : number(5)); }
  template <class T>
  T enumerant(std::uint32_t values) {
    return static_cast<T>(number(values));
  }
  bool seldom() { return number(16) == 0; }
  std::uint32_t number(std::size_t below) { return static_cast<std::uint32_t>(random_() % below); }

  std::mt19937_64 random_{1};
  std::vector<payload> samples_ = sample_payloads();
};

} // namespace

TEST_CASE("a message reads back exactly if and only if its bytes decode, to the same message") {
  maker make;
  int taken = 0;
  int refused = 0;
  for (int i = 0; i < 50'000; ++i) {
    const auto header = make.any_header();
    const auto content = make.any_payload();
    const auto bytes = encode(header, content);
    const auto decoded = decode(*bytes);
    const bool same = decoded && *decoded == message{header, content};
    if (reads_back(header, content) != decoded.has_value()) FAIL("round " << i);
    if (decoded && !same) FAIL("round " << i << " comes back as another message");
    const auto shared = std::make_shared<const message>(message{header, content});
    for (const auto& read : {read_back(shared), content_of(*encode(shared))}) {
      if (read.has_value() != decoded.has_value() || (read && **read != *decoded)) {
        FAIL("round " << i << " is another message to who shares it");
      }
    }
    decoded ? ++taken : ++refused;
  }
  CHECK(taken > 1'000);
  CHECK(refused > 1'000);
}

TEST_CASE("numbers that equal nothing keep their bits whether decoded or handed on") {
  std::uint64_t bits = 0x7FF0'0000'0000'0001; // a signalling NaN
  double odd = 0;
  std::memcpy(&odd, &bits, sizeof odd);
  telemetry content{"bms_0", 1, {}};
  content.blocks.push_back({.quality = quality::good, .values = block::reals{odd, -0.0}});
  REQUIRE(reads_back(sample_header(), content));
  const auto decoded = decode(*encode(sample_header(), content));
  REQUIRE(decoded);
  const auto& values = std::get<telemetry>(decoded->payload).blocks.front().values;
  const auto& given = content.blocks.front().values;
  const auto bits_of = [](const auto& reals) {
    std::vector<std::uint64_t> all;
    for (const double one : std::get<block::reals>(reals))
      all.push_back(std::bit_cast<std::uint64_t>(one));
    return all;
  };
  CHECK(bits_of(values) == bits_of(given));
}

TEST_CASE("limits that are no number are not told, to who shares them as to who decodes them") {
  limits content;
  content.charge_power_limit_w = std::numeric_limits<double>::quiet_NaN();
  const auto said = std::make_shared<const message>(message{sample_header(), content});
  REQUIRE_FALSE(reads_back(said->header, said->payload));
  for (const auto& read : {read_back(said), content_of(*encode(said))}) {
    REQUIRE(read);
    CHECK_FALSE(std::get<limits>((*read)->payload).charge_power_limit_w.has_value());
  }
}

} // namespace reads_back_test
