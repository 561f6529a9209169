#include "nodes/cli/eds_file.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <utility>
#include <variant>

#include "messages/canopen/eds_load.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

std::optional<messages::canopen::device_description> load_device_description(
    const char* command, const std::string& file, bool tolerant) {
  const auto text = site::read_bounded(file);
  if (!text) {
    fmt::print(stderr, "voltaic {}: {}: the file {}\n", command, file, text.error().text);
    return std::nullopt;
  }
  using messages::canopen::strictness;
  auto read = messages::canopen::load_eds(*text, file,
                                          tolerant ? strictness::tolerant : strictness::strict);
  auto* loaded = std::get_if<messages::canopen::loaded_eds>(&read);
  const auto& defects = loaded != nullptr ? loaded->defects : std::get<messages::findings>(read);
  for (const auto& defect : defects) fmt::print(stderr, "{}\n", site::to_string(defect));
  if (loaded == nullptr) {
    if (!tolerant)
      fmt::print(stderr, "voltaic {}: {}: --tolerant takes what is sound of it\n", command, file);
    return std::nullopt;
  }
  return std::move(loaded->device);
}

} // namespace voltaic::nodes::cli
