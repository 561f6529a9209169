#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "messages/defects.hpp"

namespace voltaic::messages::canopen {

/// `key = value` of a section. Keys are told apart without regard to case (CiA 306, 4.2).
struct ini_entry {
  std::string key;   ///< in lower case
  std::string value; ///< without spaces around it
  std::uint32_t line = 0;
};

/// `[name]` and what stands below it.
struct ini_section {
  std::string name; ///< in lower case
  std::uint32_t line = 0;
  std::vector<ini_entry> entries;
  /// Nullptr where the section does not have it.
  [[nodiscard]] const ini_entry* find(std::string_view key) const;
};

/// The sections of a file. A line that is none, a key that comes again and a section that comes
/// again are defects; the first of them counts.
[[nodiscard]] std::vector<ini_section> read_ini(std::string_view text, defect_list& defects);

/// ASCII letters in lower case.
[[nodiscard]] std::string lower_case(std::string_view text);

} // namespace voltaic::messages::canopen
