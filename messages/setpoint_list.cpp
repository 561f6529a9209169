#include "messages/setpoint_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace voltaic::messages {
namespace {

constexpr std::string_view separator = "; ";
constexpr std::string_view stays = "-";

// The part before the next `mark`, which goes with it.
std::string_view take_until(std::string_view& text, std::string_view mark) {
  const auto end = std::min(text.find(mark), text.size());
  const auto part = text.substr(0, end);
  text.remove_prefix(std::min(end + mark.size(), text.size()));
  return part;
}

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = failed == std::errc() && end == text.data() + text.size();
  return is_whole && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

// What stands between two spaces and could be said again.
bool is_word(std::string_view text) {
  return !text.empty() && text.find(';') == text.npos;
}

} // namespace

std::string setpoint_text(const std::vector<setpoint>& all) {
  std::string text;
  for (std::size_t i = 0; i < std::min(all.size(), setpoints_max); ++i) {
    const auto& each = all[i];
    auto user = each.user;
    std::ranges::replace(user, ';', ',');
    if (!text.empty()) text += separator;
    text += fmt::format("{} {} {} {}", each.point, each.value,
                        each.until.empty() ? stays : std::string_view(each.until), user);
  }
  return text;
}

std::vector<setpoint> read_setpoints(std::string_view text) {
  std::vector<setpoint> all;
  while (!text.empty() && all.size() < setpoints_max) {
    auto one = take_until(text, separator);
    setpoint made;
    made.point = take_until(one, " ");
    const auto value = number_of(take_until(one, " "));
    made.until = take_until(one, " ");
    made.user = one;
    if (!value || !is_word(made.point) || !is_word(made.until)) continue;
    made.value = *value;
    if (made.until == stays) made.until.clear();
    all.push_back(std::move(made));
  }
  return all;
}

} // namespace voltaic::messages
