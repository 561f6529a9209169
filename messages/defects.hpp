#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "messages/finding.hpp"

/// What readers of other people's files (DBC, EDS) do with what is wrong in them.
namespace voltaic::messages {

/// Of one file; what is beyond is not told.
inline constexpr std::size_t defects_max = 1'000;

/// What becomes of a file with defects: most files in the field have some.
enum class strictness : std::uint8_t {
  strict,  ///< it is refused
  tolerant ///< what is sound is loaded, and each defect told
};

/// What is wrong with a file, in the order in which it was met.
class defect_list {
 public:
  explicit defect_list(std::string_view file) : file_(file) {}
  void add(std::uint32_t line, std::uint32_t column, std::string text);
  /// Of a whole line.
  void add(std::uint32_t line, std::string text) { add(line, 1, std::move(text)); }
  [[nodiscard]] const findings& all() const { return all_; }
  /// By lines and columns.
  [[nodiscard]] findings take();

 private:
  std::string file_;
  findings all_;
};

} // namespace voltaic::messages
