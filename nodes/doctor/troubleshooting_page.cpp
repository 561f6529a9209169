#include "nodes/doctor/troubleshooting_page.hpp"

#include <cctype>

namespace voltaic::nodes::doctor::page {

std::string anchor(std::string_view heading) {
  std::string result;
  for (const char letter : heading) {
    const auto byte = static_cast<unsigned char>(letter);
    if (letter == ' ')
      result += '-';
    else if (std::isalnum(byte) != 0 || letter == '-' || letter == '_')
      result += static_cast<char>(std::tolower(byte));
  }
  return result;
}

} // namespace voltaic::nodes::doctor::page
