#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <map>

#include "messages/profiles/bits.hpp"
#include "messages/profiles/decode_plan.hpp"
#include "messages/profiles/value_rule.hpp"

namespace voltaic::messages::profiles {
namespace {

constexpr std::uint32_t standard_id_max = 0x7FF;
constexpr std::uint32_t extended_id_max = 0x1FFF'FFFF;

/// An f64 bit pattern where an integer bound would stand.
std::int64_t as_bits(double value) {
  return std::bit_cast<std::int64_t>(value);
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
    added.is_long = !message.is_answer() && message.length > can::classic_bytes_max;
    place_guards(message, added);
    if (message.multiplexer) {
      added.has_multiplexer = true;
      place_bits(*message.multiplexer, message.length, added.multiplexer);
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
    note_samples(added);
    added.branch_count = static_cast<std::uint32_t>(plan_.branches_.size()) - added.first_branch;
    add_direct(added);
    (message.is_answer() ? answers_ : message.extended ? extended_ : standard_).push_back(added);
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
    plan_.carriers_.push_back(added);
    rows_of_carrier places{static_cast<std::uint32_t>(plan_.plain_rows_.size()), 0,
                           static_cast<std::uint32_t>(plan_.rows_.size()), 0};
    std::vector<std::pair<std::uint16_t, std::uint32_t>> elements;
    for (const auto* signal : signals) {
      const std::uint32_t index = signal->index + step * message.repeat.index_step;
      const auto made = make_row(*signal, message.length, index);
      // What is read lies in windows of its answer.
      if (const auto simple = plan_.plain(made); simple && !message.is_answer())
        plan_.plain_rows_.push_back(*simple);
      else
        plan_.rows_.push_back(made);
      elements.emplace_back(signal->point, index);
    }
    places.plain_count = static_cast<std::uint32_t>(plan_.plain_rows_.size()) - places.first_plain;
    places.row_count = static_cast<std::uint32_t>(plan_.rows_.size()) - places.first_row;
    plan_.rows_of_.push_back(places);
    add_coverages(number, std::move(elements));
    return number;
  }

  /// What a frame of it says at most: what is always there, and one branch.
  void note_samples(const entry& of) {
    const auto rows = [&](std::uint16_t number) -> std::size_t {
      if (number == no_carrier) return 0;
      return plan_.rows_of_[number].plain_count + plan_.rows_of_[number].row_count;
    };
    std::size_t branch = 0;
    for (std::size_t i = of.first_branch; i < plan_.branches_.size(); ++i)
      branch = std::max(branch, rows(plan_.branches_[i].carrier));
    plan_.samples_max_ = std::max(plan_.samples_max_, rows(of.common) + branch);
  }

  void add_direct(entry& of) {
    if (of.branch_count == 0 || plan_.branches_[of.first_branch].selector < 0 ||
        plan_.branches_.back().selector >= direct_selectors_max)
      return;
    of.first_direct = static_cast<std::uint32_t>(plan_.direct_.size());
    of.direct_count = static_cast<std::uint32_t>(plan_.branches_.back().selector) + 1;
    plan_.direct_.resize(of.first_direct + of.direct_count, no_carrier);
    for (auto i = of.first_branch; i < plan_.branches_.size(); ++i)
      plan_.direct_[of.first_direct + static_cast<std::size_t>(plan_.branches_[i].selector)] =
          plan_.branches_[i].carrier;
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

  static void place_bits(const bit_field& bits, unsigned message_bytes, row& result) {
    const auto placed = place(bits, message_bytes);
    result.window = placed.window;
    result.shift = static_cast<std::uint8_t>(word_shift(placed.bits));
    result.length = bits.length;
    if (bits.order == bit_order::motorola) result.flags |= flag_motorola;
    if (bits.type == signal_type::signed_integer) result.flags |= flag_signed;
    if (bits.type == signal_type::ieee_float) result.flags |= flag_float;
  }

  /// Counter and checksum, and what of the frame is neither.
  void place_guards(const message& message, entry& result) {
    if (message.checksum) result.checksum = static_cast<std::uint16_t>(plan_.checksums_.size() - 1);
    if (message.counter) {
      result.has_counter = true;
      place_bits(message.counter->bits, message.length, result.counter);
    }
    const auto mask = content_of(message);
    result.content_bits = mask.front();
    if (!result.is_long) return;
    result.long_content = static_cast<std::uint16_t>(plan_.long_contents_.size());
    plan_.long_contents_.push_back(mask);
  }

  static content_mask content_of(const message& message) {
    std::array<std::uint8_t, can::fd_bytes_max> bytes{};
    bytes.fill(0xFF);
    if (message.checksum) {
      bytes[message.checksum->byte] = 0;
      if (message.checksum->width_bits == 16) bytes[message.checksum->byte + 1u] = 0;
    }
    if (message.counter) {
      const auto placed = place(message.counter->bits, message.length);
      auto* at = bytes.data() + placed.window;
      const auto word = load_word(at) & ~occupied_bits(placed.bits);
      std::memcpy(at, &word, sizeof(word));
    }
    return std::bit_cast<content_mask>(bytes);
  }

  row make_row(const signal& signal, unsigned message_bytes, std::uint32_t index) {
    const auto& target = profile_.points[signal.point];
    row result;
    place_bits(signal.bits, message_bytes, result);
    result.point = signal.point;
    result.index = index;
    if (signal.indicators) result.flags |= flag_indicators;
    if (signal.is_choice()) {
      result.flags |= flag_choice;
      result.minimum = static_cast<std::int64_t>(signal.on);
      result.maximum = static_cast<std::int64_t>(signal.off);
      return result;
    }
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
        if (const auto last = last_value(signal.bits.length); signal.indicators && last)
          result.maximum = std::min(result.maximum, static_cast<std::int64_t>(*last));
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

std::optional<decode_plan::plain_row> decode_plan::plain(const row& from) const {
  constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
  if ((from.flags & (flag_float | flag_rescale | flag_real | flag_choice)) != 0 ||
      from.maximum < from.minimum)
    return std::nullopt;
  if (from.sentinel_count > 1 || (from.sentinel_count == 0 && from.minimum == lowest))
    return std::nullopt;
  plain_row made;
  made.mask = low_mask(from.length);
  if ((from.flags & flag_signed) != 0) made.sign = 1ull << (from.length - 1u);
  made.minimum = from.minimum;
  made.range = static_cast<std::uint64_t>(from.maximum) - static_cast<std::uint64_t>(from.minimum);
  made.sentinel = from.sentinel_count == 1 ? sentinels_[from.first_sentinel] : from.minimum - 1;
  made.index = from.index;
  made.point = from.point;
  made.shift = from.shift;
  made.word = static_cast<std::uint8_t>(from.window * 2u + ((from.flags & flag_motorola) != 0));
  return made;
}

expected<decode_plan> decode_plan::compile(const device_profile& profile, std::uint32_t id_offset) {
  if (profile.protocol != protocol::can)
    return failure{fmt::format("{}: not a CAN profile", profile.name)};
  return compiler(profile, id_offset).run();
}

} // namespace voltaic::messages::profiles
