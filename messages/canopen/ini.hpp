#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "messages/finding.hpp"

namespace voltaic::messages::canopen {

/// Of one file; what is beyond is not told.
inline constexpr std::size_t defects_max = 1'000;

/// What is wrong with a file.
class defect_list {
 public:
  explicit defect_list(std::string_view file) : file_(file) {}
  void add(std::uint32_t line, std::string text) {
    if (all_.size() < defects_max) all_.push_back({file_, line, 1, std::move(text)});
  }
  /// By lines.
  [[nodiscard]] findings take();

 private:
  std::string file_;
  findings all_;
};

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
