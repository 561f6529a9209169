#include "actors/protection/held_extremes_model.hpp"

#include <algorithm>

namespace voltaic::actors::protection {

extremes held_extremes_model::step(const extremes& now, heard how, std::int64_t now_us,
                                   std::int64_t most_us) {
  if (how == heard::whole) {
    last_ = now;
    whole_us_ = now_us;
    return now;
  }
  if (how == heard::lost || now_us - whole_us_ >= most_us) last_ = {};
  auto all = now;
  all.complete = false;
  if (!last_.known) return all;
  // The worst of both: which elements are still said nobody asks here.
  all.minimum = now.known ? std::min(now.minimum, last_.minimum) : last_.minimum;
  all.maximum = now.known ? std::max(now.maximum, last_.maximum) : last_.maximum;
  all.known = true;
  return all;
}

} // namespace voltaic::actors::protection
