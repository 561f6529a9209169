#include "messages/canopen/fast_scan.hpp"

namespace voltaic::messages::canopen::lss {
namespace {

constexpr std::uint8_t highest_bit = 31;
/// As `bit_checked`: whoever has no node id answers, and begins anew.
constexpr std::uint8_t anybody = 128;

} // namespace

std::optional<can::frame> fast_scan::next_frame(std::int64_t now_us) {
  if (asked_us_) {
    if (now_us - *asked_us_ < answer_us_) return std::nullopt;
    asked_us_.reset();
    conclude();
  }
  if (is_over()) return std::nullopt;
  asked_us_ = now_us;
  is_answered_ = false;
  return question();
}

void fast_scan::receive(std::span<const std::uint8_t> payload) {
  const auto said = read_answer(payload);
  if (said && said->to == command::identified) is_answered_ = true;
}

can::frame fast_scan::question() const {
  switch (step_) {
    case step::bits:
      return fastscan(parts_[part_], bit_, part_, part_);
    case step::confirm:
      return fastscan(parts_[part_], 0, part_,
                      static_cast<std::uint8_t>((part_ + 1) % parts_.size()));
    case step::begin:
    case step::over:
      break;
  }
  return fastscan(0, anybody, 0, 0);
}

void fast_scan::conclude() {
  switch (step_) {
    case step::begin:
      step_ = is_answered_ ? step::bits : step::over;
      return;
    case step::bits:
      // Asked is whether the bit is 0, with those above it as found.
      if (!is_answered_) parts_[part_] |= std::uint32_t{1} << bit_;
      if (bit_ == 0)
        step_ = step::confirm;
      else
        --bit_;
      return;
    case step::confirm:
      if (!is_answered_) {
        has_failed_ = true;
        step_ = step::over;
      } else if (++part_ == parts_.size()) {
        found_ = identity{parts_[0], parts_[1], parts_[2], parts_[3]};
        step_ = step::over;
      } else {
        bit_ = highest_bit;
        step_ = step::bits;
      }
      return;
    case step::over:
      return;
  }
}

} // namespace voltaic::messages::canopen::lss
