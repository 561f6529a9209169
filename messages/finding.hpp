#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace voltaic::messages {

/// What a finding is about, where somebody has to know that beside its words.
enum class finding_kind : std::uint8_t {
  mistake,
  signature ///< nobody whom the site trusts vouches for the file
};

/// One mistake in a file that a person wrote. Printed as `FILE:LINE:COLUMN: message`.
struct finding {
  std::string file;
  std::uint32_t line = 0;   ///< from 1
  std::uint32_t column = 0; ///< from 1
  std::string text;         ///< names the key and says what is expected
  finding_kind kind = finding_kind::mistake;
  friend bool operator==(const finding&, const finding&) = default;
};
using findings = std::vector<finding>;

} // namespace voltaic::messages
