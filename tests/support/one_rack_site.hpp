#pragma once

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <variant>

#include "nodes/site/load.hpp"

namespace voltaic::tests {

/// The plan of a site with one rack of the demo's kind on one virtual bus; `more` goes on
/// in the table of the rack.
inline nodes::site::plan one_rack_plan(const std::string& more = "") {
  const std::string text = R"([site]
name = "simulated"
[[bus]]
name = "can0"
port = "virtual:can0"
[[device]]
name = "bms_0"
profile = "profiles/demo_rack.json"
bus = "can0"
[[rack]]
name = "rack_0"
device = "bms_0"
protection = "protection/lfp.toml"
)" + more;
  auto loaded =
      nodes::site::load_text(text, std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/simulated.toml");
  REQUIRE(std::holds_alternative<nodes::site::plan>(loaded));
  return std::get<nodes::site::plan>(std::move(loaded));
}

} // namespace voltaic::tests
