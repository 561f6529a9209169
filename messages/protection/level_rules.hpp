#pragma once

#include <string>
#include <vector>

#include "messages/protection/table.hpp"

namespace voltaic::messages::protection {

/// What is wrong with one level of a candidate.
struct level_mistake {
  protection::level level = protection::level::warning;
  std::string text;
};

/// The rules between values: clear on the right side of set, nothing outside of
/// the envelope, rising levels that never weaken, a fault that latches or says
/// why not.
[[nodiscard]] std::vector<level_mistake> mistakes_of(const candidate& watched);

} // namespace voltaic::messages::protection
