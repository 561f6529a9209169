#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "messages/can/logs/log_reader.hpp"
#include "messages/profiles/frame_report.hpp"
#include "messages/support/profiles.hpp"

namespace documented_test {

using namespace voltaic::tests;
using namespace voltaic::messages;
using namespace voltaic::messages::profiles;

namespace {

std::string page_of(const std::string& name) {
  std::ifstream file(VOLTAIC_SOURCE_FOLDER "/docs/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The block of this language that follows a text in docs/adding-a-device.md.
std::string block_after(const std::string& text, const std::string& fence) {
  const auto page = page_of("adding-a-device.md");
  const auto found = page.find(text);
  REQUIRE(found != std::string::npos);
  const auto begin = page.find("```" + fence + "\n", found);
  REQUIRE(begin != std::string::npos);
  const auto first = page.find('\n', begin) + 1;
  return page.substr(first, page.find("```", first) - first);
}

} // namespace

TEST_CASE("the battery in docs/adding-a-device.md reads its log as the page says") {
  auto report = frame_report::make(load_good(block_after("`profiles/acme.json`", "json")), 0);
  REQUIRE(report);
  const auto log = block_after("A recorded second", "");
  const auto wanted = block_after("What `voltaic decode", "");
  can::log_reader reader;
  std::string said;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    can::log_entry entry;
    REQUIRE(reader.read(line, entry));
    report->read(entry);
    report->append_text(said);
    said += '\n';
  }
  std::istringstream rows(wanted);
  for (std::string row; std::getline(rows, row);) CHECK(said.find(row) != std::string::npos);
}

TEST_CASE("each heading that docs/adding-a-device.md sends to is one of docs/profile-keys.md") {
  const auto page = page_of("adding-a-device.md");
  const auto keys = page_of("profile-keys.md");
  std::istringstream rows(page.substr(page.find("## What comes next")));
  int headings = 0;
  for (std::string row; std::getline(rows, row);) {
    if (!row.starts_with("| ") || row.starts_with("| the device")) continue;
    const auto begin = row.rfind("| ", row.size() - 3) + 2;
    const auto heading = row.substr(begin, row.size() - 2 - begin);
    CAPTURE(heading);
    CHECK(keys.find("\n## " + heading + "\n") != std::string::npos);
    ++headings;
  }
  CHECK(headings >= 9);
}

} // namespace documented_test
