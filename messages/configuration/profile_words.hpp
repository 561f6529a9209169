#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "messages/configuration/compare.hpp"

/// What a device profile says beside the configuration items of a rack, kept so that people see
/// what changes before they approve it.
namespace voltaic::messages::configuration {

/// A profile (JSON) without its version and the configuration items: ratings, derating, lease and
/// `commissioned`. However it is written, the same content gives the same words; of what is no
/// JSON the text itself.
[[nodiscard]] std::string profile_words(std::string_view profile);

/// Each value that differs, as "profile_content/points/cell_voltage/scale", at most
/// `word_changes_max`, the last of which counts the rest. Members of lists are called by their name
/// or point where they have one. Empty where one of them is no JSON.
[[nodiscard]] std::vector<change> word_changes(std::string_view before, std::string_view after);

/// One line each; whoever wants more compares the files.
inline constexpr std::size_t word_changes_max = 64;

/// The journal's key of the words that have this hash.
[[nodiscard]] inline std::string words_key(const std::string& rack, const std::string& hash) {
  return rack + "/words/" + hash;
}
/// Whether a key of the journal's stream is one of them.
[[nodiscard]] inline bool is_words_key(std::string_view key) {
  return key.find("/words/") != std::string_view::npos;
}

} // namespace voltaic::messages::configuration
