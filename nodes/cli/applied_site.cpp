#include "nodes/cli/applied_site.hpp"

#include <string>
#include <utility>
#include <variant>

#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

std::optional<site::plan> applied_site(const running_site& site) {
  const auto file = site.status.value("file", std::string());
  const auto text = site::read_bounded(
      is_supervised(site.status) ? runtime_folder(site) + "/" + site::applied_name : file);
  if (!text) return std::nullopt;
  auto loaded = site::load_text(*text, file);
  if (auto* plan = std::get_if<site::plan>(&loaded)) return std::move(*plan);
  return std::nullopt;
}

} // namespace voltaic::nodes::cli
