#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "messages/defects.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

/// What `load` (of a text, a file's name and a strictness) makes of a file that people of other
/// houses wrote; else nothing, with everything that is wrong on standard error. Read tolerantly,
/// what is wrong with it is said too.
template <class Load>
[[nodiscard]] auto load_defective(const char* command, const std::string& file, bool tolerant,
                                  Load load) {
  using messages::strictness;
  using result = std::variant_alternative_t<0, decltype(load("", file, strictness::strict))>;
  const auto text = site::read_bounded(file);
  if (!text) {
    fmt::print(stderr, "voltaic {}: {}: the file {}\n", command, file, text.error().text);
    return std::optional<result>();
  }
  auto read = load(*text, file, tolerant ? strictness::tolerant : strictness::strict);
  auto* loaded = std::get_if<result>(&read);
  const auto& defects = loaded != nullptr ? loaded->defects : std::get<messages::findings>(read);
  for (const auto& defect : defects) fmt::print(stderr, "{}\n", site::to_string(defect));
  if (loaded == nullptr && !tolerant)
    fmt::print(stderr, "voltaic {}: {}: --tolerant takes what is sound of it\n", command, file);
  return loaded != nullptr ? std::optional(std::move(*loaded)) : std::optional<result>();
}

} // namespace voltaic::nodes::cli
