#include "messages/dbc/cursor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace voltaic::messages::dbc {
namespace {

/// A text without its escapes.
std::string unescaped(std::string_view content) {
  std::string out;
  out.reserve(content.size());
  for (std::size_t i = 0; i < content.size(); ++i) {
    const bool escapes = content[i] == '\\' && i + 1 < content.size() &&
                         (content[i + 1] == '"' || content[i + 1] == '\\');
    out += content[escapes ? ++i : i];
  }
  return out;
}

} // namespace

std::string shown(const token& what) {
  constexpr std::size_t shown_max = 40;
  if (what.type == token::kind::end) return "the end of the file";
  return fmt::format("'{}'", what.content.substr(0, shown_max));
}

const token& cursor::peek(std::size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

const token& cursor::next() {
  const auto& here = peek();
  if (at_ + 1 < tokens_.size()) ++at_;
  return here;
}

void cursor::go_to(std::size_t position) {
  at_ = std::min(position, tokens_.size() - 1);
}

bool cursor::take(char symbol) {
  if (!peek().is(symbol)) return false;
  next();
  return true;
}

void cursor::refuse(std::string_view wanted) const {
  throw refusal{peek(), fmt::format("expected {}, got {}", wanted, shown(peek()))};
}

void cursor::want(char symbol) {
  if (!take(symbol)) refuse(fmt::format("'{}'", symbol));
}

void cursor::want_end() {
  if (peek().begins_line && !peek().is(';')) refuse("';' before this line");
  want(';');
}

std::string cursor::name(std::string_view what) {
  const auto type = peek().type;
  if (type != token::kind::word && type != token::kind::number) refuse(what);
  return std::string(next().content);
}

std::string cursor::text() {
  if (peek().type != token::kind::text) refuse("a text in quotes");
  return unescaped(next().content);
}

double cursor::number() {
  const std::string content(peek().content); // strtod needs an end
  char* end = nullptr;
  const double value = std::strtod(content.c_str(), &end);
  const bool whole = end == content.c_str() + content.size() && std::isfinite(value);
  if (peek().type != token::kind::number || !whole) refuse("a number");
  next();
  return value;
}

std::int64_t cursor::integer() {
  constexpr double beyond = 9.2233720368547758e18; // 2^63
  auto content = peek().content;
  if (content.starts_with('+')) content.remove_prefix(1);
  std::int64_t value = 0;
  const auto* end = content.data() + content.size();
  const auto read = std::from_chars(content.data(), end, value);
  if (peek().type == token::kind::number && read.ec == std::errc() && read.ptr == end) {
    next();
    return value;
  }
  const auto before = at_;
  const double real = number();
  if (real == std::floor(real) && real >= -beyond)
    return real >= beyond ? std::numeric_limits<std::int64_t>::max()
                          : static_cast<std::int64_t>(real);
  at_ = before;
  refuse("a whole number");
}

std::uint32_t cursor::small(std::uint32_t maximum) {
  const auto& here = peek();
  const auto value = integer();
  if (value < 0 || value > maximum)
    throw refusal{here, fmt::format("{} is not from 0 to {}", value, maximum)};
  return static_cast<std::uint32_t>(value);
}

} // namespace voltaic::messages::dbc
