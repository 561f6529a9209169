#include "messages/points/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "messages/digest.hpp"

namespace voltaic::messages::points {
namespace {

/// Texts end with a byte that no text holds, so that "ab","c" is not "a","bc".
class catalogue_digest {
 public:
  void put(std::string_view text) {
    for (const char letter : text) byte(static_cast<std::uint8_t>(letter));
    byte(0xFF);
  }
  void put(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) byte(static_cast<std::uint8_t>(number >> shift));
  }
  void put(double number) { put(std::bit_cast<std::uint64_t>(number)); }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  void byte(std::uint8_t next) { value_ = digest_with(value_, next); }
  std::uint64_t value_ = digest_basis;
};

bool is_integer(const point_description& point) {
  return point.raw_type != "f64" && point.raw_type != "text";
}

/// The point that `rack_0/module_1:cell_3` means: the first one of that owner
/// whose elements are called so.
bool is_shorthand_for(const point_description& point, const element_path& path) {
  const auto word = element_word(point.name);
  const auto cut = path.scope.find(':');
  const auto member = cut == std::string::npos ? path.scope : path.scope.substr(cut + 1);
  return point.group_size > 0 && member.starts_with(word) &&
         (point.name.starts_with(path.point + "/") || point.channel.starts_with(path.point + "/"));
}

std::optional<reference> element(const point_description& point, std::size_t position,
                                 const element_path& path) {
  reference out{position, path.index};
  if (!path.scope.empty()) {
    out.index = flat_index(path.scope, point.group_size);
    if (!out.index) return std::nullopt;
  }
  if (out.index && *out.index >= point.count) return std::nullopt;
  return out;
}

} // namespace

std::uint8_t decimals_of(double scale, double offset) {
  constexpr double tolerance = 1e-6; // of the last digit
  const auto whole = [](double value) { return std::abs(value - std::round(value)) <= tolerance; };
  double power = 1;
  for (std::uint8_t digits = 0; digits < decimals_max; ++digits, power *= 10) {
    if (whole(scale * power) && whole(offset * power) && std::round(scale * power) != 0) {
      return digits;
    }
  }
  return decimals_max;
}

std::uint64_t fingerprint_of(const catalogue& catalogue) {
  catalogue_digest hash;
  hash.put(catalogue.owner);
  for (const auto& point : catalogue.points) {
    hash.put(point.name);
    hash.put(point.channel);
    hash.put(point.unit);
    hash.put(point.raw_type);
    hash.put(std::uint64_t{point.count});
    hash.put(std::uint64_t{point.group_size});
    hash.put(point.scale);
    hash.put(point.offset);
    hash.put(std::uint64_t{point.period_ms});
    hash.put(point.category);
    hash.put(std::uint64_t{point.writable});
    hash.put(std::uint64_t{point.decimals});
    hash.put(std::uint64_t{point.texts.size()});
    for (const auto& text : point.texts) hash.put(text);
  }
  return hash.value();
}

catalogue make_catalogue(std::string owner, std::vector<point_description> points) {
  for (auto& point : points) {
    if (is_integer(point)) point.decimals = decimals_of(point.scale, point.offset);
  }
  catalogue out{.owner = std::move(owner), .fingerprint = 0, .points = std::move(points)};
  out.fingerprint = fingerprint_of(out);
  return out;
}

point_description describe(std::string_view prefix, const computed_point& point,
                           std::int64_t period_us) {
  point_description described;
  described.name = fmt::format("{}/{}", prefix, point.name);
  described.channel = fmt::format("{}/{}", prefix, point.channel);
  described.unit = point.unit;
  described.raw_type = point.raw_type;
  described.decimals = point.decimals;
  described.period_ms = static_cast<std::uint32_t>(period_us / us_per_ms);
  described.category = "operational";
  return described;
}

std::optional<reference> find(const catalogue& catalogue, const element_path& path) {
  for (std::size_t i = 0; i < catalogue.points.size(); ++i) {
    const auto& point = catalogue.points[i];
    if (point.name == path.point || point.channel == path.point) return element(point, i, path);
  }
  if (path.scope.empty()) return std::nullopt;
  for (std::size_t i = 0; i < catalogue.points.size(); ++i) {
    if (is_shorthand_for(catalogue.points[i], path)) return element(catalogue.points[i], i, path);
  }
  return std::nullopt;
}

bool matches(const point_description& point, std::string_view pattern) {
  return glob_match(pattern, point.name) || glob_match(pattern, point.channel);
}

std::string fixed_text(double value, std::uint8_t decimals) {
  if (!std::isfinite(value)) return "null";
  std::string text = fmt::format("{:.{}f}", value, decimals);
  const bool zero = text.find_first_not_of("-0.") == std::string::npos;
  if (zero && text.starts_with('-')) text.erase(0, 1);
  return text;
}

std::string number_text(double value, std::uint8_t decimals) {
  auto text = fixed_text(value, decimals);
  if (decimals > 0 && std::isfinite(value)) {
    const auto point = text.find('.');
    const auto last = text.find_last_not_of('0');
    text.erase(std::max(last, point + 1) + 1);
  }
  return text;
}

} // namespace voltaic::messages::points
