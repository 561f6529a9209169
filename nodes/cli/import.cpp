#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "messages/canopen/identifiers.hpp"
#include "messages/canopen/to_profile.hpp"
#include "messages/dbc/to_profile.hpp"
#include "nodes/cli/dbc_file.hpp"
#include "nodes/cli/eds_file.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {
namespace {

namespace profiles = messages::profiles;

/// Of a device whose file names none.
constexpr std::uint8_t node_default = 1;
constexpr const char* eds = "eds";

struct options {
  std::string kind;
  dbc_options file;
  std::uint32_t node = 0; ///< 0: as the file says
  std::string out;
  bool replaces = false;
};

std::string name_of(const options& given) {
  auto name = profiles::to_snake(std::filesystem::path(given.file.file).stem().string());
  for (char& c : name)
    if (c == '_') c = '-';
  return name;
}

/// Nothing is written where somebody may have edited what an earlier import wrote.
bool write_profile(const options& given, const std::string& text) {
  if (given.out.empty()) return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  std::error_code ignored;
  if (std::filesystem::is_directory(given.out, ignored)) {
    fmt::print(stderr, "voltaic import: {} is a folder; -o takes the profile's file, as {}\n",
               given.out, (std::filesystem::path(given.out) / (name_of(given) + ".json")).string());
    return false;
  }
  if (!given.replaces && std::filesystem::exists(given.out, ignored)) {
    fmt::print(stderr, "voltaic import: {} is there already; --replace writes over it\n",
               given.out);
    return false;
  }
  errno = 0;
  std::ofstream file(given.out, std::ios::binary);
  file << text;
  file.close();
  if (!file)
    fmt::print(stderr, "voltaic import: {} cannot be written: {}\n", given.out,
               std::strerror(errno != 0 ? errno : EIO));
  return static_cast<bool>(file);
}

std::optional<profiles::imported_profile> read_dbc(const options& given) {
  const auto database = load_database("import", given.file);
  if (!database) return std::nullopt;
  return messages::dbc::to_profile(*database, name_of(given));
}

std::optional<profiles::imported_profile> read_eds(const options& given) {
  const auto device = load_device_description("import", given.file.file, given.file.tolerant);
  if (!device) return std::nullopt;
  auto node = device->node;
  if (given.node != 0) node = static_cast<std::uint8_t>(given.node);
  if (!node)
    fmt::print(stderr,
               "voltaic import: {} names no node: identifiers are those of node {}; --node says "
               "another\n",
               given.file.file, node_default);
  return messages::canopen::to_profile(*device, name_of(given), node.value_or(node_default));
}

exit_code import(const options& given) {
  const bool is_eds = given.kind == eds;
  if (!is_eds && given.node != 0) {
    fmt::print(stderr, "voltaic import: --node is for eds\n");
    return exit_code::usage;
  }
  const auto made = is_eds ? read_eds(given) : read_dbc(given);
  if (!made) return exit_code::findings;
  for (const auto& each : made->left_out)
    fmt::print(stderr, "voltaic import: left out: {}\n", each);
  if (made->points == 0) {
    fmt::print(stderr, "voltaic import: {} has no {} that a profile can hold\n", given.file.file,
               is_eds ? "PDO" : "signal");
    return exit_code::findings;
  }
  return write_profile(given, made->json) ? exit_code::done : exit_code::findings;
}

} // namespace

action declare_import(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("KIND", given->kind, "What FILE is: dbc, or eds (also of a DCF)")
      .type_name("KIND")
      .required()
      .one_of({"dbc", eds});
  app.add_option("FILE", given->file.file, "File to import").type_name("FILE").required();
  declare_strictness(app, given->file);
  app.add_option("--node", given->node, "Node id of an EDS file's device; else what a DCF says")
      .type_name("ID")
      .range(1, messages::canopen::node_max);
  app.add_option("-o,--out", given->out, "Profile to write; else standard output")
      .type_name("FILE");
  app.add_flag("--replace", given->replaces, "Write over a profile that is there");
  return [given] { return import(*given); };
}

} // namespace voltaic::nodes::cli
