#include "nodes/cli/dbc_file.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <utility>
#include <variant>

#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

void declare_strictness(command_options& app, dbc_options& given) {
  auto tolerant =
      app.add_flag("--tolerant", given.tolerant,
                   "Take what is sound of a DBC or EDS file with defects, and tell of each");
  app.add_flag("--strict", given.strict, "Refuse a file with any defect; without either too")
      .excludes(tolerant);
}

std::optional<messages::dbc::database> load_database(const char* command,
                                                     const dbc_options& given) {
  const auto text = site::read_bounded(given.file);
  if (!text) {
    fmt::print(stderr, "voltaic {}: {}: the file {}\n", command, given.file, text.error().text);
    return std::nullopt;
  }
  using messages::dbc::strictness;
  auto read = messages::dbc::load(*text, given.file,
                                  given.tolerant ? strictness::tolerant : strictness::strict);
  auto* loaded = std::get_if<messages::dbc::loaded>(&read);
  const auto& defects = loaded != nullptr ? loaded->defects : std::get<messages::findings>(read);
  for (const auto& defect : defects) fmt::print(stderr, "{}\n", site::to_string(defect));
  if (loaded == nullptr) {
    if (!given.tolerant)
      fmt::print(stderr, "voltaic {}: {}: --tolerant takes what is sound of it\n", command,
                 given.file);
    return std::nullopt;
  }
  return std::move(loaded->database);
}

} // namespace voltaic::nodes::cli
