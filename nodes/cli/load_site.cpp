#include "nodes/cli/load_site.hpp"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

std::optional<site::plan> load_site(std::string_view command, const std::string& path) {
  auto loaded = site::load(path);
  if (const auto* findings = std::get_if<messages::findings>(&loaded)) {
    for (const auto& finding : *findings) {
      fmt::print(stderr, "{}\n", site::to_string(finding));
    }
    return std::nullopt;
  }
  auto& plan = std::get<site::plan>(loaded);
  for (const auto& warning : plan.warnings) {
    fmt::print(stderr, "voltaic {}: {}\n", command, site::to_string(warning));
  }
  return std::move(plan);
}

} // namespace voltaic::nodes::cli
