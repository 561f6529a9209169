// What arrives may be anything: cut off, flipped, made to exhaust the reader,
// or of a version that does not exist yet.
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <random>
#include <set>

#include "messages/codec/codec.hpp"
#include "messages/codec_samples.hpp"

namespace codec_hostile_test {

using namespace voltaic::messages;
using voltaic::tests::sample_header;
using voltaic::tests::sample_payloads;

namespace {

using words = std::vector<std::uint64_t>;

words words_of(const frame& from) {
  words out(from.bytes().size() / sizeof(std::uint64_t));
  std::memcpy(out.data(), from.bytes().data(), from.bytes().size());
  return out;
}

bool same_bytes(const frame& a, const frame& b) {
  return a.bytes().size() == b.bytes().size() &&
         std::memcmp(a.bytes().data(), b.bytes().data(), a.bytes().size()) == 0;
}

bool known(quality value) {
  return value <= quality::never;
}

bool in_range(const block& value) {
  const auto count = std::visit([](const auto& values) { return values.size(); }, value.values);
  const bool is_text = std::holds_alternative<std::string>(value.values);
  return known(value.quality) && value.first_index <= element_index_max &&
         std::all_of(value.element_quality.begin(), value.element_quality.end(), known) &&
         (value.element_quality.empty() || value.element_quality.size() == (is_text ? 1 : count));
}

struct range_check {
  bool operator()(const telemetry& value) const {
    return std::all_of(value.blocks.begin(), value.blocks.end(),
                       [](const block& one) { return in_range(one); });
  }
  bool operator()(const result& value) const { return value.outcome <= outcome::accepted; }
  bool operator()(const permit& value) const { return value.opening <= opening::immediate; }
  bool operator()(const order& value) const { return value.contactor <= contactor_order::plus; }
  bool operator()(const snapshot& value) const { return value.kind <= snapshot_kind::end; }
  template <class T>
  bool operator()(const T&) const {
    return true;
  }
};

/// Refused, or a message that any actor may act on and that can be said again.
bool refused_or_in_range(const expected<message>& opened) {
  if (!opened) return !opened.error().text.empty();
  if (opened->header.utc_quality > utc_quality::simulated) return false;
  if (!std::visit(range_check{}, opened->payload)) return false;
  const auto again = encode(opened->header, opened->payload);
  const auto back = decode(*again);
  return back.has_value() && same_bytes(*encode(back->header, back->payload), *again);
}

/// A message of raw words behind their segment table.
expected<message> open_words(words segment) {
  segment.insert(segment.begin(), static_cast<std::uint64_t>(segment.size()) << 32);
  return decode(frame(std::move(segment)));
}

/// Word by word: an envelope with payload `limits` whose `reasons` is the given pointer,
/// which stands in word 11 of the segment.
words limits_with_reasons(std::uint64_t pointer) {
  words out(12);
  out[0] = 0x0002'0005'0000'0000; // root: 5 words, 2 pointers
  out[1] = 1;                     // schema version
  out[5] = 6;                     // payload: limits
  out[7] = 0x0002'0002'0000'0000; // payload: 2 words, 2 pointers, next to it
  out[11] = pointer;
  return out;
}

constexpr std::uint64_t list_pointer(std::uint64_t offset, std::uint64_t kind,
                                     std::uint64_t count) {
  return 1 | (offset << 2) | (kind << 32) | (count << 35);
}

} // namespace

TEST_CASE("F-040 every prefix of each message kind is refused or in range") {
  std::size_t tried = 0;
  for (const auto& content : sample_payloads()) {
    const auto whole = encode(sample_header(), content);
    const auto bytes = whole->bytes();
    REQUIRE(open(bytes));
    for (std::size_t length = 0; length < bytes.size(); ++length, ++tried) {
      if (open(bytes.first(length))) FAIL("a prefix of " << length << " bytes was taken");
    }
    for (std::size_t length = 8; length < bytes.size(); length += 8) {
      // The same with a segment table that does not give it away.
      auto cut = words_of(*whole);
      cut.resize(length / 8);
      cut[0] = static_cast<std::uint64_t>(cut.size() - 1) << 32;
      if (!refused_or_in_range(decode(frame(cut)))) FAIL("cut after " << length << " bytes");
    }
  }
  CHECK(tried > 1'000);
}

TEST_CASE("F-041 every flipped bit of each message kind is refused or in range") {
  std::size_t refused = 0;
  std::size_t taken = 0;
  for (const auto& content : sample_payloads()) {
    const auto original = words_of(*encode(sample_header(), content));
    for (std::size_t bit = 0; bit < original.size() * 64; ++bit) {
      auto flipped = original;
      flipped[bit / 64] ^= std::uint64_t{1} << (bit % 64);
      const auto opened = decode(frame(std::move(flipped)));
      opened ? ++taken : ++refused;
      if (!refused_or_in_range(opened)) FAIL("payload " << content.index() << " bit " << bit);
    }
  }
  CHECK(refused > 100);
  CHECK(taken > 100);
}

TEST_CASE("F-041 words at random in any place are refused or in range") {
  std::mt19937_64 random(1);
  const auto contents = sample_payloads();
  for (int i = 0; i < 20'000; ++i) {
    auto changed = words_of(*encode(sample_header(), contents[random() % contents.size()]));
    for (int changes = static_cast<int>(random() % 3); changes >= 0; --changes) {
      changed[1 + random() % (changed.size() - 1)] =
          random() % 2 == 0 ? random() : changed[1 + random() % (changed.size() - 1)];
    }
    if (!refused_or_in_range(decode(frame(std::move(changed))))) FAIL("round " << i);
  }
}

TEST_CASE("F-042 a text that many pointers share does not multiply beyond the bound") {
  constexpr std::uint64_t pointers = 4'096;
  constexpr std::uint64_t text_words = 1'024;
  auto hostile = limits_with_reasons(list_pointer(0, 6, pointers));
  for (std::uint64_t i = 0; i < pointers; ++i) {
    hostile.push_back(list_pointer(pointers - 1 - i, 2, text_words * 8));
  }
  for (std::uint64_t i = 0; i < text_words; ++i) hostile.push_back(0x4141'4141'4141'4141);
  hostile.back() = 0x0041'4141'4141'4141;
  // Of this thread: how long it waits for a core says nothing.
  const auto spent_ms = [] {
    timespec spent{};
    REQUIRE(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent) == 0);
    constexpr std::int64_t ns_per_ms = 1'000'000;
    return std::int64_t{spent.tv_sec} * 1'000 + spent.tv_nsec / ns_per_ms;
  };
  const auto begin_ms = spent_ms();
  CHECK_FALSE(open_words(hostile));
  // It takes a millisecond.
  CHECK(spent_ms() - begin_ms < 500);
}

TEST_CASE("F-042 what shared pointers make too long is refused when it is to be said again") {
  constexpr std::uint64_t pointers = 40;
  constexpr std::uint64_t text_words = 1'024;
  auto shared = limits_with_reasons(list_pointer(0, 6, pointers));
  for (std::uint64_t i = 0; i < pointers; ++i)
    shared.push_back(list_pointer(pointers - 1 - i, 2, text_words * 8));
  for (std::uint64_t i = 0; i < text_words; ++i) shared.push_back(0x4141'4141'4141'4141);
  shared.back() = 0x0041'4141'4141'4141;
  const auto opened = open_words(shared);
  REQUIRE(opened);
  const auto again = encode_again(opened->header, opened->payload);
  REQUIRE_FALSE(again);
  CHECK_FALSE(again.error().text.empty());
  CHECK(encode_again({}, tick{}).has_value());
}

TEST_CASE("F-042 lists that claim what they have not are refused") {
  constexpr std::uint64_t most = (std::uint64_t{1} << 29) - 1;
  CHECK(open_words(limits_with_reasons(0)));
  for (std::uint64_t kind = 0; kind < 8; ++kind) {
    CHECK_FALSE(open_words(limits_with_reasons(list_pointer(0, kind, most))));
  }
  // 2^29 - 1 structs of no size need no bytes at all.
  auto empty_structs = limits_with_reasons(list_pointer(0, 7, 0));
  empty_structs.push_back(most << 2);
  CHECK_FALSE(open_words(empty_structs));
}

TEST_CASE("F-042 pointers that lead in circles or nowhere are refused") {
  CHECK_FALSE(open_words(limits_with_reasons(list_pointer(0x3FFFFFFF, 6, 1)))); // itself
  CHECK_FALSE(open_words(limits_with_reasons(list_pointer(1'000, 6, 1))));
  CHECK_FALSE(open_words(limits_with_reasons(2 | (std::uint64_t{11} << 3)))); // far, to itself
  CHECK_FALSE(open_words(limits_with_reasons(2 | (std::uint64_t{7} << 32)))); // no segment 7
  CHECK_FALSE(open_words(limits_with_reasons(3)));                            // a capability
  auto loop = limits_with_reasons(0);
  loop[7] = 0x0002'0002'0000'0000 | (0x3FFFFFFFull << 2); // the payload is its own pointer
  CHECK(refused_or_in_range(open_words(loop)));
}

TEST_CASE("F-043 bytes of every alignment open alike") {
  for (const auto& content : sample_payloads()) {
    const auto whole = encode(sample_header(), content);
    const auto bytes = whole->bytes();
    std::vector<std::byte> shifted(bytes.size() + 8);
    for (std::size_t offset = 0; offset < 8; ++offset) {
      std::memcpy(shifted.data() + offset, bytes.data(), bytes.size());
      const auto opened = open(std::span(shifted).subspan(offset, bytes.size()));
      REQUIRE(opened);
      CHECK(opened->payload == content);
    }
  }
}

TEST_CASE("F-044 a payload of a newer schema is nothing to act on") {
  for (const std::uint64_t tag : {12ull, 99ull, 65535ull}) {
    auto newer = words_of(*encode(sample_header(), tick{.monotonic_us = 1}));
    newer[6] = (newer[6] & ~0xFFFFull) | tag;
    const auto opened = decode(frame(newer));
    REQUIRE(opened);
    CHECK(opened->header == sample_header());
    CHECK(std::holds_alternative<std::monostate>(opened->payload));
  }
}

TEST_CASE("F-044 a newer schema with more fields is read as far as it is known") {
  const auto old = words_of(*encode(sample_header(), tick{.monotonic_us = 1, .utc_offset_us = 2}));
  // One word more of data and one pointer more in the envelope; the two
  // known pointers then lie one word farther from what they point to.
  words newer(old.begin() + 1, old.begin() + 7);
  newer[0] = 0x0003'0006'0000'0000;
  newer[1] = (newer[1] & ~0xFFFFull) | 2; // schema version
  newer.push_back(0xFFFF'FFFF'FFFF'FFFF);
  newer.push_back(old[7] + (1 << 2));
  newer.push_back(old[8] + (1 << 2));
  newer.push_back(0);
  newer.insert(newer.end(), old.begin() + 9, old.end());
  const auto opened = open_words(newer);
  REQUIRE(opened);
  CHECK(opened->header == sample_header());
  CHECK(opened->payload == payload(tick{.monotonic_us = 1, .utc_offset_us = 2}));
}

TEST_CASE("F-044 an enumerant or a version that is none is refused") {
  const auto refuses = [](const payload& content, std::size_t word, int shift) {
    auto changed = words_of(*encode({.source = "bms_0"}, content));
    changed[word] |= std::uint64_t{0x7FFF} << shift;
    return !decode(frame(changed));
  };
  CHECK(refuses(tick{}, 2, 16));                // utc quality
  CHECK(refuses(permit{.rack = "r"}, 10, 48));  // opening
  CHECK(refuses(order{.device = "d"}, 10, 32)); // contactor
  CHECK(refuses(result{}, 10, 0));              // outcome
  CHECK(refuses(snapshot{}, 10, 0));            // kind
  auto versionless = words_of(*encode({}, tick{}));
  versionless[2] &= ~0xFFFFull;
  CHECK_FALSE(decode(frame(versionless)));
}

TEST_CASE("qualities that are none or too few are refused") {
  telemetry content{.blocks = {{.values = block::words{1, 2}, .element_quality = {quality::good}}}};
  CHECK_FALSE(decode(*encode({}, content)));
  content.blocks[0].element_quality = {quality::good, static_cast<quality>(5)};
  CHECK_FALSE(decode(*encode({}, content)));
  content.blocks[0].element_quality = {quality::good, quality::never};
  CHECK(decode(*encode({}, content)));
  content.blocks[0].first_index = element_index_max;
  CHECK_FALSE(decode(*encode({}, content)));
}

TEST_CASE("F-038 what is longer than a frame may be is refused before it is read") {
  const std::vector<std::byte> largest(frame_bytes_max);
  CHECK(adopt(largest));
  const std::vector<std::byte> larger(frame_bytes_max + 8);
  CHECK_FALSE(adopt(larger));
  CHECK_FALSE(open(larger));
  CHECK_FALSE(decode(frame(words(frame_bytes_max / 8 + 1))));
}

TEST_CASE("bytes that are no message are refused") {
  CHECK_FALSE(adopt({}));
  CHECK_FALSE(open({}));
  const std::vector<std::byte> odd(12);
  CHECK_FALSE(adopt(odd));
  CHECK_FALSE(decode(frame({})));
  CHECK_FALSE(decode(frame({0})));
  CHECK_FALSE(decode(frame({0, 0}))); // one segment of no words, and one word more
  CHECK_FALSE(decode(frame({1, 0}))); // two segments
  CHECK_FALSE(decode(frame({0xFFFF'FFFF'FFFF'FFFF, 0})));
}

} // namespace codec_hostile_test
