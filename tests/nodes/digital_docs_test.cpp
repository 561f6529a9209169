#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/one_rack_site.hpp"

namespace digital_docs_test {

using namespace voltaic;

namespace {

/// What a page shows as TOML, block by block.
std::vector<std::string> toml_blocks(const std::string& page) {
  std::ifstream stream(std::string(VOLTAIC_SOURCE_FOLDER "/docs/") + page);
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  const std::string begin = "```toml\n";
  std::vector<std::string> blocks;
  for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    at += begin.size();
    blocks.push_back(text.substr(at, text.find("```", at) - at));
  }
  return blocks;
}

} // namespace

TEST_CASE("the example of the page about digital inputs is a site as it stands there") {
  const auto blocks = toml_blocks("digital-io.md");
  REQUIRE(blocks.size() == 2);
  const auto plan = tests::one_rack_plan(blocks[0] + blocks[1]);
  CHECK(plan.warnings.empty());
  REQUIRE(plan.digitals.size() == 1);
  const auto& inputs = plan.digitals.front().inputs;
  REQUIRE(inputs.size() == 3);
  CHECK(inputs[0].normally_closed); // as the page says of what is not stated
  CHECK(inputs[0].debounce_ms == 20);
  CHECK(inputs[1].debounce_ms == 50);
  CHECK_FALSE(plan.digitals.front().outputs.front().safe);
  CHECK(plan.racks.front().emergency_stop == "dio_0/emergency_stop");
}

} // namespace digital_docs_test
