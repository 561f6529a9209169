#include "nodes/site/folders.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace voltaic::nodes::site {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// FNV-1a: only tells sites of one name in two places apart.
std::uint32_t short_hash(const std::string& text) {
  std::uint32_t hash = 2166136261U;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

// What the names of a site's folders end with.
std::string leaf_end(const std::string& real_path) {
  return fmt::format("-{:08x}", short_hash(real_path));
}

std::string state_root() {
  if (auto state = environment("VOLTAIC_STATE_DIR"); !state.empty()) return state;
  if (auto runtime = environment("VOLTAIC_RUNTIME_DIR"); !runtime.empty())
    return runtime + "/state";
  if (auto service = environment("STATE_DIRECTORY"); !service.empty()) return service;
  if (::geteuid() == 0) return "/var/lib/voltaic";
  if (auto xdg = environment("XDG_STATE_HOME"); !xdg.empty()) return xdg + "/voltaic";
  return environment("HOME") + "/.local/state/voltaic";
}

messages::expected<bool> create_private(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    return messages::failure{fmt::format("{}: cannot be created: {}", path, error.message())};
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))
    return messages::failure{fmt::format("{}: is no folder", path)};
  if (info.st_uid != ::geteuid())
    return messages::failure{fmt::format("{}: belongs to user {}", path, info.st_uid)};
  if (::chmod(path.c_str(), 0700) != 0)
    return messages::failure{fmt::format("{}: cannot be made private", path)};
  return true;
}

} // namespace

std::string runtime_root() {
  if (auto runtime = environment("VOLTAIC_RUNTIME_DIR"); !runtime.empty()) return runtime;
  if (auto xdg = environment("XDG_RUNTIME_DIR"); !xdg.empty()) return xdg + "/voltaic";
  return fmt::format("/tmp/voltaic-{}", ::getuid());
}

folders site_folders(const std::string& site_name, const std::string& real_path) {
  const auto leaf = site_name + leaf_end(real_path);
  folders result;
  result.runtime = runtime_root() + "/" + leaf;
  result.state = state_root() + "/" + leaf;
  // systemd sets INVOCATION_ID for services and nobody else does.
  const bool service = !environment("INVOCATION_ID").empty() && ::geteuid() == 0 &&
                       ::access("/var/log/energy-mgmt", W_OK) == 0;
  result.log = service ? "/var/log/energy-mgmt/" + leaf : result.runtime + "/log";
  return result;
}

std::vector<std::string> kept_state_folders(const std::string& real_path) {
  const auto end = real_path.empty() ? std::string() : leaf_end(real_path);
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(state_root(), error))
    if (entry.is_directory(error) && entry.path().filename().string().ends_with(end))
      found.push_back(entry.path().string());
  std::sort(found.begin(), found.end());
  return found;
}

messages::expected<bool> create(const folders& folders) {
  if (auto made = create_private(runtime_root()); !made) return made;
  for (const auto& path : {folders.runtime, folders.runtime + "/progress", folders.log})
    if (auto made = create_private(path); !made) return made;
  return create_private(folders.state);
}

} // namespace voltaic::nodes::site
