#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "messages/dbc/profile_words.hpp"
#include "messages/dbc/to_profile.hpp"
#include "nodes/cli/dbc_file.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {
namespace {

struct options {
  std::string kind;
  dbc_options dbc;
  std::string out;
  bool replaces = false;
};

/// Nothing is written where somebody may have edited what an earlier import wrote.
bool write_profile(const options& given, const std::string& text) {
  if (given.out.empty()) return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!given.replaces && std::filesystem::exists(given.out)) {
    fmt::print(stderr, "voltaic import: {} is there already; --replace writes over it\n",
               given.out);
    return false;
  }
  std::ofstream file(given.out, std::ios::binary);
  file << text;
  file.close();
  if (!file) fmt::print(stderr, "voltaic import: {} cannot be written\n", given.out);
  return static_cast<bool>(file);
}

std::string name_of(const options& given) {
  auto name = messages::dbc::to_snake(std::filesystem::path(given.dbc.file).stem().string());
  for (char& c : name)
    if (c == '_') c = '-';
  return name;
}

exit_code import(const options& given) {
  const auto database = load_database("import", given.dbc);
  if (!database) return exit_code::findings;
  const auto made = messages::dbc::to_profile(*database, name_of(given));
  for (const auto& each : made.left_out) fmt::print(stderr, "voltaic import: left out: {}\n", each);
  if (made.points == 0) {
    fmt::print(stderr, "voltaic import: {} has no signal that a profile can hold\n",
               given.dbc.file);
    return exit_code::findings;
  }
  return write_profile(given, made.json) ? exit_code::done : exit_code::findings;
}

} // namespace

action declare_import(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("KIND", given->kind, "What FILE is: dbc")
      .type_name("KIND")
      .required()
      .one_of({"dbc"});
  app.add_option("FILE", given->dbc.file, "File to import").type_name("FILE").required();
  declare_strictness(app, given->dbc);
  app.add_option("-o,--out", given->out, "Profile to write; else standard output")
      .type_name("FILE");
  app.add_flag("--replace", given->replaces, "Write over a profile that is there");
  return [given] { return import(*given); };
}

} // namespace voltaic::nodes::cli
