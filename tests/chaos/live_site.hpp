#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "chaos/child.hpp"
#include "support/temporary_folder.hpp"

namespace chaos {

using nlohmann::json;

/// What one call of the command said.
struct answer {
  int code = -1; ///< -1: it did not end
  std::string output;
  std::string errors;
};

/// A copy of the demo in a folder of its own, with two racks unless more are asked
/// for, run by `voltaic up` and asked as a stranger would: by the command and its
/// JSON alone. Everything is stopped and gone at the end, also when the test failed.
class live_site {
 public:
  /// Whether the demo's inverter, air conditioner and meter are part of it.
  /// `linked`: all of it, and the inverter is told about the racks.
  enum class equipment { none, all, linked };
  explicit live_site(equipment with = equipment::none, int racks = 2);
  ~live_site();
  live_site(const live_site&) = delete;
  live_site& operator=(const live_site&) = delete;

  [[nodiscard]] std::string file() const { return folder_ / "configs/demo.toml"; }
  [[nodiscard]] std::string folder() const { return folder_.path().string(); }
  /// Below which the site's runtime folder is, and that of every site started here.
  [[nodiscard]] std::string runtime_root() const { return folder_ / "run"; }
  /// The site's own; it is there once the site was started.
  [[nodiscard]] std::string runtime_folder() const;
  [[nodiscard]] std::string state_folder() const;
  /// Text for the end of the site file.
  void add(const std::string& text) const;
  void write(const std::string& text) const;
  /// The one edit that makes the site smaller or larger.
  void set_racks(int count) const;

  /// Starts `voltaic up` without waiting.
  void launch_up(std::vector<std::string> more = {}, chaos::launch how = {});
  /// Starts it and waits until every node runs.
  void up(std::vector<std::string> more = {}, chaos::launch how = {});
  /// The process of `voltaic up`.
  [[nodiscard]] child& process() { return *up_; }
  /// The process that plays equipment and batteries that do not broadcast; 0: there is none.
  [[nodiscard]] pid_t player() const;
  /// What it printed.
  [[nodiscard]] std::string log() const { return read_file(folder_ / "up.log"); }
  /// SIGTERM, then its exit code.
  std::optional<int> stop();

  /// Adds NAME=VALUE to the surroundings.
  void surround_with(std::string variable) { variables_.push_back(std::move(variable)); }
  /// Runs the command in this site's surroundings.
  [[nodiscard]] answer voltaic(std::vector<std::string> arguments,
                               std::chrono::milliseconds bound = 15s, chaos::launch how = {}) const;
  /// The same without waiting.
  [[nodiscard]] std::unique_ptr<child> begin(std::vector<std::string> arguments,
                                             const std::string& output) const;
  /// `voltaic status --json`; null when it fails.
  [[nodiscard]] json status() const;
  /// One node of it; null when it is not there.
  [[nodiscard]] json node(const std::string& name) const;
  [[nodiscard]] pid_t pid_of(const std::string& name) const;
  /// Waits until the node runs as another process than `old`; its pid.
  [[nodiscard]] pid_t wait_for_successor(const std::string& name, pid_t old) const;
  [[nodiscard]] bool wait_for_state(const std::string& name, const std::string& state,
                                    std::chrono::milliseconds bound = 10s) const;
  /// `voltaic points GLOB --json` by name; empty when it fails.
  [[nodiscard]] std::map<std::string, json> points(const std::string& glob) const;
  /// Every point of the rack is good.
  [[nodiscard]] bool good(const std::string& rack) const;
  [[nodiscard]] std::string contactor(const std::string& rack) const;
  /// `voltaic events --json`.
  [[nodiscard]] std::vector<json> events(std::chrono::milliseconds bound = 15s) const;
  /// Closes the racks by command, and requires that it is done.
  void close(const std::vector<std::string>& racks) const;

 private:
  [[nodiscard]] launch surroundings(launch how) const;
  voltaic::tests::temporary_folder folder_;
  std::unique_ptr<child> up_;
  std::vector<std::string> variables_;
  mutable int calls_ = 0;
};

/// configs/NAME.toml as it is shipped.
[[nodiscard]] std::string shipped_site(const std::string& name);

} // namespace chaos
