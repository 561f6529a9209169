#pragma once

#include <span>
#include <string_view>

namespace voltaic::messages::alarms {

/// One file of configs/alarms/ as it was when the program was built.
struct embedded_text {
  std::string_view language; ///< the file's name without its ending
  std::string_view json;
};

/// All of them: the program finds its texts wherever it was installed to.
[[nodiscard]] std::span<const embedded_text> embedded_texts();

} // namespace voltaic::messages::alarms
