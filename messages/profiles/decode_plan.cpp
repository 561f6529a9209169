#include "messages/profiles/decode_plan.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <limits>

#include "messages/profiles/bits.hpp"
#include "messages/profiles/value_rule.hpp"

namespace voltaic::messages::profiles {
namespace {

double as_double(std::int64_t bits) {
  return std::bit_cast<double>(bits);
}

double float_of(std::uint64_t bits, unsigned length) {
  if (length == 32) return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  return std::bit_cast<double>(bits);
}

} // namespace

std::span<const decode_plan::coverage> decode_plan::coverages_of(std::uint16_t point) const {
  const auto first = std::lower_bound(
      coverages_.begin(), coverages_.end(), point,
      [](const coverage& one, std::uint16_t wanted) { return one.point < wanted; });
  const auto last = std::upper_bound(
      first, coverages_.end(), point,
      [](std::uint16_t wanted, const coverage& one) { return wanted < one.point; });
  return {first, last};
}

const decode_plan::entry* decode_plan::find(const can::frame& frame) const {
  if (frame.remote || frame.error) return nullptr;
  if (!frame.extended) {
    if (frame.id >= standard_ids || standard_[frame.id] == no_entry) return nullptr;
    return &entries_[standard_[frame.id]];
  }
  const auto first = entries_.begin() + static_cast<std::ptrdiff_t>(first_extended_);
  const auto last = entries_.begin() + static_cast<std::ptrdiff_t>(first_answer_);
  const auto found = std::lower_bound(
      first, last, frame.id, [](const entry& one, std::uint32_t id) { return one.id < id; });
  if (found == last || found->id != frame.id) return nullptr;
  return &*found;
}

std::uint16_t decode_plan::carrier_of(const entry& mine, std::int64_t selector) const {
  if (mine.direct_count > 0)
    return selector < mine.direct_count
               ? direct_[mine.first_direct + static_cast<std::size_t>(selector)]
               : no_carrier;
  const auto* first = branches_.data() + mine.first_branch;
  const auto* last = first + mine.branch_count;
  const auto* found = std::lower_bound(
      first, last, selector,
      [](const branch& one, std::int64_t wanted) { return one.selector < wanted; });
  return found == last || found->selector != selector ? no_carrier : found->carrier;
}

inline sample decode_plan::plain_sample(const plain_row& from, std::uint64_t word) {
  const auto bits = word >> from.shift & from.mask;
  const auto raw = static_cast<std::int64_t>((bits ^ from.sign) - from.sign);
  const auto above = static_cast<std::uint64_t>(raw) - static_cast<std::uint64_t>(from.minimum);
  const bool good = (above <= from.range) & (raw != from.sentinel);
  return {from.point, good, from.index, raw & -std::int64_t{good}, 0};
}

sample* decode_plan::decode_long_carrier(std::uint16_t number, const can::frame& frame,
                                         sample* into) const {
  const auto& seen = rows_of_[number];
  const auto* bytes = frame.data.data();
  for (const auto& from : std::span(plain_rows_).subspan(seen.first_plain, seen.plain_count)) {
    const auto intel = load_word(bytes + from.word / 2);
    *into++ = plain_sample(from, from.word % 2 == 0 ? intel : swap_bytes(intel));
  }
  for (const auto& from : std::span(rows_).subspan(seen.first_row, seen.row_count)) {
    const auto intel = load_word(bytes + from.window);
    *into++ = decode_row(from, intel, swap_bytes(intel));
  }
  return into;
}

sample* decode_plan::decode_carrier(std::uint16_t number, const std::array<std::uint64_t, 2>& words,
                                    sample* into) const {
  const auto& seen = rows_of_[number];
  for (const auto& from : std::span(plain_rows_).subspan(seen.first_plain, seen.plain_count))
    *into++ = plain_sample(from, words[from.word]);
  for (const auto& from : std::span(rows_).subspan(seen.first_row, seen.row_count))
    *into++ = decode_row(from, words[0], words[1]);
  return into;
}

sample decode_plan::decode_row(const row& from, std::uint64_t intel, std::uint64_t motorola) const {
  const std::uint64_t word = (from.flags & flag_motorola) != 0 ? motorola : intel;
  const std::uint64_t bits = (word >> from.shift) & low_mask(from.length);
  sample result;
  result.point = from.point;
  result.index = from.index;
  if ((from.flags & flag_indicators) != 0 && !is_value(bits, from.length)) {
    if ((from.flags & flag_real) != 0) result.real = std::numeric_limits<double>::quiet_NaN();
    return result;
  }
  if ((from.flags & flag_choice) != 0) {
    const auto in = [bits](std::int64_t set) {
      return (static_cast<std::uint64_t>(set) >> bits & 1U) != 0;
    };
    result.good = in(from.minimum) || in(from.maximum);
    result.raw = in(from.minimum) ? 1 : 0;
    return result;
  }
  std::int64_t raw = 0;
  double wire = 0;
  if ((from.flags & flag_float) != 0) {
    wire = float_of(bits, from.length);
  } else {
    const bool is_signed = (from.flags & flag_signed) != 0;
    raw = is_signed ? sign_extend(bits, from.length) : static_cast<std::int64_t>(bits);
    wire = is_signed ? static_cast<double>(raw) : static_cast<double>(bits);
    for (unsigned i = 0; i < from.sentinel_count; ++i)
      if (sentinels_[from.first_sentinel + i] == raw) {
        if ((from.flags & flag_real) != 0) result.real = std::numeric_limits<double>::quiet_NaN();
        return result;
      }
  }
  if ((from.flags & flag_real) != 0) {
    const double real = wire * from.factor + from.addend;
    result.good = real >= as_double(from.minimum) && real <= as_double(from.maximum); // NaN is not
    result.real = result.good ? real : std::numeric_limits<double>::quiet_NaN();
    return result;
  }
  if ((from.flags & flag_rescale) != 0 && !round_to_integer(wire * from.factor + from.addend, raw))
    return result;
  result.good = raw >= from.minimum && raw <= from.maximum;
  result.raw = result.good ? raw : 0;
  return result;
}

namespace {

std::uint64_t cut(std::uint64_t word, unsigned shift, unsigned length) {
  return (word >> shift) & low_mask(length);
}

/// One number of two that is another one, almost surely, where one of the two is (the odd
/// multiplier of MurmurHash's 64-bit finish).
std::uint64_t mixed(std::uint64_t so_far, std::uint64_t word) {
  constexpr std::uint64_t multiplier = 0xFF51'AFD7'ED55'8CCD;
  const std::uint64_t both = (so_far ^ word) * multiplier;
  return both ^ both >> 32;
}

} // namespace

std::uint64_t decode_plan::long_content(const entry& mine, const can::frame& frame) const {
  std::uint64_t result = 0;
  const auto& mask = long_contents_[mine.long_content];
  for (std::size_t i = 0; i * sizeof(result) < mine.length; ++i)
    result = mixed(result, load_word(frame.data.data() + i * sizeof(result)) & mask[i]);
  return result;
}

// In its caller: what it answers goes through memory otherwise, an eighth of all decoding.
[[gnu::always_inline]] inline decode_plan::applied decode_plan::judge(const entry& mine,
                                                                      const can::frame& frame,
                                                                      std::uint64_t intel) const {
  applied result{.outcome = outcome::bad_length};
  result.identifier = static_cast<std::uint16_t>(&mine - entries_.data());
  if (frame.length != mine.length) return result;
  result.content = mine.is_long ? long_content(mine, frame) : intel & mine.content_bits;
  if (mine.has_counter) {
    const auto& place = mine.counter;
    const bool is_motorola = (place.flags & flag_motorola) != 0;
    const auto word = load_word(frame.data.data() + place.window);
    result.counter = static_cast<std::uint32_t>(
        cut(is_motorola ? swap_bytes(word) : word, place.shift, place.length));
  }
  if (mine.checksum != no_checksum) {
    const auto& rule = checksums_[mine.checksum];
    const std::span bytes(frame.data.data(), frame.length);
    if (rule.of(bytes, result.counter) != rule.carried_by(bytes)) {
      result.outcome = outcome::bad_checksum;
      return result;
    }
  }
  result.outcome = outcome::decoded;
  result.carrier = mine.common;
  return result;
}

decode_plan::applied decode_plan::apply(const can::frame& frame,
                                        std::vector<sample>& samples) const {
  const entry* mine = find(frame);
  if (mine == nullptr) {
    samples.clear();
    return {};
  }
  const std::uint64_t intel = load_word(frame.data.data());
  const std::array<std::uint64_t, 2> words{intel, swap_bytes(intel)};
  auto result = judge(*mine, frame, intel);
  if (result.outcome == outcome::decoded && mine->has_multiplexer) {
    const auto& place = mine->multiplexer;
    const auto here = load_word(frame.data.data() + place.window);
    const auto word = (place.flags & flag_motorola) != 0 ? swap_bytes(here) : here;
    const auto selector = static_cast<std::int64_t>(cut(word, place.shift, place.length));
    result.branch = carrier_of(*mine, selector);
    if (result.branch == no_carrier) {
      result.outcome = outcome::unknown_selector;
      result.carrier = no_carrier;
    }
  }
  if (result.outcome != outcome::decoded) {
    samples.clear();
    return result;
  }
  std::size_t count = 0;
  for (const auto number : {result.carrier, result.branch})
    if (number != no_carrier) count += rows_of_[number].plain_count + rows_of_[number].row_count;
  assert(count <= samples_max_);
  // Not cleared before: what stays is written over, and only what is more is made.
  samples.resize(count);
  auto* into = samples.data();
  for (const auto number : {result.carrier, result.branch})
    if (number != no_carrier)
      into = mine->is_long ? decode_long_carrier(number, frame, into)
                           : decode_carrier(number, words, into);
  if (result.carrier == no_carrier) std::swap(result.carrier, result.branch);
  return result;
}

decode_plan::applied decode_plan::apply_answer(std::uint16_t message,
                                               std::span<const std::uint8_t> data,
                                               std::vector<sample>& samples) const {
  samples.clear();
  const auto first = entries_.begin() + static_cast<std::ptrdiff_t>(first_answer_);
  const auto mine =
      std::find_if(first, entries_.end(), [&](const entry& one) { return one.message == message; });
  if (mine == entries_.end()) return {};
  applied result{.outcome = outcome::decoded, .carrier = mine->common};
  result.identifier = static_cast<std::uint16_t>(&*mine - entries_.data());
  if (data.size() < mine->length) {
    result.outcome = outcome::bad_length;
    return result;
  }
  const auto& seen = rows_of_[mine->common];
  for (std::uint32_t i = 0; i < seen.row_count; ++i) {
    const auto& from = rows_[seen.first_row + i];
    std::array<std::uint8_t, sizeof(std::uint64_t)> window{};
    const auto rest = data.subspan(std::min<std::size_t>(from.window, data.size()));
    std::copy_n(rest.begin(), std::min(rest.size(), window.size()), window.begin());
    const auto intel = load_word(window.data());
    samples.push_back(decode_row(from, intel, swap_bytes(intel)));
  }
  return result;
}

} // namespace voltaic::messages::profiles
