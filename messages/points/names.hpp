#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/expected.hpp"

/// Names of points, of their elements, and patterns over them.
///
/// `rack_0/cell_voltage[17]` and `rack_0/cell_voltage:module_1:cell_1` are the
/// same element; `rack_0/module_1:cell_1` is short for it. `|` may stand for `:`.
namespace voltaic::messages::points {

/// A written path, taken apart. Whether it exists is the catalogue's to say.
struct element_path {
  std::string point;                  ///< in either spelling; without the element
  std::optional<std::uint32_t> index; ///< of `[17]`
  std::string scope;                  ///< of `:module_1:cell_1`, with `:`
  friend bool operator==(const element_path&, const element_path&) = default;
};

/// Takes a path apart. A failure quotes it and says what is wrong.
[[nodiscard]] expected<element_path> parse_path(std::string_view text);

/// `module_1:cell_3` for flat index 19 of groups of 16. `element` is the word
/// for one element. Without groups: `cell_19`.
[[nodiscard]] std::string scope_of(std::uint32_t index, std::uint32_t group_size,
                                   std::string_view element = "cell");

/// The same for several, in rising order. A group that is among them with all its
/// elements is named once: `module_1`.
[[nodiscard]] std::vector<std::string> scopes_of(std::span<const std::uint32_t> indices,
                                                 std::uint32_t group_size,
                                                 std::string_view element = "cell");

/// The flat index of `module_1:cell_3` (or `module_1|cell_3`, `cell_19`);
/// nothing when it is none or its element lies outside its group.
[[nodiscard]] std::optional<std::uint32_t> flat_index(std::string_view scope,
                                                      std::uint32_t group_size);

/// What one element of a point is called: `cell` for `rack_0/cell_voltage`,
/// `temperature` for `rack_0/cell_temperature`.
[[nodiscard]] std::string_view element_word(std::string_view point);

/// `*` stands for any run of characters, `?` for one; `|` and `:` are the same.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view name);

/// An aggregate names the members that it had to leave out.
[[nodiscard]] bool is_aggregate(std::string_view point);

} // namespace voltaic::messages::points
