#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace voltaic::tests {

/// The folder of third-party data, or empty when VOLTAIC_TEST_DATA is not set;
/// the caller then says that it skips.
[[nodiscard]] std::string data_folder();

/// The shared vectors of one kind; empty (with a warning) without the data.
[[nodiscard]] std::vector<nlohmann::json> vectors_of(std::string_view kind);

/// Lines of a text file, without their ends.
[[nodiscard]] std::vector<std::string> lines_of(const std::string& file);

/// The whole file.
[[nodiscard]] inline std::string text_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  REQUIRE(stream.good());
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// "270b1f05" to bytes.
[[nodiscard]] std::vector<std::uint8_t> bytes_of(std::string_view hex);

} // namespace voltaic::tests
