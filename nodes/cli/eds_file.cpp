#include "nodes/cli/eds_file.hpp"

#include <utility>

#include "messages/canopen/eds_load.hpp"
#include "nodes/cli/defective_file.hpp"

namespace voltaic::nodes::cli {

std::optional<messages::canopen::device_description> load_device_description(
    const char* command, const std::string& file, bool tolerant) {
  auto loaded = load_defective(command, file, tolerant, messages::canopen::load_eds);
  if (!loaded) return std::nullopt;
  return std::move(loaded->device);
}

} // namespace voltaic::nodes::cli
