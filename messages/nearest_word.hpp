#pragma once

#include <string_view>
#include <vector>

namespace voltaic::messages {

/// The known word that `word` most likely meant; empty when none is near.
[[nodiscard]] std::string_view nearest_word(std::string_view word,
                                            const std::vector<std::string_view>& known);

} // namespace voltaic::messages
