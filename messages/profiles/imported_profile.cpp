#include "messages/profiles/imported_profile.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "messages/profiles/load.hpp"

namespace voltaic::messages::profiles {
namespace {

/// Of names in profiles.
constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t number_bytes_max = 8;

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char lower(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
char upper(char c) {
  return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
}

/// Between words: aB, and AB before b.
bool begins_word(std::string_view name, std::size_t at) {
  if (at == 0 || !is_upper(name[at])) return false;
  const char before = name[at - 1];
  const bool ends_capitals = is_upper(before) && at + 1 < name.size() && is_lower(name[at + 1]);
  return is_lower(before) || is_digit(before) || ends_capitals;
}

} // namespace

std::string to_snake(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = lower(name[i]);
    const bool is_plain = is_lower(c) || is_digit(c);
    if ((begins_word(name, i) || !is_plain) && !out.empty() && out.back() != '_') out += '_';
    if (is_plain) out += c;
  }
  while (out.ends_with('_')) out.pop_back();
  if (out.empty() || !is_lower(out.front())) out.insert(0, "x_");
  out.resize(std::min(out.size(), name_bytes_max - number_bytes_max));
  return out;
}

std::string to_camel(std::string_view name) {
  std::string out;
  bool begins = true;
  for (const char c : name) {
    if (c != '_') out += begins ? upper(c) : c;
    begins = c == '_';
  }
  return out;
}

std::string unique_names::take(std::string wanted) {
  auto name = wanted;
  for (int number = 2; !taken_.insert(name).second; ++number)
    name = fmt::format("{}{}{}", wanted, between_, number);
  return name;
}

std::string imported_point_name(std::string_view name) {
  auto snake = to_snake(name);
  return is_known_point(snake) ? "imported_" + snake : snake;
}

} // namespace voltaic::messages::profiles
