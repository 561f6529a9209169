#pragma once

#include <string>
#include <string_view>

#include "messages/configuration/rack_configuration.hpp"
#include "messages/expected.hpp"

/// The canonical form of a configuration: TOML, the limits as in a protection file.
namespace voltaic::messages::configuration {

/// The same configuration gives the same text, whatever files it came from.
[[nodiscard]] std::string canonical_text(const rack_configuration& of);

/// Reads a canonical text; its limits are read and checked as those of a protection file. Fails,
/// with the first mistake, on anything that is missing, unknown or no such text. Never throws.
[[nodiscard]] expected<rack_configuration> read_configuration(std::string_view text);

/// 16 hex digits (FNV-1a, 64 bit) that tell one text from another; no proof against forgery.
[[nodiscard]] std::string content_hash(std::string_view text);

/// The same of a device profile's words (profile_words.hpp).
[[nodiscard]] std::string profile_content_hash(std::string_view profile);

/// `[[3.5, 100], [3.6, 0]]`.
[[nodiscard]] std::string text_of(const protection::curve& of);

} // namespace voltaic::messages::configuration
