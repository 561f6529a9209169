#include "nodes/cli/dbc_file.hpp"

#include <utility>

#include "nodes/cli/defective_file.hpp"

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
  auto loaded = load_defective(command, given.file, given.tolerant, messages::dbc::load);
  if (!loaded) return std::nullopt;
  return std::move(loaded->database);
}

} // namespace voltaic::nodes::cli
