#include "messages/nearest_word.hpp"

#include <algorithm>
#include <numeric>

namespace voltaic::messages {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

} // namespace

std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& known) {
  // Two typing mistakes, but never more than half of the word.
  const auto distance_max = std::clamp<std::size_t>(word.size() / 2, 1, 2);
  std::string_view best;
  auto best_distance = distance_max + 1;
  for (auto candidate : known) {
    const auto distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

} // namespace voltaic::messages
