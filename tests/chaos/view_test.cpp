#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>

#include "chaos/live_site.hpp"
#include "chaos/terminal.hpp"

namespace view_test {

using namespace chaos;

// What a person sees of a running site: the terminal view, lines and plots.
namespace {

const std::string leaves_screen = "\x1b[?1049l";
const std::string clears_screen = "\x1b[H\x1b[2J";
const std::string ctrl_c = "\x03";

std::vector<std::string> place_of(const live_site& site) {
  return {"VOLTAIC_RUNTIME_DIR=" + site.runtime_root(), "VOLTAIC_STATE_DIR="};
}

pid_t view_of(pid_t supervisor) {
  for (const pid_t pid : children_of(supervisor))
    if (read_file("/proc/" + std::to_string(pid) + "/cmdline").find("--stops-site") !=
        std::string::npos)
      return pid;
  return 0;
}

} // namespace

TEST_CASE("top shows the racks of a running site and gives the terminal back") {
  live_site site;
  site.up();
  terminal_child top({"top", site.file()}, place_of(site));
  REQUIRE(top.shows("rack_1"));
  CHECK(top.shows("480 cells in 30 modules"));
  CHECK(top.shows("error-active"));
  const auto before = top.written().size();
  top.press("?");
  CHECK(top.shows("choose a rack", before));
  top.press(" 2");
  CHECK(top.shows("last end", before));
  top.press("q");
  CHECK(top.wait(5s) == 0);
  CHECK(top.written().find(leaves_screen) != std::string::npos);
  CHECK(top.is_as_before());
  CHECK(site.process().runs());
}

TEST_CASE("a window that was drawn to another size is drawn anew, and left empty") {
  live_site site;
  site.up();
  terminal_child top({"top", site.file()}, place_of(site));
  REQUIRE(top.shows("rack_1"));
  const auto before = top.written().size();
  top.resize(100, 30);
  CHECK(top.shows(clears_screen, before));
  CHECK(top.shows("rack_1", before));
  top.press("q");
  CHECK(top.wait(5s) == 0);
  const auto& written = top.written();
  const auto last_cleared = written.rfind(clears_screen);
  CHECK(last_cleared < written.rfind(leaves_screen));
  CHECK(written.find("rack_1", last_cleared) == std::string::npos);
}

TEST_CASE("top tells of a rack whose process died and of the alarm that follows") {
  live_site site;
  site.up();
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  terminal_child top({"top", site.file(), "--no-color"}, place_of(site));
  REQUIRE(top.shows("no alarms"));
  // Without its bus the racks hear no cell.
  const auto status = json::parse(site.voltaic({"status", "--json"}).output, nullptr, false);
  REQUIRE(status.is_object());
  const auto before = top.written().size();
  for (const pid_t pid : children_of(site.process().pid()))
    if (read_file("/proc/" + std::to_string(pid) + "/cmdline").find("sim") != std::string::npos)
      ::kill(pid, SIGSTOP);
  CHECK(top.shows("communication_loss", before));
  for (const pid_t pid : children_of(site.process().pid())) ::kill(pid, SIGCONT);
  CHECK(top.shows("no alarms", top.written().size(), 30s));
  ::kill(site.pid_of("rack_1"), SIGKILL);
  CHECK(top.shows("NODE_DOWN", before));
  top.press(ctrl_c);
  CHECK(top.wait(5s) == 0);
  CHECK(top.is_as_before());
}

TEST_CASE("up shows the site on a terminal, and q stops it in order") {
  live_site site;
  terminal_child up({"up", site.file()}, place_of(site));
  REQUIRE(up.shows("480 cells in 30 modules", 0, 25s));
  CHECK(up.shows("stop the site"));
  const auto began = std::chrono::steady_clock::now();
  up.press("q");
  CHECK(up.wait(10s) == 0);
  CHECK(std::chrono::steady_clock::now() - began < 5s * patience);
  const auto left = up.written().rfind(leaves_screen);
  REQUIRE(left != std::string::npos);
  CHECK(up.written().find("demo SITE_STOPPED", left) != std::string::npos);
  CHECK(up.written().find("demo SITE_READY") > left); // it waited for its turn
  CHECK(up.is_as_before());
}

TEST_CASE("Ctrl-C stops the site that up shows") {
  live_site site;
  terminal_child up({"up", site.file()}, place_of(site));
  REQUIRE(up.shows("480 cells in 30 modules", 0, 25s));
  up.press(ctrl_c);
  CHECK(up.wait(10s) == 0);
  CHECK(up.written().find("SITE_STOPPED", up.written().rfind(leaves_screen)) != std::string::npos);
  CHECK(up.is_as_before());
}

TEST_CASE("a slip of the hand does not stop the supervisor of the site that is shown") {
  live_site site;
  terminal_child up({"up", site.file()}, place_of(site));
  REQUIRE(up.shows("480 cells in 30 modules", 0, 25s));
  const auto before = up.written().size();
  up.press("\x1a\x13"); // Ctrl-Z, Ctrl-S
  up.press("?");
  CHECK(up.shows("choose a rack", before));
  CHECK(site.status().is_object());
}

TEST_CASE("a terminal that goes away stops the site in order") {
  live_site site;
  terminal_child up({"up", site.file()}, place_of(site));
  REQUIRE(up.shows("480 cells in 30 modules", 0, 25s));
  up.hang_up();
  CHECK(up.wait(10s) == 0);
  const auto events = site.events();
  REQUIRE_FALSE(events.empty());
  CHECK(events.back()["code"] == "SITE_STOPPED");
}

TEST_CASE("a site outlives its view, which lines replace on a terminal that is whole again") {
  live_site site;
  terminal_child up({"up", site.file()}, place_of(site));
  REQUIRE(up.shows("480 cells in 30 modules", 0, 25s));
  const auto before = up.written().size();
  const pid_t view = view_of(up.pid());
  REQUIRE(view != 0);
  SECTION("it dies") {
    ::kill(view, SIGKILL);
    CHECK(up.shows("rack_0 open", before));
    CHECK(up.is_as_before());
    CHECK(eventually([&] { return site.good("rack_0"); }));
  }
  SECTION("it stands still") {
    ::kill(view, SIGSTOP);
    CHECK(eventually([&] { return site.good("rack_0"); }));
  }
  up.press(ctrl_c);
  CHECK(up.wait(10s) == 0);
  CHECK(up.is_as_before());
}

TEST_CASE("without a terminal the view is a line each second") {
  live_site site;
  site.up();
  const auto output = site.folder() + "/top.txt";
  const auto top = site.begin({"top", site.file()}, output);
  CHECK(eventually([&] { return read_file(output).find("rack_1 open") != std::string::npos; }));
  top->signal(SIGINT);
  CHECK(top->wait(10s) == 0);
}

TEST_CASE("watch prints changes, no more often than it may, and ends with Ctrl-C") {
  live_site site;
  site.up();
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  const auto output = site.folder() + "/watch.txt";
  const auto watch = site.begin(
      {"watch", "rack_0/accepted_counter", "rack_0/sok", "--every", "1s", "--json"}, output);
  const auto lines = [&] {
    const auto text = read_file(output);
    return std::count(text.begin(), text.end(), '\n');
  };
  const auto began = std::chrono::steady_clock::now();
  REQUIRE(eventually([&] { return lines() >= 3; }, 15s));
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(took > 1'500ms);
  // A name of several that is wrong is told, and the others are watched all the same.
  CHECK(eventually([&] {
    return read_file(output + ".errors").find("did you mean rack_0/soc?") != std::string::npos;
  }));
  watch->signal(SIGINT);
  CHECK(watch->wait(5s) == 0);
  std::istringstream text(read_file(output));
  for (std::string line; std::getline(text, line);) {
    const auto said = json::parse(line, nullptr, false);
    REQUIRE(said.is_object());
    CHECK(said["point"] == "rack_0/accepted_counter");
  }
  const auto unknown = site.voltaic({"watch", "rack_0/sok"});
  CHECK(unknown.code == 1);
  CHECK(unknown.errors.find("did you mean rack_0/soc?") != std::string::npos);
}

TEST_CASE("plot draws a point here or into a picture") {
  live_site site;
  site.up();
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  const auto text = site.voltaic({"plot", "rack_0/voltage", "--for", "2s", "--ascii"});
  CHECK(text.code == 0);
  CHECK(text.output.find("rack_0/voltage V") != std::string::npos);
  CHECK(text.output.find("values in 2 s from") != std::string::npos);
  const auto path = site.folder() + "/cells.svg";
  CHECK(site.voltaic({"plot", "rack_0/cell_voltage", "--for", "2s", "--out", path}).code == 0);
  CHECK(read_file(path).find("least, average and greatest") != std::string::npos);
  CHECK(site.voltaic({"plot", "rack_0/cell_voltage[19]", "--for", "1s", "--ascii"}).code == 0);
  CHECK(site.voltaic({"plot", "rack_0/voltage", "--out", "a.png"}).code == 2);
  CHECK(site.voltaic({"plot", "rack_0/contactor", "--for", "1s"}).code == 1);
}

TEST_CASE("a snapshot of the view is a picture or a text of the size that was asked for") {
  live_site site;
  site.up();
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  const auto picture = site.folder() + "/top.svg";
  const auto text = site.folder() + "/top.text";
  CHECK(site.voltaic({"top", "--snapshot", picture}).code == 0);
  CHECK(read_file(picture).find("480 cells in 30 modules") != std::string::npos);
  CHECK(site.voltaic({"top", "--snapshot", text, "--size", "80x24", "--ascii"}).code == 0);
  const auto lines = read_file(text);
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 24);
  CHECK(site.voltaic({"top", "--snapshot", text, "--size", "20x10"}).code == 2);
}

} // namespace view_test
