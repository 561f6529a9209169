#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace voltaic::tests {

/// A text of the demo's site file with this many racks: by the one edit that its
/// table [range] is there for.
inline std::string with_racks(std::string text, int count) {
  const std::string key = "\nrack = \"";
  const auto at = text.find(key);
  if (at == std::string::npos) throw std::runtime_error("the demo states no range of racks");
  const auto begin = at + key.size();
  text.replace(begin, text.find('"', begin) - begin, "0.." + std::to_string(count - 1));
  return text;
}

/// The demo's site file, with this many racks.
inline std::string demo_site(int racks) {
  std::ifstream file(VOLTAIC_SOURCE_FOLDER "/configs/demo.toml");
  return with_racks({std::istreambuf_iterator<char>(file), {}}, racks);
}

} // namespace voltaic::tests
