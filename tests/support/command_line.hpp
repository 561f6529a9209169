#pragma once

#include <catch2/catch.hpp>

#include <fmt/format.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "support/temporary_folder.hpp"

namespace voltaic::tests {

/// How a command ended and what it said.
struct command_outcome {
  int code = -1;
  std::string output;
  std::string errors;
};

/// A file's whole content.
inline std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs `voltaic ARGUMENTS` by a shell; what it prints is kept in `place` meanwhile.
/// `before` stands in front of the command, as a variable or a pipe.
inline command_outcome run_voltaic(const temporary_folder& place, const std::string& arguments,
                                   const std::string& before = "") {
  const char* program = std::getenv("VOLTAIC");
  REQUIRE(program != nullptr);
  const auto output = place / "command.out";
  const auto errors = place / "command.err";
  const auto line = fmt::format("{} {} {} > {} 2> {}", before, program, arguments, output, errors);
  const int status = std::system(line.c_str());
  return {WEXITSTATUS(status), contents(output), contents(errors)};
}

} // namespace voltaic::tests
