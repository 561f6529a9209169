#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nodes/view/screen.hpp"

namespace voltaic::nodes::view {

/// A text for the content of an XML element or attribute.
[[nodiscard]] std::string xml_text(std::string_view text);

/// The screen as a picture that every browser shows, alike with every font. Pure.
[[nodiscard]] std::string screen_svg(const std::vector<line>& lines, int columns);

} // namespace voltaic::nodes::view
