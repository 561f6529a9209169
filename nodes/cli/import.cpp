#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "messages/canopen/eds_profile.hpp"
#include "messages/canopen/identifiers.hpp"
#include "messages/dbc/profile_words.hpp"
#include "messages/dbc/to_profile.hpp"
#include "nodes/cli/dbc_file.hpp"
#include "nodes/cli/eds_file.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {
namespace {

struct options {
  std::string kind;
  dbc_options dbc;
  std::string out;
  bool replaces = false;
  std::uint32_t node = 0; ///< 0: not given
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

/// What was made of a file of either kind; nothing: it was told why.
struct imported {
  std::string json;
  std::size_t points = 0;
  std::vector<std::string> left_out;
};

std::optional<imported> import_dbc(const options& given) {
  const auto database = load_database("import", given.dbc);
  if (!database) return std::nullopt;
  auto made = messages::dbc::to_profile(*database, name_of(given));
  return imported{std::move(made.json), made.points, std::move(made.left_out)};
}

std::optional<imported> import_eds(const options& given) {
  const auto device = load_device_description("import", given.dbc.file, given.dbc.tolerant);
  if (!device) return std::nullopt;
  const auto node =
      given.node == 0 ? std::nullopt : std::optional(static_cast<std::uint8_t>(given.node));
  auto made = messages::canopen::to_profile(*device, name_of(given), node);
  return imported{std::move(made.json), made.points, std::move(made.left_out)};
}

exit_code import(const options& given) {
  const bool is_eds = given.kind == "eds";
  if (given.node > messages::canopen::node_max || (given.node != 0 && !is_eds)) {
    fmt::print(stderr, "voltaic import: --node goes with eds and is 1 to {}\n",
               messages::canopen::node_max);
    return exit_code::usage;
  }
  const auto made = is_eds ? import_eds(given) : import_dbc(given);
  if (!made) return exit_code::findings;
  for (const auto& each : made->left_out)
    fmt::print(stderr, "voltaic import: left out: {}\n", each);
  if (made->points == 0) {
    fmt::print(stderr, "voltaic import: {} has no {} that a profile can hold\n", given.dbc.file,
               is_eds ? "object" : "signal");
    return exit_code::findings;
  }
  return write_profile(given, made->json) ? exit_code::done : exit_code::findings;
}

} // namespace

action declare_import(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("KIND", given->kind, "What FILE is: dbc, or eds (EDS and DCF of CANopen)")
      .type_name("KIND")
      .required()
      .one_of({"dbc", "eds"});
  app.add_option("FILE", given->dbc.file, "File to import").type_name("FILE").required();
  declare_strictness(app, given->dbc);
  app.add_option("-o,--out", given->out, "Profile to write; else standard output")
      .type_name("FILE");
  app.add_option("--node", given->node, "Number of the CANopen node; else that of a DCF, else 1")
      .type_name("NODE");
  app.add_flag("--replace", given->replaces, "Write over a profile that is there");
  return [given] { return import(*given); };
}

} // namespace voltaic::nodes::cli
