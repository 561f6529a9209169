#pragma once

#include <catch2/catch.hpp>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <variant>

#include "nodes/process/profile_store.hpp"
#include "nodes/process/site_start.hpp"
#include "nodes/site/load.hpp"
#include "support/one_rack_site.hpp"
#include "support/temporary_folder.hpp"

namespace voltaic::tests {

/// A site with one rack in a folder of its own, and a state folder beside it.
class site_scene {
 public:
  site_scene() {
    for (const auto* part : {"profiles", "protection"}) {
      std::filesystem::create_directories(folder_ / part);
      std::filesystem::copy(VOLTAIC_SOURCE_FOLDER "/configs/" + std::string(part), folder_ / part,
                            std::filesystem::copy_options::recursive);
    }
    write("site.toml", one_rack_text("kept"));
    if (const char* before = std::getenv("VOLTAIC_STATE_DIR")) state_before_ = before;
    ::setenv("VOLTAIC_STATE_DIR", (folder_ / "state").c_str(), 1);
  }
  ~site_scene() {
    if (state_before_.empty())
      ::unsetenv("VOLTAIC_STATE_DIR");
    else
      ::setenv("VOLTAIC_STATE_DIR", state_before_.c_str(), 1);
  }
  site_scene(const site_scene&) = delete;
  site_scene& operator=(const site_scene&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }
  void replace(const std::string& name, const std::string& from, const std::string& to) const {
    auto text = read(name);
    REQUIRE(text.find(from) != std::string::npos);
    write(name, text.replace(text.find(from), from.size(), to));
  }
  /// Half of it, as an editor or a copy leaves it that was cut off.
  void cut(const std::string& name) const {
    const auto text = read(name);
    write(name, text.substr(0, text.size() / 2));
  }
  [[nodiscard]] auto load(
      nodes::process::bad_files how = nodes::process::bad_files::run_kept) const {
    return nodes::process::load_to_start(path("site.toml"), how);
  }
  [[nodiscard]] nodes::process::site_start must_load() const {
    auto loaded = load();
    if (const auto* found = std::get_if<messages::findings>(&loaded))
      INFO(nodes::site::to_string(found->front()));
    REQUIRE(std::holds_alternative<nodes::process::site_start>(loaded));
    return std::get<nodes::process::site_start>(std::move(loaded));
  }
  /// As `voltaic up` does once it has the site's lock.
  nodes::process::keeping keep(const nodes::process::site_start& start) const {
    std::filesystem::create_directories(start.plan.folders.state);
    return nodes::process::keep_profiles(start.plan, start.contents, ++utc_us_);
  }
  void keep_soundly() const {
    const auto kept = keep(must_load());
    INFO(kept.failure.value_or(""));
    REQUIRE_FALSE(kept.failure);
  }

  static constexpr const char* rack_profile = "profiles/demo_rack.json";
  static constexpr const char* limits = "protection/lfp.toml";

 private:
  temporary_folder folder_;
  std::string state_before_;
  mutable std::int64_t utc_us_ = 1'700'000'000'000'000;
};

} // namespace voltaic::tests
