#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "messages/dbc/load.hpp"

namespace voltaic::tests {

/// A database that must load strictly.
inline messages::dbc::database load_strict(std::string_view text) {
  using namespace messages::dbc;
  using messages::strictness;
  auto read = load(text, "test.dbc", strictness::strict);
  if (const auto* wrong = std::get_if<messages::findings>(&read)) FAIL(wrong->front().text);
  return std::get<loaded>(std::move(read)).database;
}

/// The defects of a file that loads tolerantly.
inline messages::dbc::loaded load_tolerant(std::string_view text) {
  using namespace messages::dbc;
  using messages::strictness;
  auto read = load(text, "test.dbc", strictness::tolerant);
  if (const auto* wrong = std::get_if<messages::findings>(&read)) FAIL(wrong->front().text);
  return std::get<loaded>(std::move(read));
}

} // namespace voltaic::tests
