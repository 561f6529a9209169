#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "messages/expected.hpp"

/// `${VARIABLE}`, `{0..63}` and `{rack}` in the texts of a site file. Pure but for
/// the environment.
namespace voltaic::nodes::site {

/// One range stands for at most this many names.
inline constexpr std::int64_t range_length_max = 1024;

/// The numbers from `first` to `last`.
struct bounds {
  std::int64_t first = 0;
  std::int64_t last = 0;
};
/// The ranges that a site file states once, in its table `[range]`, by name.
using named_ranges = std::map<std::string, bounds, std::less<>>;

/// `0..63`: rising, bounded, with plain decimal ends.
[[nodiscard]] messages::expected<bounds> parse_bounds(std::string_view text);

/// Replaces each `${NAME}` by the environment's value. An unset one is a failure.
[[nodiscard]] messages::expected<std::string> expand_variables(std::string_view text);

/// `rack_{0..2}` is rack_0, rack_1, rack_2; a text without a range is itself,
/// once. At most one range. With a named range of 0..3, `bms_{rack}` is bms_0 to
/// bms_3, `can{rack/2}` is can0, can0, can1, can1 and `{rack%2}` is 0, 1, 0, 1.
[[nodiscard]] messages::expected<std::vector<std::string>> expand_range(
    std::string_view text, const named_ranges& named = {});

/// A number or `RANGE*STEP`: `{0..2}*0xC0` is 0, 192, 384.
[[nodiscard]] messages::expected<std::vector<std::int64_t>> expand_numbers(
    std::string_view text, const named_ranges& named = {});

} // namespace voltaic::nodes::site
