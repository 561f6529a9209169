#include <catch2/catch.hpp>

#include <sstream>

#include "chaos/live_site.hpp"
#include "chaos/terminal.hpp"

namespace sniff_test {

using namespace chaos;

TEST_CASE("sniff shows a running site's virtual bus on a terminal, and every frame in JSON") {
  live_site site;
  site.up();
  const auto said = site.voltaic({"sniff", "can0", "--site", site.file(), "--for", "1s", "--json"});
  INFO(said.errors);
  CHECK(said.code == 0);
  std::istringstream lines(said.output);
  json last;
  bool is_decoded = false;
  for (std::string line; std::getline(lines, line);) {
    last = json::parse(line);
    if (last.contains("id")) CHECK(last["known"] == true);
    is_decoded = is_decoded || last.value("message", json()) == "bms_1 values";
  }
  CHECK(is_decoded);
  CHECK(last["frames"] > 0);
  CHECK(last["lost"] == 0);

  terminal_child screen({"sniff", "can0", "--site", site.file()},
                        {"VOLTAIC_RUNTIME_DIR=" + site.runtime_root(), "VOLTAIC_STATE_DIR="});
  CHECK(screen.shows("virtual:can0"));
  // Of a row that changes only what differs is drawn; a new size draws all of it.
  int columns = 118;
  CHECK(eventually([&] {
    const auto from = screen.written().size();
    screen.resize(++columns, 40);
    return screen.shows("bms_0 status", from, 1s);
  }));
  screen.press("q");
  CHECK(screen.wait(10s) == 0);
  CHECK(screen.is_as_before());
}

} // namespace sniff_test
