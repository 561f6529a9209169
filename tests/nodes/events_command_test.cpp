#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "nodes/process/site_events.hpp"
#include "nodes/site/folders.hpp"
#include "support/command_line.hpp"

namespace events_command_test {

using namespace voltaic;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;
namespace process = voltaic::nodes::process;

namespace {

/// A machine on which sites ran that left their journals.
class stopped_sites {
 public:
  stopped_sites() { ::setenv("VOLTAIC_RUNTIME_DIR", (place_ / "run").c_str(), 1); }
  ~stopped_sites() { ::unsetenv("VOLTAIC_RUNTIME_DIR"); }
  stopped_sites(const stopped_sites&) = delete;
  stopped_sites& operator=(const stopped_sites&) = delete;

  /// Returns the state folder of a site that said that it was stopped.
  std::string add(const std::string& name) {
    nodes::site::plan plan;
    plan.name = name;
    plan.file = fs::weakly_canonical(file(name)).string();
    std::ofstream(plan.file) << "[site\n"; // by now no longer what could be loaded
    plan.folders = nodes::site::site_folders(name, plan.file);
    fs::create_directories(plan.folders.state);
    fs::create_directories(plan.folders.log);
    process::site_events said(plan, [](std::string_view) {});
    said.record(process::system_event("SITE_STOPPED", name, "asked to"));
    return plan.folders.state;
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    return place_ / (name + ".toml");
  }
  [[nodiscard]] tests::command_outcome events(const std::string& options) const {
    return tests::run_voltaic(place_, "events " + options);
  }
  /// Every file below the runtime and state folders, with its content.
  [[nodiscard]] std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(place_ / "run"))
      if (entry.is_regular_file())
        found[entry.path().string()] = tests::contents(entry.path().string());
    return found;
  }

 private:
  tests::temporary_folder place_;
};

} // namespace

TEST_CASE("the journals of a site that is not running are shown and left as they are") {
  stopped_sites machine;
  const auto state = machine.add("demo");
  const auto before = machine.files();
  for (const auto& place : {"--site " + machine.file("demo"), "--site " + state, std::string()}) {
    INFO(place);
    const auto said = machine.events(place);
    CHECK(said.code == 0);
    CHECK_THAT(said.output, Contains("SITE_STOPPED"));
    CHECK_THAT(said.errors, Contains("running") || Contains("no site runs"));
    CHECK_THAT(said.errors, Contains("from its journals in " + state));
  }
  const auto json = machine.events("--json");
  CHECK_THAT(json.output, Contains("\"SITE_STOPPED\""));
  CHECK(machine.events("--since 2099-01-01T00:00:00Z").code == 1);
  CHECK(machine.files() == before);
}

TEST_CASE("nothing can be followed on a site that is not running") {
  stopped_sites machine;
  machine.add("demo");
  for (const auto& place : {"--site " + machine.file("demo"), std::string()}) {
    const auto said = machine.events("--follow " + place);
    CHECK(said.code == 3);
    CHECK(said.output.empty());
    CHECK_THAT(said.errors, Contains("there is nothing to follow"));
  }
}

TEST_CASE("of several sites that are not running one is chosen, of none nothing is shown") {
  stopped_sites machine;
  CHECK(machine.events("").code == 3);
  const auto one = machine.add("one");
  const auto two = machine.add("two");
  const auto said = machine.events("");
  CHECK(said.code == 2);
  CHECK_THAT(said.errors, Contains(one) && Contains(two));
  CHECK_THAT(machine.events("--site " + machine.file("two")).output, Contains("two"));
  const auto absent = machine.events("--site " + machine.file("three"));
  CHECK(absent.code == 3);
  CHECK_THAT(absent.errors, Contains("three.toml is not running, and there are no journals of it"));
}

TEST_CASE("an event is told in words, and on request with its cause and what to do") {
  stopped_sites machine;
  machine.add("demo");
  CHECK_THAT(machine.events("").output, Contains("The site has stopped [SITE_STOPPED: asked to]"));
  const auto whole = machine.events("--explain");
  CHECK_THAT(whole.output, Contains("\n    cause        It was told to.\n") &&
                               Contains("\n    remedy       Nothing to do.\n"));
  const auto json = nlohmann::json::parse(machine.events("--json").output);
  CHECK(json["text"] == "The site has stopped");
  CHECK_FALSE(json.contains("remedy"));
  const auto explained = nlohmann::json::parse(machine.events("--json --explain").output);
  CHECK(explained["remedy"] == "Nothing to do.");
  CHECK(explained.contains("cause"));
  CHECK(explained.contains("consequence"));
}

TEST_CASE("a language that is asked for by name has to be there") {
  stopped_sites machine;
  machine.add("demo");
  const auto said = machine.events("--language xx");
  CHECK(said.code == 2);
  CHECK_THAT(said.errors, Contains("--language xx: there are texts in"));
  CHECK(machine.events("--language en").code == 0);
}

} // namespace events_command_test
