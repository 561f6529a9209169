#include "nodes/site/folders.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
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

constexpr mode_t private_mode = 0700;
// What is made in it belongs to the group as well.
constexpr mode_t group_mode = S_ISGID | 0750;
// The root of runtime folders tells which sites there are, nothing else.
constexpr mode_t open_root_mode = 0755;
constexpr mode_t open_umask = 0022;
constexpr mode_t group_umask = 0027;

messages::failure refusal(const std::string& path, const std::string& why) {
  return {fmt::format("{}: {}", path, why)};
}

// As it lies there, made if need be; it is a folder of this user.
messages::expected<struct stat> own_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return refusal(path, "cannot be created: " + error.message());
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))
    return refusal(path, "is no folder");
  if (info.st_uid != ::geteuid())
    return refusal(path, fmt::format("belongs to user {}", info.st_uid));
  return info;
}

messages::expected<bool> create_private(const std::string& path) {
  if (const auto made = own_folder(path); !made) return made.error();
  if (::chmod(path.c_str(), private_mode) != 0) return refusal(path, "cannot be made private");
  return true;
}

// Several sites may share the root, of which only some let others in.
messages::expected<bool> create_root(const std::string& path, bool open) {
  const bool is_there = ::access(path.c_str(), F_OK) == 0;
  const auto made = own_folder(path);
  if (!made) return made.error();
  const mode_t mode = open       ? open_root_mode
                      : is_there ? made->st_mode & open_root_mode
                                 : private_mode;
  if (::chmod(path.c_str(), mode) != 0) return refusal(path, "cannot be given its mode");
  return true;
}

// Whether members of the group come as far as this folder.
messages::expected<bool> reachable(const std::string& path, const std::string& group, gid_t id) {
  for (auto above = std::filesystem::path(path).parent_path(); above.has_relative_path();
       above = above.parent_path()) {
    struct stat info {};
    if (::stat(above.c_str(), &info) != 0) return refusal(above, "cannot be looked at");
    const mode_t needed = info.st_gid == id ? S_IXGRP : S_IXOTH;
    if ((info.st_mode & needed) == 0)
      return refusal(above, fmt::format("the group {} cannot pass it (mode {:o}) on the way to {}; "
                                        "set VOLTAIC_RUNTIME_DIR and VOLTAIC_STATE_DIR to folders "
                                        "that it reaches, as /run/voltaic and /var/lib/voltaic",
                                        group, info.st_mode & ALLPERMS, path));
  }
  return true;
}

messages::expected<bool> create_for_group(const std::string& path, const std::string& group,
                                          gid_t id) {
  if (const auto made = own_folder(path); !made) return made.error();
  if (::chown(path.c_str(), static_cast<uid_t>(-1), id) != 0)
    return refusal(path, fmt::format("cannot be given to the group {}: {}; who starts the site has "
                                     "to be a member, or root",
                                     group, std::strerror(errno)));
  if (::chmod(path.c_str(), group_mode) != 0)
    return refusal(path, fmt::format("cannot be opened to the group {}", group));
  return reachable(path, group, id);
}

messages::expected<bool> create_shared(const folders& folders) {
  const auto* known = ::getgrnam(folders.group.c_str());
  if (known == nullptr) return refusal("[site] group", "there is no group " + folders.group);
  const auto id = known->gr_gid;
  ::umask(open_umask); // folders above the site's own are passed by everybody
  if (auto made = create_root(runtime_root(), true); !made) return made;
  for (const auto& path : {folders.runtime, folders.log, folders.state})
    if (auto made = create_for_group(path, folders.group, id); !made) return made;
  ::umask(group_umask);
  return create_private(folders.runtime + "/progress");
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
  if (!folders.group.empty()) return create_shared(folders);
  if (auto made = create_root(runtime_root(), false); !made) return made;
  for (const auto& path : {folders.runtime, folders.runtime + "/progress", folders.log})
    if (auto made = create_private(path); !made) return made;
  return create_private(folders.state);
}

} // namespace voltaic::nodes::site
