#include "messages/profiles/decode_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <limits>
#include <map>

#include "messages/profiles/bits.hpp"
#include "messages/profiles/value_rule.hpp"

namespace voltaic::messages::profiles {
namespace {

constexpr std::uint32_t standard_id_max = 0x7FF;
constexpr std::uint32_t extended_id_max = 0x1FFF'FFFF;

/// An f64 bit pattern where an integer bound would stand.
std::int64_t as_bits(double value) {
  return std::bit_cast<std::int64_t>(value);
}
double as_double(std::int64_t bits) {
  return std::bit_cast<double>(bits);
}

double float_of(std::uint64_t bits, unsigned length) {
  if (length == 32) return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  return std::bit_cast<double>(bits);
}

} // namespace

/// Unrolls one profile into a plan.
class decode_plan::compiler {
 public:
  compiler(const device_profile& profile, std::uint32_t id_offset)
      : profile_(profile), id_offset_(id_offset) {}

  expected<decode_plan> run() {
    plan_.standard_.assign(standard_ids, no_entry);
    for (std::size_t i = 0; i < profile_.messages.size(); ++i) {
      const auto& message = profile_.messages[i];
      if (message.checksum) plan_.checksums_.emplace_back(*message.checksum);
      for (std::uint32_t step = 0; step < message.repeat.count; ++step)
        if (auto reason = add_entry(static_cast<std::uint16_t>(i), step)) return *reason;
    }
    index_entries();
    std::sort(plan_.coverages_.begin(), plan_.coverages_.end(),
              [](const coverage& a, const coverage& b) {
                return std::pair(a.point, a.first_index) < std::pair(b.point, b.first_index);
              });
    return std::move(plan_);
  }

 private:
  std::optional<failure> add_entry(std::uint16_t position, std::uint32_t step) {
    const auto& message = profile_.messages[position];
    const std::uint64_t id =
        std::uint64_t{message.id} + std::uint64_t{step} * message.repeat.id_step + id_offset_;
    if (id > (message.extended ? extended_id_max : standard_id_max))
      return failure{fmt::format("{}: identifier 0x{:X} of \"{}\" has too many bits", profile_.name,
                                 id, message.name)};
    entry added;
    added.id = static_cast<std::uint32_t>(id);
    added.length = message.length;
    added.message = position;
    place_guards(message, added);
    if (message.multiplexer) {
      added.has_multiplexer = true;
      place_bits(*message.multiplexer, added.multiplexer);
    }
    added.first_branch = static_cast<std::uint32_t>(plan_.branches_.size());
    std::map<std::optional<std::int64_t>, std::vector<const signal*>> parts;
    for (const auto& signal : message.signals) parts[signal.mux].push_back(&signal);
    for (const auto& [mux, signals] : parts) {
      if (plan_.carriers_.size() >= no_carrier)
        return failure{fmt::format("{}: more than {} different frames", profile_.name, no_carrier)};
      const auto carrier = add_carrier(position, step, added.id, mux, signals);
      if (mux)
        plan_.branches_.push_back({*mux, carrier});
      else
        added.common = carrier;
    }
    added.branch_count = static_cast<std::uint32_t>(plan_.branches_.size()) - added.first_branch;
    (message.read ? answers_ : message.extended ? extended_ : standard_).push_back(added);
    return std::nullopt;
  }

  std::uint16_t add_carrier(std::uint16_t position, std::uint32_t step, std::uint32_t id,
                            std::optional<std::int64_t> mux,
                            const std::vector<const signal*>& signals) {
    const auto& message = profile_.messages[position];
    const auto number = static_cast<std::uint16_t>(plan_.carriers_.size());
    carrier added;
    added.id = id;
    added.extended = message.extended;
    added.period_ms = message.period_ms;
    added.mux = mux;
    added.message = position;
    added.first_row = static_cast<std::uint32_t>(plan_.rows_.size());
    added.row_count = static_cast<std::uint32_t>(signals.size());
    plan_.carriers_.push_back(added);
    std::vector<std::pair<std::uint16_t, std::uint32_t>> elements;
    for (const auto* signal : signals) {
      const std::uint32_t index = signal->index + step * message.repeat.index_step;
      plan_.rows_.push_back(make_row(*signal, index));
      elements.emplace_back(signal->point, index);
    }
    add_coverages(number, std::move(elements));
    return number;
  }

  void add_coverages(std::uint16_t carrier,
                     std::vector<std::pair<std::uint16_t, std::uint32_t>> elements) {
    std::sort(elements.begin(), elements.end());
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const auto [point, index] = elements[i];
      const bool follows =
          i > 0 && elements[i - 1].first == point && elements[i - 1].second + 1 == index;
      if (follows)
        ++plan_.coverages_.back().count;
      else
        plan_.coverages_.push_back({carrier, point, index, 1});
    }
  }

  static void place_bits(const bit_field& bits, row& result) {
    // In a frame the eight bytes are the frame.
    if (end_bit(bits) > word_bits) result.window = window_of(bits);
    const auto placed = result.window != 0 ? in_window(bits) : bits;
    result.shift = static_cast<std::uint8_t>(word_shift(placed));
    result.length = bits.length;
    if (bits.order == bit_order::motorola) result.flags |= flag_motorola;
    if (bits.type == signal_type::signed_integer) result.flags |= flag_signed;
    if (bits.type == signal_type::ieee_float) result.flags |= flag_float;
  }

  /// Counter and checksum, and what of the frame is neither.
  void place_guards(const message& message, entry& result) const {
    if (message.checksum) {
      result.checksum = static_cast<std::uint16_t>(plan_.checksums_.size() - 1);
      result.content_bits &= ~(0xFFull << (message.checksum->byte * 8u));
      if (message.checksum->width_bits == 16)
        result.content_bits &= ~(0xFFull << ((message.checksum->byte + 1u) * 8u));
    }
    if (!message.counter) return;
    result.has_counter = true;
    place_bits(message.counter->bits, result.counter);
    result.content_bits &= ~occupied_bits(message.counter->bits);
  }

  row make_row(const signal& signal, std::uint32_t index) {
    const auto& target = profile_.points[signal.point];
    row result;
    place_bits(signal.bits, result);
    result.point = signal.point;
    result.index = index;
    const auto scaling = rescaling_of(target, signal.scale, signal.offset);
    result.factor = scaling.factor;
    result.addend = scaling.addend;
    if (target.type == raw_type::f64) {
      result.flags |= flag_real;
      const auto [minimum, maximum] = real_bounds(target);
      result.minimum = as_bits(minimum);
      result.maximum = as_bits(maximum);
    } else {
      std::tie(result.minimum, result.maximum) = raw_bounds(target);
      if (signal.bits.type == signal_type::ieee_float || !scaling.is_identity()) {
        result.flags |= flag_rescale;
      } else {
        // 64 unsigned bits above what an int64 holds look negative: out of range.
        const auto wire = integer_range(signal.bits.type, signal.bits.length);
        result.minimum = std::max(result.minimum, wire.first);
        result.maximum = std::min(result.maximum, wire.second);
      }
    }
    result.first_sentinel = sentinels_of(signal.point);
    result.sentinel_count = static_cast<std::uint8_t>(target.sentinels.size());
    return result;
  }

  std::uint16_t sentinels_of(std::uint16_t point) {
    const auto known = sentinel_positions_.find(point);
    if (known != sentinel_positions_.end()) return known->second;
    const auto position = static_cast<std::uint16_t>(plan_.sentinels_.size());
    const auto& sentinels = profile_.points[point].sentinels;
    plan_.sentinels_.insert(plan_.sentinels_.end(), sentinels.begin(), sentinels.end());
    sentinel_positions_.emplace(point, position);
    return position;
  }

  void index_entries() {
    std::sort(extended_.begin(), extended_.end(),
              [](const entry& a, const entry& b) { return a.id < b.id; });
    for (std::size_t i = 0; i < standard_.size(); ++i)
      plan_.standard_[standard_[i].id] = static_cast<std::uint16_t>(i);
    plan_.first_extended_ = standard_.size();
    plan_.entries_ = std::move(standard_);
    plan_.entries_.insert(plan_.entries_.end(), extended_.begin(), extended_.end());
    plan_.first_answer_ = plan_.entries_.size();
    plan_.entries_.insert(plan_.entries_.end(), answers_.begin(), answers_.end());
    for (const auto& one : plan_.entries_)
      plan_.identifiers_.push_back({one.id, profile_.messages[one.message].extended, one.message});
  }

  const device_profile& profile_;
  std::uint32_t id_offset_;
  decode_plan plan_;
  std::vector<entry> standard_;
  std::vector<entry> extended_;
  std::vector<entry> answers_;
  std::map<std::uint16_t, std::uint16_t> sentinel_positions_;
};

expected<decode_plan> decode_plan::compile(const device_profile& profile, std::uint32_t id_offset) {
  if (profile.protocol != protocol::can)
    return failure{fmt::format("{}: not a CAN profile", profile.name)};
  return compiler(profile, id_offset).run();
}

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

sample decode_plan::decode_row(const row& from, std::uint64_t intel, std::uint64_t motorola) const {
  const std::uint64_t word = (from.flags & flag_motorola) != 0 ? motorola : intel;
  const std::uint64_t bits = (word >> from.shift) & low_mask(from.length);
  sample result;
  result.point = from.point;
  result.index = from.index;
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

} // namespace

decode_plan::applied decode_plan::judge(const entry& mine, const can::frame& frame,
                                        std::uint64_t intel) const {
  applied result{.outcome = outcome::bad_length};
  result.identifier = static_cast<std::uint16_t>(&mine - entries_.data());
  if (frame.length != mine.length) return result;
  result.content = intel & mine.content_bits;
  if (mine.has_counter) {
    const auto& place = mine.counter;
    const bool is_motorola = (place.flags & flag_motorola) != 0;
    result.counter = static_cast<std::uint32_t>(
        cut(is_motorola ? swap_bytes(intel) : intel, place.shift, place.length));
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
  samples.clear();
  const entry* mine = find(frame);
  if (mine == nullptr) return {};
  const std::uint64_t intel = load_word(frame.data.data());
  const std::uint64_t motorola = swap_bytes(intel);
  auto result = judge(*mine, frame, intel);
  if (result.outcome != outcome::decoded) return result;
  if (mine->has_multiplexer) {
    const auto& place = mine->multiplexer;
    const std::uint64_t word = (place.flags & flag_motorola) != 0 ? motorola : intel;
    const auto selector = static_cast<std::int64_t>(cut(word, place.shift, place.length));
    const auto* first = branches_.data() + mine->first_branch;
    const auto* last = first + mine->branch_count;
    const auto* found = std::lower_bound(
        first, last, selector,
        [](const branch& one, std::int64_t wanted) { return one.selector < wanted; });
    if (found == last || found->selector != selector) {
      result.outcome = outcome::unknown_selector;
      result.carrier = no_carrier;
      return result;
    }
    result.branch = found->carrier;
  }
  for (const auto number : {result.carrier, result.branch}) {
    if (number == no_carrier) continue;
    const auto& seen = carriers_[number];
    const auto* first = rows_.data() + seen.first_row;
    for (std::uint32_t i = 0; i < seen.row_count; ++i)
      samples.push_back(decode_row(first[i], intel, motorola));
  }
  assert(samples.size() <= samples_max);
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
  const auto& seen = carriers_[mine->common];
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
