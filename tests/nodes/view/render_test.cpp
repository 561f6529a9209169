#include "nodes/view/render.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "nodes/view/sample_picture.hpp"

namespace render_test {

using namespace voltaic::nodes::view;
using voltaic::tests::sample_picture;

namespace {

std::string drawn(const picture& of, const choice& chosen, size screen, bool ascii = true) {
  return plain_text(render(of, chosen, screen, {ascii, "quit"}));
}

/// As many lines as asked for, none too long.
void check_size(const std::vector<line>& lines, size screen) {
  REQUIRE(static_cast<int>(lines.size()) == screen.lines);
  for (const auto& one : lines) {
    int used = 0;
    for (const auto& part : one) used += columns_of(part.text);
    REQUIRE(used <= screen.columns);
  }
}

} // namespace

TEST_CASE("the overview fits 80 columns and 24 lines") {
  CHECK("\n" + drawn(sample_picture(), {}, {80, 24}) == R"(
 voltaic demo    rack_1 failed  racks: 1 warning                   20:15:07 UTC
 1 of 2 racks active   1584.2 V   -   -   SOC 50.0 %
 limits charge 70.0 A, discharge 140.0 A   missing: rack_1
  rack       contactor      V       A      kW  SOC %  lowest V     highest V
>!rack_0     closed    1584.2   -12.5   -19.8   50.0  3.298 0:0    3.330 12:3
  rack_1     unknown        -       -       -      -  -            -
-- rack_0 | 480 cells in 30 modules ------------------ 3.298 .:-=+*#@ 3.330 V --
   0 .... .... .... .... .... .... .... .... .... .... .... .... @... .... ....
  15 .... .... .... .... .... .... .... .... .... .... .... .... .... .... ?...
 cells average 3.301 V, spread 32 mV   24.6 at 3:1 to 26.1 at 12:7 C
 limits charge 70.0 A, discharge 140.0 A   by cell_overvoltage/warning
-- alarms ----------------------------------------------------------------------
 WARNING rack_0   cell_overvoltage   cell 12:3    3.554 V limit 3.55   20:15:03
         Cell voltage too high. Let the rack discharge a little. If the same
         cell comes again, balance the rack or have the cell checked.
-- equipment -------------------------------------------------------------------
 inverter_0   state running  power 20.0 kW  temperature 35.5 C
-- processes ------------- died cpu %  MB - links ------------------------------
 rack_1           failed      4   0.0   0   can0          error-active  31 %
 relay            running     0   0.4   9   inverter_line connected  3 timeouts
 site             running     0   1.2  22
 rack_0           running     0   3.1  14
 bus can0         running     0   1.0   8
 ? help  q quit  p pause  up/down rack  Tab more
)");
}

TEST_CASE("a larger screen shows more of everything") {
  CHECK("\n" + drawn(sample_picture(), {}, {120, 40}, false) == R"(
 voltaic demo    rack_1 failed  racks: 1 warning                                                           20:15:07 UTC
 1 of 2 racks active   1584.2 V   -   -   SOC 50.0 %
 limits charge 70.0 A, discharge 140.0 A   missing: rack_1
  rack       contactor      V       A      kW  SOC %  lowest V     highest V    lowest °C  highest °C      limits A
▸!rack_0     closed    1584.2   -12.5   -19.8   50.0  3.298 0:0    3.330 12:3   24.6 3:1   26.1 12:7     70.0/140.0
  rack_1     unknown        -       -       -      -  -            -            -          -                    -/-
── rack_0 · 480 cells in 30 modules ────────────────────────────────────────────────────────── 3.298 ▁▂▃▄▅▆▇█ 3.330 V ──
   0 ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂
   6 ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂
  12 ▁▁▁█▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂
  18 ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂
  24 ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ▁▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂ ?▁▁▂▁▁▁▂▁▁▁▂▁▁▁▂
 cells average 3.301 V, spread 32 mV   24.6 at 3:1 to 26.1 at 12:7 °C
 limits charge 70.0 A, discharge 140.0 A   by cell_overvoltage/warning
── alarms ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
 WARNING rack_0   cell_overvoltage   cell 12:3    3.554 V limit 3.55                                           20:15:03
         Cell voltage too high. Let the rack discharge a little. If the same cell comes again, balance the rack or have
         the cell checked.
── equipment ───────────────────────────────────────────────────────────────────────────────────────────────────────────
 inverter_0   state running  power 20.0 kW  temperature 35.5 °C
── processes ──────────────── died cpu %  MB ─ links ───────────────────────────────────────────────────────────────────
 rack_1              failed      4   0.0   0   can0          error-active  31 %
 relay               running     0   0.4   9   inverter_line connected  3 timeouts
 site                running     0   1.2  22
 rack_0              running     0   3.1  14
 bus can0            running     0   1.0   8
── events ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
 20:15:03 rack_0                  protection cell_overvoltage
 20:14:58 rack_1                  system NODE_DOWN process 4711










 ? help  q quit  p pause  up/down rack  Tab more
)");
}

TEST_CASE("any screen has as many lines as it is high and none that is longer than it is wide") {
  auto site = sample_picture();
  for (int i = 2; i < 64; ++i) {
    site.racks.push_back(voltaic::tests::sample_rack(i));
    site.alarms.push_back(site.alarms.front());
  }
  for (const auto page : {page::overview, page::machinery, page::events})
    for (const bool help : {false, true})
      for (int columns = 80; columns < 260; columns += 17)
        for (int lines = 24; lines < 120; lines += 13) {
          choice chosen;
          chosen.page = page;
          chosen.rack = 40;
          chosen.shows_help = help;
          check_size(render(site, chosen, {columns, lines}, {}), {columns, lines});
        }
}

TEST_CASE("a site without anything is drawn, too") {
  check_size(render({}, {}, {80, 24}, {}), {80, 24});
  choice last;
  last.rack = 7;
  check_size(render({}, last, {80, 24}, {}), {80, 24});
}

TEST_CASE("of 64 racks the chosen one is seen, with its detail") {
  auto site = sample_picture();
  site.racks.clear();
  site.alarms.clear();
  for (int i = 0; i < 64; ++i) site.racks.push_back(voltaic::tests::sample_rack(i));
  for (const std::size_t chosen : {0U, 31U, 63U}) {
    choice now;
    now.rack = chosen;
    const auto text = drawn(site, now, {80, 24});
    CHECK(text.find("> rack_" + std::to_string(chosen) + " ") != std::string::npos);
    CHECK(text.find("-- rack_" + std::to_string(chosen) + " | 480 cells in 30 modules") !=
          std::string::npos);
  }
}

TEST_CASE("80 columns show the whole code, place and value of the longest alarm") {
  auto site = sample_picture();
  auto& one = site.alarms.front();
  one.candidate = "discharge_undertemperature";
  one.scope = "module_12:temperature_7";
  one.value = -20;
  one.threshold = -15;
  one.unit = "degC";
  const auto overview = drawn(site, {}, {80, 40});
  CHECK(overview.find(
            "\n WARNING rack_0 discharge_undertemperature sensor 12:7  -20 degC limit -15") !=
        std::string::npos);
  one.rack = "rack_with_a_name"; // gives way
  one.shelved = one.acknowledged = true;
  const auto crowded = drawn(site, {}, {80, 40});
  CHECK(crowded.find(" discharge_undertemperature sensor 12:7 ") != std::string::npos);
}

TEST_CASE("an alarm that no number was judged for tells why it stands, and no limit") {
  auto site = sample_picture();
  auto& one = site.alarms.front();
  one.candidate = "identity_changed";
  one.is_measured = false;
  one.value = one.threshold = 0;
  one.reason = "serial 7, was 5";
  const auto shown = drawn(site, {}, {100, 40});
  CHECK(shown.find("serial 7, was 5") != std::string::npos);
  CHECK(shown.find("limit 0") == std::string::npos);
}

TEST_CASE("alarms are told by words, not by colour alone") {
  auto site = sample_picture();
  auto worse = site.alarms.front();
  worse.level = "hard";
  worse.places = 0;
  worse.acknowledged = true;
  site.alarms.insert(site.alarms.begin(), worse);
  const auto text = drawn(site, {}, {120, 40});
  CHECK(text.find("racks: 1 fault ") != std::string::npos);
  CHECK(text.find(" FAULT   rack_0") != std::string::npos);
  CHECK(text.find("ack latched") != std::string::npos);
  CHECK(text.find(" WARNING rack_0") != std::string::npos);
}

TEST_CASE("the title counts racks by their worst level, and names what failed") {
  auto site = sample_picture();
  const auto title = [&] {
    const auto text = drawn(site, {}, {100, 24});
    return text.substr(0, text.find('\n'));
  };
  auto one = site.alarms.front();
  one.candidate = "cell_undervoltage";
  site.alarms.push_back(one);
  CHECK(title().find("   rack_1 failed  racks: 1 warning ") != std::string::npos);
  one.rack = "rack_1";
  one.level = "alarm";
  site.alarms.insert(site.alarms.begin(), one);
  CHECK(title().find(" racks: 1 alarm, 1 warning ") != std::string::npos);
  site.alarms.clear();
  CHECK(title().find("no alarms") == std::string::npos);
  site.processes.front().state = "failed";
  CHECK(title().find(" 2 processes failed ") != std::string::npos);
  site.processes.clear();
  CHECK(title().find("no alarms") != std::string::npos);
}

TEST_CASE("events are told newest first on every page, long ones whole on their own") {
  auto site = sample_picture();
  site.events.push_back({site.utc_us, "rack_0/contactor",
                         "command done: close rack_0 by somebody as engineer with a reason that "
                         "is long enough for two lines and a half of eighty columns each"});
  choice now;
  now.page = page::events;
  const auto text = drawn(site, now, {80, 24});
  CHECK(text.find(R"(
 20:15:07 rack_0/cont~ command done: close rack_0 by somebody as engineer with a
                       reason that is long enough for two lines and a half of
                       eighty columns each
 20:15:03 rack_0       protection cell_overvoltage
 20:14:58 rack_1       system NODE_DOWN process 4711
)") != std::string::npos);
  const auto overview = drawn(site, {}, {80, 40});
  CHECK(overview.find("20:15:07 rack_0/cont~ command done") <
        overview.find("20:15:03 rack_0       protection"));
}

TEST_CASE("an event on the overview names its rack, code and value also at 80 columns") {
  auto site = sample_picture();
  site.events.push_back(
      {site.utc_us, "rack_0",
       "Voltage or state of charge contradict the current [current_implausible "
       "rack alarm set 1.0 limit 1.0 derate_charge:50, derate_discharge:50: voltage "
       "or SOC say that another current flows than the sensor shows]"});
  const auto overview = drawn(site, {}, {80, 40});
  CHECK(overview.find(R"(
 20:15:07 rack_0       Voltage or state of charge contradict the current
                       [current_implausible rack alarm set 1.0 limit 1.0 derate~
 20:15:03 rack_0       protection cell_overvoltage
)") != std::string::npos);
}

TEST_CASE("the page of events says of each alarm what it means, why, what follows and what to do") {
  choice now;
  now.page = page::events;
  CHECK(drawn(sample_picture(), now, {80, 24}).find(R"(
-- alarms ----------------------------------------------------------------------
 WARNING rack_0   cell_overvoltage   cell 12:3    3.554 V limit 3.55   20:15:03
         Cell voltage too high
         It was charged too far.
         The cell ages.
         Let the rack discharge a little. If the same cell comes again, balance
         the rack or have the cell checked.
)") != std::string::npos);
}

TEST_CASE(
    "the alarm of the chosen rack is explained, and a short list keeps a line for the words") {
  auto site = sample_picture();
  auto other = site.alarms.front();
  other.rack = "rack_1";
  other.words.text = "Cell voltage too low";
  other.shelved = true;
  site.alarms.push_back(other);
  choice now;
  now.rack = 1;
  const auto text = drawn(site, now, {80, 40});
  CHECK(text.find("shelved 3.554 V") != std::string::npos);
  CHECK(text.find("Cell voltage too high") == std::string::npos);
  CHECK(text.find("\n         Cell voltage too low. Let") != std::string::npos);
  for (int i = 0; i < 20; ++i) site.alarms.push_back(site.alarms.front());
  const auto cut = drawn(site, {}, {80, 24});
  CHECK(cut.find("Cell voltage too high. Let the rack discharge a little. If the ~ key 3") !=
        std::string::npos);
  CHECK(cut.find(" more\n-- equipment") != std::string::npos);
}

TEST_CASE("a rack with an alarm is marked in the list") {
  const auto text = drawn(sample_picture(), {}, {80, 24});
  CHECK(text.find("\n>!rack_0 ") != std::string::npos);
  CHECK(text.find("\n  rack_1 ") != std::string::npos);
}

TEST_CASE("what troubles the view itself is said in place of what it would show") {
  auto site = sample_picture();
  site.trouble = "nothing is heard on the message bus";
  CHECK(drawn(site, {}, {80, 24}).find(site.trouble) != std::string::npos);
}

TEST_CASE("lists that are cut say how much more there is") {
  auto site = sample_picture();
  for (int i = 0; i < 20; ++i) {
    site.alarms.push_back(site.alarms.front());
    site.processes.front().state = "failed";
  }
  const auto text = drawn(site, {}, {80, 24});
  CHECK(text.find(" more") != std::string::npos);
  CHECK(text.find("failed") != std::string::npos); // what is not well is never cut first
}

TEST_CASE("the page of processes scrolls to its end and no further") {
  auto site = sample_picture();
  for (int i = 0; i < 40; ++i) site.processes.push_back(site.processes.front());
  choice chosen;
  chosen.page = page::machinery;
  const size screen{80, 24};
  chosen.scroll = extent_of(site, chosen, screen, {}).scroll_last;
  CHECK(chosen.scroll > 0);
  const auto text = drawn(site, chosen, screen);
  CHECK(text.find("inverter_line") != std::string::npos);
  chosen.scroll += 100;
  CHECK(drawn(site, chosen, screen) == text);
}

TEST_CASE("help names the keys, and what q does here") {
  choice chosen;
  chosen.shows_help = true;
  const auto text = plain_text(render(sample_picture(), chosen, {80, 24}, {true, "stop the site"}));
  CHECK(text.find("q  Ctrl-C") != std::string::npos);
  CHECK(text.find("stop the site") != std::string::npos);
}

} // namespace render_test
