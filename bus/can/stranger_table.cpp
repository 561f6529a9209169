#include "bus/can/stranger_table.hpp"

#include <algorithm>

#include "messages/can/frame_bits.hpp"

namespace voltaic::bus::can {

void stranger_table::heard(const messages::can::frame& one) {
  if (one.error) return;
  ++heard_;
  const identifier of{one.extended, one.id};
  auto found = seen_.find(of);
  if (found == seen_.end()) {
    if (seen_.size() >= identifiers_max) return;
    found = seen_.emplace(of, traffic{}).first;
  }
  ++found->second.frames;
  found->second.bits += messages::can::exact_bits(one);
}

void stranger_table::step(std::int64_t now_us, std::uint32_t bitrate) {
  if (!began_us_) began_us_ = now_us;
  const auto passed_us = now_us - *began_us_;
  if (passed_us < window_us) return;
  const double seconds = static_cast<double>(passed_us) / 1e6;
  const double unheard =
      heard_ == 0 ? 1 : static_cast<double>(heard_ + missed_) / static_cast<double>(heard_);
  const auto share_of = [&](const traffic& of) {
    if (bitrate == 0) return 0.0;
    return static_cast<double>(of.bits) * unheard / seconds / bitrate;
  };
  const auto worst =
      std::ranges::max_element(seen_, {}, [](const auto& each) { return each.second.bits; });
  std::optional<babbler> found;
  if (worst != seen_.end()) {
    const auto& [extended, id] = worst->first;
    const bool is_same = babbling_ && babbling_->id == id && babbling_->extended == extended;
    if (share_of(worst->second) >= (is_same ? quiet_share : babble_share))
      found = {id, extended, static_cast<double>(worst->second.frames) * unheard / seconds};
  }
  babbling_ = found;
  for (auto& each : seen_) each.second = {};
  heard_ = missed_ = 0;
  began_us_ = now_us;
}

void stranger_table::forget(const id_filter& known) {
  const auto knows = [&](bool extended, std::uint32_t id) {
    messages::can::frame one;
    one.id = id;
    one.extended = extended;
    return known.wants(one);
  };
  std::erase_if(seen_,
                [&](const auto& each) { return knows(each.first.first, each.first.second); });
  if (babbling_ && knows(babbling_->extended, babbling_->id)) babbling_.reset();
}

} // namespace voltaic::bus::can
