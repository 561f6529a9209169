#include "nodes/cli/applied_site.hpp"

#include <string>
#include <utility>
#include <variant>

#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

namespace {

std::optional<site::plan> plan_of(std::variant<site::plan, messages::findings> loaded) {
  if (auto* plan = std::get_if<site::plan>(&loaded)) return std::move(*plan);
  return std::nullopt;
}

} // namespace

std::optional<site::plan> applied_site(const running_site& site) {
  const auto file = site.status.value("file", std::string());
  if (!is_supervised(site.status)) return plan_of(site::load(file));
  const auto known = site::read_applied(runtime_folder(site) + "/" + site::applied_name);
  if (!known) return std::nullopt;
  return plan_of(site::load_contents(*known, file));
}

} // namespace voltaic::nodes::cli
