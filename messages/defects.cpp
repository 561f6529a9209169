#include "messages/defects.hpp"

#include <algorithm>
#include <utility>

namespace voltaic::messages {

void defect_list::add(std::uint32_t line, std::uint32_t column, std::string text) {
  if (all_.size() < defects_max) all_.push_back({file_, line, column, std::move(text)});
}

findings defect_list::take() {
  std::ranges::stable_sort(all_, {},
                           [](const finding& one) { return std::pair(one.line, one.column); });
  return std::move(all_);
}

} // namespace voltaic::messages
