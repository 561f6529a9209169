#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <optional>

#include "laboratory/bench.hpp"
#include "laboratory/peer.hpp"

namespace site_test {

using can_support::eventually;
using can_support::temporary_folder;
using laboratory::listener;
using laboratory::run;

/// A car's battery on one interface, run by the command itself.
class running_site {
 public:
  explicit running_site(const std::string& interface_name)
      : laboratory_(std::getenv("LABORATORY")), // NOLINT(concurrency-mt-unsafe)
        file_(laboratory_ + "/lab_" + interface_name + ".toml") {
    std::ofstream(file_) << "[site]\nname = \"lab\"\n"
                         << "[[bus]]\nname = \"can0\"\nport = \"socketcan:" << interface_name
                         << "\"\nbitrate = 500000\n"
                         << "[[device]]\nname = \"car\"\nprofile = \"profiles/kona_bus0.json\"\n"
                         << "bus = \"can0\"\n";
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
  /// Whether `voltaic status` shows its bus in this state.
  [[nodiscard]] bool shows_bus(const std::string& state) const {
    return run(command("status --json 2>/dev/null | grep -q '\"" + state + "\"'")) == 0;
  }
  /// What the site and the point say, for a case that fails.
  void explain(const std::string& point) const {
    for (const auto& line : site_->lines()) UNSCOPED_INFO(line);
    const listener said(command("points '" + point + "' 2>&1"));
    CHECK(eventually([&] { return !said.lines().empty(); }));
    for (const auto& line : said.lines()) UNSCOPED_INFO(line);
  }
  /// Whether comm.log has a line with these words.
  [[nodiscard]] bool logged(const std::string& words) const {
    return run("grep -q '" + words + "' " + folder_.path() + "/*/log/comm.log 2>/dev/null") == 0;
  }

 private:
  const std::string laboratory_;
  const std::string file_;
  temporary_folder folder_;
  std::optional<listener> site_;
};

/// What the car's battery says ten times a second, over and over; the command that plays it.
std::string drive_on(const std::string& interface_name) {
  const std::string path =
      std::string(std::getenv("LABORATORY")) + "/drive.log"; // NOLINT(concurrency-mt-unsafe)
  std::ofstream log(path);
  for (int i = 0; i < 10; ++i) {
    const std::string time = "(1." + std::to_string(i) + "00000) " + interface_name;
    log << time << " 595#1A00B4B51B00DE0D\n" << time << " 594#6842CC3E80474320\n";
  }
  return "canplayer -l i -I " + path;
}

TEST_CASE("what canplayer replays reaches the points of a site, and what is missing its log") {
  const running_site site("vcan0");
  std::optional<listener> drive(drive_on("vcan0"));
  const bool heard = eventually([&] { return site.says("car/voltage", "355"); });
  if (!heard) site.explain("car/*");
  REQUIRE(heard);
  CHECK(eventually([&] { return site.says("car/current", "2.7"); }));
  CHECK(eventually([&] { return site.shows_bus("error-active"); }));
  drive.reset();
  CHECK(eventually([&] { return site.logged("can0 Timeout: nothing is received"); }));
}

TEST_CASE("F-060 a site's bus goes off, is restarted by canctl, logged, and heard again",
          "[controller]") {
  const running_site site("can0");
  const listener drive(drive_on("can1"));
  const bool heard = eventually([&] { return site.says("car/voltage", "355"); });
  if (!heard) site.explain("car/*");
  REQUIRE(heard);
  const listener canctl(site.command("canctl " + site.file()) + " 2>&1");
  REQUIRE(eventually([&] { return canctl.heard("can0 is up: 500000 bit/s, as it was already"); }));
  REQUIRE(run("echo 'can0 off' > /sys/module/controller_states/parameters/order") == 0);
  // Seen while it was off, or after: it is restarted within 0.1 s.
  CHECK(eventually([&] { return site.logged("can0 bus-off: the controller ha"); }));
  CHECK(eventually([&] { return canctl.heard("can0 bus-off: restarted, 1 of 5"); }));
  CHECK(site.logged("can0 bus-off: restarted, 1 of 5"));
  CHECK(eventually([&] { return site.shows_bus("error-active"); }));
  CHECK(eventually([&] { return site.says("car/voltage", "355"); }));
}

} // namespace site_test
