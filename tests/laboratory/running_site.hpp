#pragma once

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

#include "laboratory/bench.hpp"
#include "laboratory/peer.hpp"

namespace laboratory {

/// A car's battery, which is only listened to.
inline const std::string car =
    "[[device]]\nname = \"car\"\nprofile = \"profiles/kona_bus0.json\"\n"
    "bus = \"can0\"\n";
/// A rack, to which the site speaks too; with one a site says points of its links.
inline const std::string rack =
    "[[device]]\nname = \"bms_0\"\nprofile = \"profiles/demo_rack.json\"\nbus = \"can0\"\n"
    "[[rack]]\nname = \"rack_0\"\ndevice = \"bms_0\"\nprotection = \"protection/lfp.toml\"\n";

/// A site whose bus can0 is an interface of this machine, run by the command itself.
class running_site {
 public:
  explicit running_site(const std::string& interface_name, const std::string& devices = car)
      : laboratory_(std::getenv("LABORATORY")), // NOLINT(concurrency-mt-unsafe)
        file_(laboratory_ + "/lab_" + interface_name + ".toml") {
    std::ofstream(file_) << "[site]\nname = \"lab\"\n"
                         << "[[bus]]\nname = \"can0\"\nport = \"socketcan:" << interface_name
                         << "\"\nbitrate = 500000\n"
                         << devices;
    ::setenv("VOLTAIC_RUNTIME_DIR", folder_.path().c_str(), 1); // NOLINT(concurrency-mt-unsafe)
    site_.emplace(command("run " + file_) + " 2>&1");
  }
  [[nodiscard]] std::string command(const std::string& words) const {
    return laboratory_ + "/voltaic " + words;
  }
  [[nodiscard]] const std::string& file() const { return file_; }
  /// Whether the point is said, and its line contains these words.
  [[nodiscard]] bool says(const std::string& point, const std::string& words) const {
    return run(command("points '" + point + "' --json 2>/dev/null | grep -q '" + words + "'")) == 0;
  }
  /// Whether a line of its events contains these words.
  [[nodiscard]] bool recorded(const std::string& words) const {
    return run(command("events --json 2>/dev/null | grep -q '" + words + "'")) == 0;
  }
  /// Whether the journals have it that a level of a candidate was set.
  [[nodiscard]] bool is_set(const std::string& candidate, const std::string& level) const {
    return run(command("events --json 2>/dev/null | grep '\"" + candidate + "\"' | grep '\"" +
                       level + "\"' | grep -q '\"set\"'")) == 0;
  }
  /// Whether `voltaic status` shows its bus in this state.
  [[nodiscard]] bool shows_bus(const std::string& state) const {
    return run(command("status --json 2>/dev/null | grep -q '\"" + state + "\"'")) == 0;
  }
  /// What the site and the point say, for a case that fails.
  void explain(const std::string& point) const {
    for (const auto& line : site_->lines()) UNSCOPED_INFO(line);
    const listener said(command("points '" + point + "' 2>&1"));
    CHECK(can_support::eventually([&] { return !said.lines().empty(); }));
    for (const auto& line : said.lines()) UNSCOPED_INFO(line);
  }
  /// Whether comm.log has a line with these words.
  [[nodiscard]] bool logged(const std::string& words) const {
    return run("grep -q '" + words + "' " + folder_.path() + "/*/log/comm.log 2>/dev/null") == 0;
  }

 private:
  const std::string laboratory_;
  const std::string file_;
  can_support::temporary_folder folder_;
  std::optional<listener> site_;
};

/// What the car's battery says ten times a second, over and over; the command that plays it.
inline std::string drive_on(const std::string& interface_name) {
  const std::string path =
      std::string(std::getenv("LABORATORY")) + "/drive.log"; // NOLINT(concurrency-mt-unsafe)
  std::ofstream log(path);
  for (int i = 0; i < 10; ++i) {
    const std::string time = "(1." + std::to_string(i) + "00000) " + interface_name;
    log << time << " 595#1A00B4B51B00DE0D\n" << time << " 594#6842CC3E80474320\n";
  }
  return "canplayer -l i -I " + path;
}

} // namespace laboratory
