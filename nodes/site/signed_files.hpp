#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "messages/expected.hpp"
#include "messages/finding.hpp"
#include "messages/signatures/signature.hpp"

namespace voltaic::nodes::site {

/// Why a site does not trust a file, at the file or in its signature; nothing: one of the site's
/// keys signed it, under this name, for this project. `shown` is the file as a person would name
/// it, `signature` what lies beside it, or why that cannot be read.
[[nodiscard]] std::optional<messages::finding> distrust(
    const messages::signatures::trust& by, const std::string& shown, std::string_view content,
    const messages::expected<std::string>& signature);

} // namespace voltaic::nodes::site
