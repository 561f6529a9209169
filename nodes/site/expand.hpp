#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "messages/expected.hpp"

/// `${VARIABLE}` and `{0..63}` in the texts of a site file. Pure but for the
/// environment.
namespace voltaic::nodes::site {

/// One range stands for at most this many names.
inline constexpr std::int64_t range_length_max = 1024;

/// Replaces each `${NAME}` by the environment's value. An unset one is a failure.
[[nodiscard]] messages::expected<std::string> expand_variables(std::string_view text);

/// `rack_{0..2}` is rack_0, rack_1, rack_2; a text without a range is itself,
/// once. At most one range, rising, with plain decimal ends.
[[nodiscard]] messages::expected<std::vector<std::string>> expand_range(std::string_view text);

/// A number or `RANGE*STEP`: `{0..2}*0xC0` is 0, 192, 384.
[[nodiscard]] messages::expected<std::vector<std::int64_t>> expand_numbers(std::string_view text);

} // namespace voltaic::nodes::site
