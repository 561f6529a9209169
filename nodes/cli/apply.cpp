#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bus/control/control_socket.hpp"
#include "nodes/cli/identity.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/cli/status_line.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::cli {

namespace {

using nlohmann::json;

constexpr std::chrono::seconds collect_timeout{5};
// The supervisor answers as soon as it has begun.
constexpr std::chrono::seconds apply_timeout{10};
// What was started has this long until it runs.
constexpr std::chrono::seconds running_bound{20};
// From then on its devices have this long to be heard; one that is not is no failure.
constexpr std::chrono::seconds device_bound{3};
constexpr std::chrono::milliseconds look_period{250};
constexpr std::chrono::seconds look_timeout{1};

struct options {
  std::string file;
  bool no_wait = false;
  bool accept_older = false;
  std::string reason;
};

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
  std::fflush(stdout);
  for (const auto& each : answer.value("warnings", json::array()))
    fmt::print(stderr, "voltaic apply: warning: {}\n", each.get<std::string>());
  return exit_code::done;
}

std::vector<std::string> started_nodes(const json& changes) {
  std::vector<std::string> names;
  for (const auto& one : changes) {
    const auto what = one.value("change", "");
    if (one.value("part", "") == "node" && (what == "start" || what == "restart"))
      names.push_back(one.value("name", ""));
  }
  return names;
}

// What is missing until a node runs, and what of its devices is not heard.
struct lack {
  std::string missing; ///< empty: nothing
  std::vector<std::string> unheard;
};

// An actor that runs says the state of its device in the same word.
lack lack_in(const messages::health& health, const json& node) {
  lack found;
  if (health.pid != node.value("pid", std::int64_t{0})) return {"starting", {}};
  for (const auto& actor : health.actors) {
    if (actor.state == "running") continue;
    auto words = fmt::format("{} is {}", actor.name, actor.state);
    if (actor.state == "starting" || actor.state == "failed" || actor.state == "stopped")
      return {std::move(words), {}};
    found.unheard.push_back(std::move(words));
  }
  return found;
}

lack lack_of(const std::string& name, const json& status, const site_view* view) {
  for (const auto& node : status["nodes"]) {
    if (node.value("name", "") != name) continue;
    auto state = node.value("state", "");
    if (state != "running") return {std::move(state), {}};
    if (name == site::relay_node) return {}; // it holds no actors, and without it there is no view
    if (view == nullptr) return {"not heard", {}};
    const auto health = view->health.find(name);
    return health == view->health.end() ? lack{"not heard", {}} : lack_in(health->second, node);
  }
  return {"not there", {}};
}

struct look_result {
  std::vector<std::string> missing; ///< "rack_2 (starting)"
  std::vector<std::string> unheard; ///< "rack_2 (bms_2 is backoff)"
  bool any_failed = false;
};

look_result look(const running_site& site, site_connection* connection,
                 const std::vector<std::string>& names) {
  look_result result;
  const auto view = connection == nullptr
                        ? messages::expected<site_view>(messages::failure{"no connection"})
                        : connection->collect(site, look_timeout);
  for (const auto& name : names) {
    const auto found = lack_of(name, site.status, view ? &*view : nullptr);
    if (!found.missing.empty())
      result.missing.push_back(fmt::format("{} ({})", name, found.missing));
    if (!found.unheard.empty())
      result.unheard.push_back(fmt::format("{} ({})", name, fmt::join(found.unheard, ", ")));
    result.any_failed = result.any_failed || found.missing == "failed";
  }
  return result;
}

/// Says what it waits for whenever that changes, and when it is over.
class patience {
 public:
  /// What `apply` ends with; nothing as long as it waits.
  std::optional<exit_code> judge(const look_result& seen) {
    const auto now = clock::now();
    if (seen.missing.empty()) {
      if (!running_since_) running_since_ = now;
      if (!seen.unheard.empty() && now < *running_since_ + device_bound) {
        wait_for(seen.unheard);
        return std::nullopt;
      }
      if (!seen.unheard.empty())
        fmt::print(stderr, "voltaic apply: everything runs, but not every device is heard: {}\n",
                   fmt::join(seen.unheard, ", "));
      return exit_code::done;
    }
    running_since_.reset();
    if (!seen.any_failed && now < end_) {
      wait_for(seen.missing);
      return std::nullopt;
    }
    fmt::print(stderr, "voltaic apply: not running{}: {}\n",
               seen.any_failed ? "" : fmt::format(" after {} s", running_bound.count()),
               fmt::join(seen.missing, ", "));
    return seen.any_failed ? exit_code::fault : exit_code::outcome_unknown;
  }

 private:
  using clock = std::chrono::steady_clock;
  void wait_for(const std::vector<std::string>& what) {
    auto text = fmt::format("{}", fmt::join(what, ", "));
    if (text != told_) fmt::print(stderr, "voltaic apply: waiting for {}\n", text);
    told_ = std::move(text);
  }

  clock::time_point end_ = clock::now() + running_bound;
  std::optional<clock::time_point> running_since_;
  std::string told_;
};

// What did not become what the file says: the chains said so when they started.
void tell_staged(const running_site& site, site_connection& connection) {
  const auto view = connection.collect(site, look_timeout);
  if (!view) return;
  for (const auto& line : staged_configurations(view->points)) fmt::print(stderr, "{}\n", line);
}

exit_code wait_until_running(const std::string& file, const std::vector<std::string>& names) {
  patience waiting;
  std::unique_ptr<site_connection> connection;
  while (true) {
    const auto found = find_running_site(file);
    if (const auto* code = std::get_if<exit_code>(&found)) return *code;
    const auto& site = std::get<running_site>(found);
    if (connection == nullptr)
      if (auto opened = site_connection::open(site)) connection = *std::move(opened);
    const auto code = waiting.judge(look(site, connection.get(), names));
    if (code && connection != nullptr) tell_staged(site, *connection);
    if (code) return *code;
    std::this_thread::sleep_for(look_period);
  }
}

exit_code apply(const options& given) {
  const auto found = find_running_site(given.file);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  const auto& site = std::get<running_site>(found);
  if (!is_supervised(site.status)) {
    fmt::print(stderr,
               "voltaic apply: no supervisor runs this site; start its services or containers "
               "again to change them\n");
    return exit_code::refused;
  }
  const json request = {{"do", "apply"},
                        {"open", open_racks(site)},
                        {"user", user_name()},
                        {"role", role_of(site.status.value("roles", json::object()))},
                        {"accept_older", given.accept_older},
                        {"reason", given.reason},
                        {"wait", false}};
  const auto answer =
      bus::control::control_request(site.control_path, request.dump(), apply_timeout);
  if (!answer) {
    fmt::print(stderr, "voltaic apply: {}\n", answer.error().text);
    return exit_code::outcome_unknown;
  }
  auto parsed = json::parse(*answer, nullptr, false);
  if (!parsed.is_object()) parsed = json::object();
  const auto code = print(parsed);
  if (code != exit_code::done || given.no_wait) return code;
  const auto names = started_nodes(parsed["changes"]);
  return names.empty() ? code : wait_until_running(given.file, names);
}

} // namespace

action declare_apply(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("SITE", given->file, "Site file of a running site").type_name("FILE").required();
  app.add_flag("--no-wait", given->no_wait, "Do not wait until what was started runs");
  auto reason = app.add_option("--reason", given->reason, "Why an older version is accepted");
  reason.type_name("WORDS");
  app.add_flag("--accept-older", given->accept_older,
               "Take profiles of an older version than was applied last (engineer)")
      .needs(reason);
  return [given] { return apply(*given); };
}

} // namespace voltaic::nodes::cli
