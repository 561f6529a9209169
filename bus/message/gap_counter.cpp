#include "bus/message/gap_counter.hpp"

#include <algorithm>
#include <limits>

namespace voltaic::bus::message {
namespace {

constexpr std::uint64_t newest_seen = 1;
/// After a snapshot everything behind its sequence counts as heard.
constexpr std::uint64_t all_seen = std::numeric_limits<std::uint64_t>::max();

/// A snapshot does not carry the monotonic time of a source's newest frame.
constexpr std::int64_t unknown_time = std::numeric_limits<std::int64_t>::min();

/// A number that was used before belongs to a new life if it was said later.
bool later(const messages::instant& a, const messages::instant& b) {
  if (b.monotonic_us == unknown_time) return a.utc_us > b.utc_us;
  return a.monotonic_us > b.monotonic_us;
}

void advance_time(messages::instant& newest, const messages::instant& heard) {
  newest.monotonic_us = std::max(newest.monotonic_us, heard.monotonic_us);
  newest.utc_us = std::max(newest.utc_us, heard.utc_us);
}

} // namespace

void gap_counter::begin_life(track& known, const messages::header& header, std::uint64_t missing) {
  known.incarnation = header.incarnation;
  known.sequence = header.sequence;
  known.gaps += missing;
  gaps_ += missing;
  // What a new life said before its first frame heard may still come late.
  known.seen = newest_seen;
  known.newest = header.time;
}

arrival gap_counter::heard(const messages::header& header) {
  if (header.sequence == 0) return arrival::unnumbered;
  const auto [entry, is_new] = tracks_.try_emplace(header.source);
  track& known = entry->second;
  if (is_new) {
    begin_life(known, header, 0);
    known.seen = all_seen;
    return arrival::first;
  }
  if (header.incarnation > known.incarnation ||
      (header.incarnation < known.incarnation && later(header.time, known.newest))) {
    begin_life(known, header, header.sequence - 1);
    return arrival::restart;
  }
  if (header.incarnation < known.incarnation) return arrival::duplicate;
  if (header.sequence > known.sequence) {
    const std::uint64_t step = header.sequence - known.sequence;
    known.seen = step < late_window_frames ? (known.seen << step) | newest_seen : newest_seen;
    known.sequence = header.sequence;
    known.gaps += step - 1;
    gaps_ += step - 1;
    advance_time(known.newest, header.time);
    return step == 1 ? arrival::next : arrival::gap;
  }
  if (later(header.time, known.newest)) {
    begin_life(known, header, header.sequence - 1);
    return arrival::restart;
  }
  const std::uint64_t behind = known.sequence - header.sequence;
  if (behind >= late_window_frames) return arrival::duplicate;
  const std::uint64_t bit = std::uint64_t{1} << behind;
  if ((known.seen & bit) != 0) return arrival::duplicate;
  known.seen |= bit;
  if (known.gaps > 0) {
    --known.gaps;
    --gaps_;
  }
  return arrival::late;
}

void gap_counter::resume(const messages::source_state& state) {
  track& known = tracks_[state.source];
  known.incarnation = state.incarnation;
  known.sequence = state.sequence;
  known.seen = all_seen;
  known.newest = {unknown_time, state.last_utc_us};
}

const gap_counter::track* gap_counter::find(const std::string& source) const {
  const auto found = tracks_.find(source);
  return found == tracks_.end() ? nullptr : &found->second;
}

} // namespace voltaic::bus::message
