#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/codec/payloads.hpp"
#include "messages/expected.hpp"
#include "messages/points/names.hpp"

/// What an owner's points are, and how raw values become engineering values.
namespace voltaic::messages::points {

/// No number is printed with more digits behind the point.
inline constexpr std::uint8_t decimals_max = 9;

/// Digits behind the point that a value of this scale and offset can have.
[[nodiscard]] std::uint8_t decimals_of(double scale, double offset);

/// FNV-1a, 64 bit, over every field of every point in order. Equal catalogues
/// of equal owners have equal fingerprints on every machine.
[[nodiscard]] std::uint64_t fingerprint_of(const catalogue& catalogue);

/// Completes the descriptions (decimals of integers follow from scale and
/// offset) and seals them with the fingerprint.
[[nodiscard]] catalogue make_catalogue(std::string owner, std::vector<point_description> points);

/// A point of one value that its owner computes instead of reading it from a device.
struct computed_point {
  const char* name;    ///< below its prefix
  const char* channel; ///< the same in the other spelling
  const char* unit;
  std::uint8_t decimals;
  const char* raw_type = "f64"; ///< or "i64", "text"
};

/// `rack_0/soc` and `rack_0/Soc`, of the category operational, said at least once a period.
[[nodiscard]] point_description describe(std::string_view prefix, const computed_point& point,
                                         std::int64_t period_us);

/// Where a path leads: a point, or one element of it.
struct reference {
  std::size_t point = 0; ///< position in the catalogue
  std::optional<std::uint32_t> index;
  friend bool operator==(const reference&, const reference&) = default;
};

/// Finds a path in either spelling. Nothing when the catalogue has no such
/// point or the point no such element.
[[nodiscard]] std::optional<reference> find(const catalogue& catalogue, const element_path& path);

/// True when the pattern fits one of the point's two spellings.
[[nodiscard]] bool matches(const point_description& point, std::string_view pattern);

/// The engineering value of a raw one.
[[nodiscard]] inline double engineering(const point_description& point, double raw) {
  return raw * point.scale + point.offset;
}

/// A number at a resolution, as JSON: rounded to `decimals`, without trailing
/// zeros but with at least one digit behind the point unless `decimals` is 0
/// (`3.301`, `120.0`, `88`). What is not finite is `null`.
[[nodiscard]] std::string number_text(double value, std::uint8_t decimals);

/// The same with all its digits, so that numbers of one point stand in a column:
/// `3.300`. What is not finite is `null`.
[[nodiscard]] std::string fixed_text(double value, std::uint8_t decimals);

} // namespace voltaic::messages::points
