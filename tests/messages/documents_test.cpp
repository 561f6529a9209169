#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace documents_test {

namespace fs = std::filesystem;

namespace {

fs::path source(const char* path) {
  return fs::path(VOLTAIC_SOURCE_FOLDER) / path;
}

std::string contents(const fs::path& file) {
  std::ifstream in(file);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The title of a test that begins behind its parenthesis: literals that follow each other are one.
std::string title_at(const std::string& text, std::size_t at) {
  std::string title;
  while (true) {
    at = text.find_first_not_of(" \n", at);
    if (at == std::string::npos || text[at] != '"') return title;
    for (++at; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\') ++at;
      title += text[at];
    }
    ++at;
  }
}

/// The titles of all tests.
std::set<std::string> titles() {
  constexpr std::string_view begin = "TEST_CASE(";
  constexpr std::string_view with_fixture = "TEST_CASE_METHOD("; // a name and a comma go before
  std::set<std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(source("tests"))) {
    if (entry.path().extension() != ".cpp") continue;
    const auto text = contents(entry.path());
    for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1))
      all.insert(title_at(text, at + begin.size()));
    for (auto at = text.find(with_fixture); at != std::string::npos;
         at = text.find(with_fixture, at + 1))
      all.insert(title_at(text, text.find(',', at) + 1));
  }
  return all;
}

/// What a document names in its columns of tests, in backticks; `lines` without any are counted.
std::vector<std::string> tests_named_in(const char* document) {
  std::vector<std::string> named;
  std::istringstream lines(contents(source(document)));
  bool is_table_of_tests = false;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('|')) is_table_of_tests = false;
    if (line.ends_with("| test |")) is_table_of_tests = true;
    if (!is_table_of_tests) continue;
    const auto column = line.rfind('|', line.size() - 2);
    const auto cell = line.substr(column);
    const std::regex quoted("`([^`]+)`");
    for (std::sregex_iterator each(cell.begin(), cell.end(), quoted), end; each != end; ++each)
      named.push_back((*each)[1]);
  }
  return named;
}

} // namespace

TEST_CASE("documents name only tests that exist") {
  const auto known = titles();
  REQUIRE(known.size() > 500);
  for (const auto* document : {"docs/safety.md", "docs/standards.md"}) {
    const auto named = tests_named_in(document);
    REQUIRE(named.size() > 20);
    for (const auto& title : named) {
      INFO(document << " names '" << title << "'");
      CHECK(known.contains(title));
    }
  }
}

} // namespace documents_test
