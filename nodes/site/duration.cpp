#include "nodes/site/duration.hpp"

#include <charconv>
#include <cmath>

namespace voltaic::nodes {

namespace {

// Ten years: longer ones are typing mistakes and would overflow elsewhere.
constexpr double duration_ms_max = 10.0 * 366 * 24 * 3600 * 1000;

std::optional<double> unit_ms(std::string_view unit) {
  if (unit == "ms") return 1.0;
  if (unit == "s") return 1000.0;
  if (unit == "m") return 60'000.0;
  if (unit == "h") return 3'600'000.0;
  return std::nullopt;
}

} // namespace

std::optional<std::uint64_t> parse_duration_ms(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  double number = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  const auto factor = unit_ms(text.substr(static_cast<std::size_t>(end - text.data())));
  if (!factor) return std::nullopt;
  const double result = number * *factor;
  if (!std::isfinite(result) || result > duration_ms_max) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(result));
}

} // namespace voltaic::nodes
