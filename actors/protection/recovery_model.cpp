#include "actors/protection/recovery_model.hpp"

#include <algorithm>

namespace voltaic::actors::protection {

recovery_model::recovery_model(std::uint32_t count, std::int64_t in_time_us, std::int64_t hold_us)
    : in_time_us_(in_time_us), hold_us_(hold_us), elements_(count) {}

void recovery_model::say_unknown(std::size_t element, std::int64_t source_time_us, bool again,
                                 std::int64_t now_us) {
  auto& known = elements_[element];
  const bool is_newer = source_time_us > known.source_time_us;
  known.source_time_us = source_time_us;
  // Where it begins nothing is heard: a sample that came before may not have been told yet.
  if (!again || !is_newer) return;
  known.held_us = held_us(element, now_us);
  known.heard_us = now_us;
  count_ += known.is_heard ? 0 : 1;
  known.is_heard = true;
}

void recovery_model::end(std::size_t element) {
  count_ -= elements_[element].is_heard ? 1 : 0;
  elements_[element] = {};
}

void recovery_model::end_all() {
  if (count_ > 0) std::ranges::fill(elements_, state{});
  count_ = 0;
}

std::int64_t recovery_model::held_us(std::size_t element, std::int64_t now_us) const {
  const auto& known = elements_[element];
  if (!known.is_heard) return 0;
  const auto since_us = std::clamp<std::int64_t>(now_us - known.heard_us, 0, in_time_us_);
  return std::min(hold_us_, known.held_us + since_us);
}

} // namespace voltaic::actors::protection
