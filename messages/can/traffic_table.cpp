#include "messages/can/traffic_table.hpp"

#include <algorithm>

namespace voltaic::messages::can {
namespace {

void compare(traffic_row& row, const frame& now) {
  constexpr std::uint8_t all_bits = 0xFF;
  row.changed = {};
  const auto both = std::min(row.last.length, now.length);
  const auto longer = std::max(row.last.length, now.length);
  for (std::size_t i = 0; i < longer && i < row.changed.size(); ++i) {
    row.changed[i] =
        i < both ? static_cast<std::uint8_t>(row.last.data[i] ^ now.data[i]) : all_bits;
    row.ever_changed[i] |= row.changed[i];
  }
}

void measure(traffic_row& row, std::int64_t gap_us) {
  if (gap_us < 0) return;
  row.shortest_us = row.gaps == 0 ? gap_us : std::min(row.shortest_us, gap_us);
  row.longest_us = std::max(row.longest_us, gap_us);
  row.gaps_sum_us += gap_us;
  ++row.gaps;
}

} // namespace

std::int64_t traffic_row::period_us() const {
  return gaps == 0 ? 0 : gaps_sum_us / static_cast<std::int64_t>(gaps);
}

bool traffic_table::take(const frame& one) {
  if (one.error) {
    ++errors_;
    return false;
  }
  ++frames_;
  const traffic_key key{one.extended, one.id, one.remote};
  auto found = rows_.find(key);
  const bool is_new = found == rows_.end();
  if (is_new && rows_.size() >= room_) {
    ++left_out_;
    return false;
  }
  if (is_new) {
    found = rows_.emplace(key, traffic_row{}).first;
  } else {
    compare(found->second, one);
    measure(found->second, one.time_us - found->second.last.time_us);
  }
  found->second.last = one;
  ++found->second.count;
  return is_new;
}

} // namespace voltaic::messages::can
