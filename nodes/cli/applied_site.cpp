#include "nodes/cli/applied_site.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <utility>
#include <variant>

#include "nodes/cli/load_site.hpp"
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

std::string unreadable_words(const running_site& site) {
  return fmt::format("what {} was started with cannot be read in {}",
                     site.status.value("site", std::string()), runtime_folder(site));
}

std::variant<site::plan, exit_code> site_of_file(std::string_view command,
                                                 const std::string& file) {
  if (!file.empty()) {
    auto plan = load_site(command, file);
    if (!plan) return exit_code::findings;
    return *std::move(plan);
  }
  const auto found = find_running_site({});
  if (const auto* code = std::get_if<exit_code>(&found)) {
    if (*code == exit_code::no_site)
      fmt::print(stderr, "voltaic {}: of a site that does not run, --site names the file\n",
                 command);
    return *code;
  }
  const auto& site = std::get<running_site>(found);
  auto plan = applied_site(site);
  if (plan) return *std::move(plan);
  fmt::print(stderr, "voltaic {}: {}\n", command, unreadable_words(site));
  return exit_code::findings;
}

} // namespace voltaic::nodes::cli
