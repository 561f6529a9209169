#include "messages/support/vectors.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace voltaic::tests {

std::string data_folder() {
  const char* folder = std::getenv("VOLTAIC_TEST_DATA");
  return folder == nullptr ? std::string{} : std::string{folder};
}

std::vector<nlohmann::json> vectors_of(std::string_view kind) {
  if (data_folder().empty()) {
    WARN("skipped: VOLTAIC_TEST_DATA is not set");
    return {};
  }
  std::ifstream file(data_folder() + "/vectors_dev.json");
  REQUIRE(file.good());
  std::vector<nlohmann::json> result;
  const auto document = nlohmann::json::parse(file);
  for (const auto& vector : document.at("vectors"))
    if (vector.at("kind") == kind) result.push_back(vector);
  REQUIRE(!result.empty());
  return result;
}

std::vector<std::string> lines_of(const std::string& file) {
  std::istringstream text(text_of(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

std::vector<std::uint8_t> bytes_of(std::string_view hex) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

} // namespace voltaic::tests
