#include "nodes/cli/running_site.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "bus/control/control_socket.hpp"
#include "bus/message/client.hpp"
#include "messages/time.hpp"
#include "nodes/cli/identity.hpp"
#include "nodes/process/site_lock.hpp"
#include "nodes/process/user_identity.hpp"
#include "nodes/site/folders.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

namespace {

constexpr std::chrono::seconds answer_timeout{5};

// Whose a folder is, how it is open, and how one comes to be let in.
std::string denial(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fmt::format("{}: {}", path, std::strerror(errno));
  const auto* group = ::getgrgid(info.st_gid);
  return fmt::format(
      "{}: permission denied for {}: it belongs to user {} and group {}, mode {:04o}; [site] group "
      "lets the members of a group use a site, see docs/roles.md",
      path, user_name(), process::name_of_user(info.st_uid),
      group == nullptr ? std::to_string(info.st_gid) : std::string(group->gr_name),
      info.st_mode & ALLPERMS);
}

// The folder whose rights end the way to a path, the path itself at last.
std::optional<std::string> denied_on_way(const std::filesystem::path& path) {
  std::filesystem::path reached;
  for (const auto& part : path) {
    reached /= part;
    if (::access(reached.c_str(), X_OK) == 0) continue;
    if (errno == EACCES) return denial(reached.string());
    return std::nullopt;
  }
  return std::nullopt;
}

// Says of each place that cannot be looked into why; what is not there needs no words.
std::vector<std::string> denials() {
  std::vector<std::string> found;
  const auto root = site::runtime_root();
  if (auto root_denied = denied_on_way(root)) return {*std::move(root_denied)};
  std::error_code error;
  for (const auto& folder : std::filesystem::directory_iterator(root, error))
    if (folder.is_directory(error))
      if (auto denied = denied_on_way(folder.path())) found.push_back(*std::move(denied));
  if (error == std::errc::permission_denied) found.push_back(denial(root));
  return found;
}

// Where there is none, the places that were not looked into are named on stderr.
std::vector<running_site> told(std::vector<running_site> sites) {
  if (sites.empty())
    for (const auto& each : denials()) fmt::print(stderr, "voltaic: {}\n", each);
  return sites;
}

std::vector<running_site> all_running_sites() {
  std::vector<running_site> result;
  std::error_code error;
  for (const auto& folder : std::filesystem::directory_iterator(site::runtime_root(), error)) {
    if (!process::lock_holder(folder.path().string())) continue;
    running_site found;
    found.control_path = (folder.path() / "control").string();
    const auto answer =
        bus::control::control_request(found.control_path, R"({"do":"status"})", answer_timeout);
    if (!answer) continue;
    found.status = nlohmann::json::parse(*answer, nullptr, false);
    if (!found.status.is_object() || !found.status.contains("relay")) continue;
    found.relay = found.status["relay"];
    result.push_back(std::move(found));
  }
  return result;
}

// The folder of a site's file; of a state folder, or where the file cannot be read, nobody knows.
std::optional<std::string> runtime_folder_of(const std::string& place) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(place, error)) return std::nullopt;
  const auto loaded = site::load(place);
  const auto* plan = std::get_if<site::plan>(&loaded);
  return plan == nullptr ? std::nullopt : std::optional(plan->folders.runtime);
}

// Sites that were not stopped, and that nobody runs now: what became of them, on stderr.
void tell_lost_sites(const std::string& place) {
  const auto wanted = place.empty() ? std::nullopt : runtime_folder_of(place);
  std::error_code error;
  for (const auto& folder : std::filesystem::directory_iterator(site::runtime_root(), error)) {
    if (wanted && folder.path() != std::filesystem::path(*wanted)) continue;
    const auto lost = process::last_lost_holder(folder.path().string());
    if (!lost) continue;
    fmt::print(stderr,
               "voltaic: {} ended without being stopped, at {:%F %T} or within {} s of it: {}\n"
               "  All processes of the site ended with it, and each rack opens by its own lease. "
               "Its folder is {}; voltaic up or run starts the site again\n",
               folder.path().filename().string(), fmt::localtime(lost->held),
               process::holding_told_us / messages::us_per_s, lost->name, folder.path().string());
  }
}

std::optional<double> good_number(const messages::points::point_table& points,
                                  const std::string& name) {
  const auto found = points.find(name);
  if (!found || found->quality != messages::quality::good || found->numbers.empty())
    return std::nullopt;
  return found->numbers.front();
}

// Of a site whose nodes something else starts, services or containers: what its file says.
std::optional<running_site> unsupervised_site(const std::string& place) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(place, error)) return std::nullopt;
  const auto loaded = site::load(place);
  const auto* plan = std::get_if<site::plan>(&loaded);
  if (plan == nullptr || !bus::message::relay_listens(plan->relay_address())) return std::nullopt;
  running_site found;
  found.control_path = plan->control_path();
  found.relay = plan->relay_address();
  auto nodes = nlohmann::json::array();
  // Of processes it knows nothing; who lives, and what that costs, is heard on the bus.
  for (const auto& node : plan->nodes) nodes.push_back({{"name", node.name}, {"state", "stopped"}});
  found.status = {{"site", plan->name},   {"file", plan->file},   {"state", plan->folders.state},
                  {"relay", found.relay}, {"roles", plan->roles}, {"nodes", std::move(nodes)}};
  return found;
}

} // namespace

std::string runtime_folder(const running_site& site) {
  return std::filesystem::path(site.control_path).parent_path().string();
}

bool has_ended(const running_site& site) {
  return is_supervised(site.status) && !process::lock_holder(runtime_folder(site));
}

nlohmann::json with_states(nlohmann::json status, const std::set<std::string>& heard,
                           const messages::points::point_table& points) {
  if (is_supervised(status)) return status;
  constexpr double kb_per_mb = 1024;
  for (auto& node : status["nodes"]) {
    const auto name = node.value("name", "");
    const bool runs = heard.contains(name);
    node["state"] = runs ? "running" : "stopped";
    if (!runs) continue;
    const auto said = [&](const char* figure) {
      return good_number(points, fmt::format("system/node/{}/{}", name, figure));
    };
    if (const auto uptime_s = said("uptime")) node["uptime_s"] = std::llround(*uptime_s);
    if (const auto cpu_percent = said("cpu"))
      node["cpu_percent"] = std::round(*cpu_percent * 10) / 10;
    if (const auto rss_mb = said("rss")) node["rss_kb"] = std::llround(*rss_mb * kb_per_mb);
  }
  return status;
}

option declare_site_option(command_options& app, std::string& to, const char* names,
                           const char* help) {
  return app.add_option(names, to, help).type_name("FILE").envname(site_variable);
}

std::vector<running_site> running_sites(const std::string& place) {
  auto sites = all_running_sites();
  if (place.empty()) return told(std::move(sites));
  std::error_code error;
  const auto wanted = std::filesystem::weakly_canonical(place, error).string();
  std::erase_if(sites, [&](const running_site& one) {
    return one.status.value("file", "") != wanted && one.status.value("state", "") != wanted;
  });
  if (!sites.empty()) return sites;
  if (auto unsupervised = unsupervised_site(place)) sites.push_back(*std::move(unsupervised));
  return told(std::move(sites));
}

std::variant<running_site, exit_code> find_running_site(const std::string& place) {
  auto sites = running_sites(place);
  if (sites.empty()) {
    if (!denials().empty()) return exit_code::refused;
    fmt::print(stderr, "voltaic: no site runs{} (looked in {})\n",
               place.empty() ? "" : " from " + place, site::runtime_root());
    tell_lost_sites(place);
    return exit_code::no_site;
  }
  if (sites.size() > 1) {
    fmt::print(stderr, "voltaic: {} sites run, choose one with --site FILE:\n", sites.size());
    for (const auto& one : sites) fmt::print(stderr, "  {}\n", one.status.value("file", ""));
    return exit_code::usage;
  }
  return std::move(sites.front());
}

} // namespace voltaic::nodes::cli
