#include "messages/points/names.hpp"

#include <catch2/catch.hpp>

namespace points_names_test {

using namespace voltaic::messages::points;

TEST_CASE("a path names a point, an index or a scope") {
  CHECK(*parse_path("rack_0/soc") == element_path{"rack_0/soc", {}, ""});
  CHECK(*parse_path("rack_0/cell_voltage[17]") == element_path{"rack_0/cell_voltage", 17u, ""});
  CHECK(*parse_path("bms_0/CellVoltage[0]") == element_path{"bms_0/CellVoltage", 0u, ""});
  CHECK(*parse_path("rack_0/cell_voltage:module_1:cell_3") ==
        element_path{"rack_0/cell_voltage", {}, "module_1:cell_3"});
  CHECK(*parse_path("rack_0/cell_voltage|module_1|cell_3") ==
        element_path{"rack_0/cell_voltage", {}, "module_1:cell_3"});
  CHECK(*parse_path("rack_0/module_1:cell_3") == element_path{"rack_0", {}, "module_1:cell_3"});
}

TEST_CASE("a malformed path is refused and quoted") {
  for (const auto* text :
       {"", "[3]", "rack_0/soc[", "rack_0/soc[x]", "rack_0/soc[-1]", "rack_0/soc[1]x",
        "rack_0/soc[4294967296]", "rack_0/soc:", "rack_0/soc:module_1[3]"}) {
    INFO(text);
    const auto path = parse_path(text);
    REQUIRE_FALSE(path);
    CHECK(path.error().text.find("'" + std::string(text) + "'") != std::string::npos);
  }
}

TEST_CASE("module_1:cell_3 is 19 in groups of 16, and back") {
  CHECK(flat_index("module_1:cell_3", 16) == 19u);
  CHECK(flat_index("module_1|cell_3", 16) == 19u);
  CHECK(scope_of(19, 16) == "module_1:cell_3");
  CHECK(scope_of(19, 8, "temperature") == "module_2:temperature_3");
  CHECK(scope_of(19, 0) == "cell_19");
  CHECK(flat_index("cell_19", 0) == 19u);
  for (std::uint32_t index = 0; index < 480; ++index) {
    CHECK(flat_index(scope_of(index, 16), 16) == index);
    CHECK(flat_index(scope_of(index, 14), 14) == index);
  }
}

TEST_CASE("a scope outside its group is none") {
  for (const auto* scope : {"module_1:cell_16", "module_x:cell_1", "module_1:cell_", "module_1:",
                            "cell_1:module_1", "module_1:cell", "", "module_4294967295:cell_3"}) {
    INFO(scope);
    CHECK_FALSE(flat_index(scope, 16));
  }
  CHECK_FALSE(flat_index("module_0:cell_0", 0));
}

TEST_CASE("patterns fit names") {
  CHECK(glob_match("rack_*/cell_*", "rack_0/cell_voltage"));
  CHECK(glob_match("rack_*/cell_*", "rack_12/cell_temperature_max"));
  CHECK_FALSE(glob_match("rack_*/cell_*", "rack_0/soc"));
  CHECK(glob_match("*", "anything"));
  CHECK(glob_match("*soc", "rack_0/soc"));
  CHECK(glob_match("rack_?/soc", "rack_1/soc"));
  CHECK_FALSE(glob_match("rack_?/soc", "rack_12/soc"));
  CHECK(glob_match("a|b", "a:b"));
  CHECK(glob_match("a*b*c", "aXbXbXc"));
  CHECK_FALSE(glob_match("a*b*c", "aXbXbX"));
  CHECK(glob_match("", ""));
  CHECK_FALSE(glob_match("", "a"));
}

TEST_CASE("a module that is named with all its elements is named once") {
  const auto names = [](std::vector<std::uint32_t> indices) {
    return scopes_of(indices, 4, "cell");
  };
  using words = std::vector<std::string>;
  CHECK(names({}).empty());
  CHECK(names({1, 2, 3, 4}) ==
        words{"module_0:cell_1", "module_0:cell_2", "module_0:cell_3", "module_1:cell_0"});
  CHECK(names({3, 4, 5, 6, 7, 8}) == words{"module_0:cell_3", "module_1", "module_2:cell_0"});
  CHECK(names({0, 1, 2, 3, 4, 5, 6, 7}) == words{"module_0", "module_1"});
  CHECK(names({4, 5, 6}) == words{"module_1:cell_0", "module_1:cell_1", "module_1:cell_2"});
  CHECK(scopes_of(std::vector<std::uint32_t>{0, 1}, 0) == words{"cell_0", "cell_1"});
}

} // namespace points_names_test
