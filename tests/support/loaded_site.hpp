#pragma once

#include <catch2/catch.hpp>

#include <utility>
#include <variant>

#include "nodes/site/load.hpp"

namespace voltaic::tests {

/// The plan of a site file that has to be sound; what is wrong with one that is not is shown.
inline nodes::site::plan sound(std::variant<nodes::site::plan, messages::findings> loaded) {
  if (const auto* found = std::get_if<messages::findings>(&loaded))
    for (const auto& finding : *found) UNSCOPED_INFO(nodes::site::to_string(finding));
  REQUIRE(std::holds_alternative<nodes::site::plan>(loaded));
  return std::get<nodes::site::plan>(std::move(loaded));
}

} // namespace voltaic::tests
