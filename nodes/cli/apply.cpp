#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <string>

#include "bus/control/control_socket.hpp"
#include "nodes/cli/identity.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {

namespace {

using nlohmann::json;

constexpr std::chrono::seconds collect_timeout{5};
// The supervisor answers when everything that changed runs again.
constexpr std::chrono::seconds apply_timeout{30};

// Racks that are known to be open now. Of all others the worst is assumed.
json open_racks(const running_site& site) {
  json result = json::array();
  auto connection = site_connection::open(site);
  if (!connection) return result;
  const auto view = (*connection)->collect(site, collect_timeout);
  if (!view) return result;
  for (const auto& point : view->points.select({"*/contactor"}))
    if (point.quality == messages::quality::good && point.text == "open")
      result.push_back(point.description.name.substr(0, point.description.name.find('/')));
  return result;
}

exit_code print(const json& answer) {
  if (answer.contains("findings")) {
    for (const auto& line : answer["findings"]) fmt::print("{}\n", line.get<std::string>());
    return exit_code::findings;
  }
  if (!answer.contains("changes")) {
    fmt::print(stderr, "voltaic apply: {}\n", answer.value("refused", "no answer"));
    return exit_code::refused;
  }
  if (answer["changes"].empty()) fmt::print("nothing changed\n");
  for (const auto& one : answer["changes"])
    fmt::print("{:<7} {} {}: {}\n", one.value("change", ""), one.value("part", ""),
               one.value("name", ""), one.value("reason", ""));
  return exit_code::done;
}

exit_code apply(const std::string& file) {
  const auto found = find_running_site(file);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  const auto& site = std::get<running_site>(found);
  const json request = {{"do", "apply"},
                        {"open", open_racks(site)},
                        {"user", user_name()},
                        {"role", role_of(site.status.value("roles", json::object()))}};
  const auto answer =
      bus::control::control_request(site.control_path, request.dump(), apply_timeout);
  if (!answer) {
    fmt::print(stderr, "voltaic apply: {}\n", answer.error().text);
    return exit_code::outcome_unknown;
  }
  const auto parsed = json::parse(*answer, nullptr, false);
  return print(parsed.is_object() ? parsed : json::object());
}

} // namespace

action declare_apply(CLI::App& app) {
  auto file = std::make_shared<std::string>();
  app.add_option("SITE", *file, "Site file of a running site")->type_name("FILE")->required();
  return [file] { return apply(*file); };
}

} // namespace voltaic::nodes::cli
