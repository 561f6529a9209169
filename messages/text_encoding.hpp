#pragma once

#include <string>
#include <string_view>

/// Characters and their bytes.
namespace voltaic::messages {

/// Stands for what is no character.
inline constexpr char32_t replacement_character = 0xFFFD;

/// Appends a character of Unicode as UTF-8.
void append_utf8(std::string& out, char32_t character);

/// Takes one character off the front of a text that is not empty; the replacement character for
/// bytes that are none, which includes surrogates.
[[nodiscard]] char32_t take_utf8(std::string_view& text);

/// A file's text as UTF-8 without a byte order mark: what is not UTF-8 is read as Windows-1252,
/// which is what the tools of the field write.
[[nodiscard]] std::string to_utf8(std::string_view file);

/// A text as JSON, with its quotes; bytes that are no UTF-8 are replaced, never an exception.
[[nodiscard]] std::string json_text(std::string_view text);

} // namespace voltaic::messages
