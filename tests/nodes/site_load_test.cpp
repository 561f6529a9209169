#include <catch2/catch.hpp>

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "messages/protection/table.hpp"
#include "nodes/site/expand.hpp"
#include "nodes/site/load.hpp"
#include "support/temporary_folder.hpp"

namespace site_load_test {

using namespace voltaic;
using namespace voltaic::nodes;
namespace fs = std::filesystem;

namespace {

const std::string configs = std::string(VOLTAIC_SOURCE_FOLDER) + "/configs";

std::string read(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// What the first lines of a broken file announce: `# expect: LINE:COLUMN: text`,
// with a file in front where the mistake is in a file that the site names.
std::multiset<std::string> expected_findings(const fs::path& path) {
  std::multiset<std::string> result;
  std::stringstream lines(read(path));
  const std::string mark = "# expect: ";
  for (std::string line; std::getline(lines, line) && line.starts_with(mark);) {
    const auto words = line.substr(mark.size());
    const bool has_file = !(words[0] >= '0' && words[0] <= '9');
    const auto base = path.parent_path().string() + "/";
    result.insert(has_file ? base + words : path.string() + ":" + words);
  }
  return result;
}

messages::findings findings_of(const std::variant<site::plan, messages::findings>& loaded) {
  const auto* found = std::get_if<messages::findings>(&loaded);
  return found == nullptr ? messages::findings() : *found;
}

// Sets a variable for one test.
class variable {
 public:
  variable(const char* name, const std::string& value) : name_(name) {
    if (const char* was = std::getenv(name)) was_ = was;
    ::setenv(name, value.c_str(), 1);
  }
  ~variable() {
    if (was_.empty())
      ::unsetenv(name_);
    else
      ::setenv(name_, was_.c_str(), 1);
  }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;

 private:
  const char* name_;
  std::string was_;
};

std::string small_site(const std::string& more = "") {
  return "[site]\nname = \"small\"\n[[bus]]\nname = \"can0\"\nport = \"virtual:can0\"\n" + more;
}

} // namespace

TEST_CASE("F-155 F-180 every broken site file is refused with exactly its findings") {
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(configs + "/broken")) {
    if (entry.path().extension() != ".toml") continue;
    INFO(entry.path().filename().string());
    ++files;
    const auto expected = expected_findings(entry.path());
    CHECK_FALSE(expected.empty());
    std::multiset<std::string> found;
    for (const auto& finding : findings_of(site::load(entry.path().string())))
      found.insert(site::to_string(finding));
    CHECK(found == expected);
  }
  CHECK(files >= 40);
}

TEST_CASE("the demo site is four chains on two buses, each chain in a node of its own") {
  const auto loaded = site::load(configs + "/demo.toml");
  for (const auto& finding : findings_of(loaded)) UNSCOPED_INFO(site::to_string(finding));
  REQUIRE(std::holds_alternative<site::plan>(loaded));
  const auto& plan = std::get<site::plan>(loaded);
  CHECK(plan.warnings.empty());
  std::vector<std::string> nodes;
  for (const auto& node : plan.nodes) nodes.push_back(node.name);
  CHECK(nodes == std::vector<std::string>{"relay", "rack_0", "rack_1", "rack_2", "rack_3",
                                          "inverter_0", "site"});
  const auto& chain = *plan.find_node("rack_1");
  CHECK(chain.safety);
  CHECK(chain.buses == std::vector<std::string>{"can0"});
  std::vector<std::string> actors;
  for (const auto& actor : chain.actors) actors.push_back(actor.name);
  CHECK(actors ==
        std::vector<std::string>{"bms_1", "rack_1", "rack_1/protection", "rack_1/contactor"});
  CHECK(plan.find_device("bms_1")->id_offset == 0xC0);
  CHECK(plan.find_device("bms_1")->rack == "rack_1");
  CHECK(plan.find_device("bms_2")->id_offset == 0);
  CHECK(plan.find_device("bms_3")->bus == "can1");
  CHECK(plan.find_rack("rack_0")->close_allowed);
  REQUIRE(plan.buses.size() == 2);
  for (const auto& bus : plan.buses) CHECK(bus.load_percent == Approx(40.1).margin(0.1));
  CHECK(plan.simulator.present);
}

TEST_CASE("a site file changes any protection field of one rack") {
  auto text = read(configs + "/demo.toml");
  const auto rack = text.find("[[rack]]");
  const auto end = text.find("\n\n", rack);
  REQUIRE(end != std::string::npos);
  text.insert(end + 1,
              "[rack.override.cell_overvoltage]\nperiod_ms = 50\n"
              "alarm = { set = 3.58, actions = [\"stop_charge\", \"log\"] }\n");
  const auto loaded = site::load_text(text, configs + "/demo.toml");
  for (const auto& finding : findings_of(loaded)) UNSCOPED_INFO(site::to_string(finding));
  REQUIRE(std::holds_alternative<site::plan>(loaded));
  const auto changed = *std::get<site::plan>(loaded).find_rack("rack_1")->protection;
  const auto stated = std::get<site::plan>(site::load(configs + "/demo.toml"));
  auto expected = *stated.find_rack("rack_1")->protection;
  auto& watched = expected.candidates.at(0);
  REQUIRE(watched.name == "cell_overvoltage");
  watched.period_ms = 50;
  watched.limits.at(1).set = 3.58;
  watched.limits.at(1).actions = {{messages::protection::action_kind::stop_charge, 0},
                                  {messages::protection::action_kind::log, 0}};
  CHECK(changed == expected);
}

TEST_CASE("a plan tells of each candidate of a rack by which point it protects, if at all") {
  const auto plan = std::get<site::plan>(site::load(configs + "/demo.toml"));
  std::vector<std::string> active;
  for (const auto& one : plan.candidates)
    if (!one.point.empty()) active.push_back(one.rack + " " + one.candidate + " " + one.point);
  std::vector<std::string> expected;
  for (int rack = 0; rack < 4; ++rack)
    for (const auto& known : messages::protection::known_candidates)
      expected.push_back(fmt::format("rack_{} {} {}", rack, known.name, known.point));
  CHECK(active == expected);
  CHECK(plan.candidates.size() == 4 * messages::protection::known_candidates.size());
}

TEST_CASE("a candidate that a profile names in vain is warned of, in its own time") {
  tests::temporary_folder folder;
  fs::copy(configs + "/protection", folder.path() / "protection");
  auto profile = nlohmann::json::parse(read(configs + "/profiles/demo_rack.json"));
  auto& heat = profile["points"]["air_temperature"];
  heat["protection"] = {"charge_overtemperature"};
  const auto load = [&] {
    std::ofstream(folder.path() / "rack.json") << profile.dump();
    return site::load_text(
        small_site("[[device]]\nname = \"bms_0\"\nbus = \"can0\"\nprofile = \"rack.json\"\n"
                   "[[rack]]\nname = \"rack_0\"\ndevice = \"bms_0\"\n"
                   "protection = \"protection/lfp.toml\"\n"),
        folder / "site.toml");
  };
  const auto slow = findings_of(load());
  REQUIRE(slow.size() == 1);
  CHECK(slow[0].text ==
        "protection: charge_overtemperature fault of rack_0 takes 7220 ms (5000 of them set_ms), "
        "but the profile voltaic-demo-rack allows 3000 ms: shorten set_ms in "
        "[rack.override.charge_overtemperature], or state reaction_limit_ms at the profile's point "
        "air_temperature where that may take longer");
  heat["reaction_limit_ms"] = 8000;
  const auto loaded = load();
  for (const auto& finding : findings_of(loaded)) UNSCOPED_INFO(site::to_string(finding));
  REQUIRE(std::holds_alternative<site::plan>(loaded));
  const auto& plan = std::get<site::plan>(loaded);
  REQUIRE(plan.warnings.size() == 1);
  CHECK(plan.warnings[0].text ==
        "charge_overtemperature does not protect rack_0: the profile voltaic-demo-rack names it at "
        "air_temperature, but this version does not judge it by that point");
  for (const auto& one : plan.candidates)
    if (one.candidate == "charge_overtemperature") CHECK(one.point == "cell_temperature");
}

TEST_CASE("the Kona replay has a device on each recorded bus") {
  const char* data = std::getenv("VOLTAIC_TEST_DATA");
  if (data == nullptr) {
    WARN("skipped: VOLTAIC_TEST_DATA is not set");
    return;
  }
  const auto loaded = site::load(configs + "/replay_kona.toml");
  for (const auto& finding : findings_of(loaded)) UNSCOPED_INFO(site::to_string(finding));
  REQUIRE(std::holds_alternative<site::plan>(loaded));
  const auto& plan = std::get<site::plan>(loaded);
  CHECK(plan.find_bus("can1")->kind == site::bus_kind::replay);
  CHECK(plan.find_bus("can1")->uri.ends_with("on-ready-off.csv#1"));
  CHECK(plan.find_bus("can1")->loop);
  CHECK(plan.find_device("vehicle_charging")->node == "site");
}

TEST_CASE("several buses may play one recording, which is only read") {
  tests::temporary_folder folder;
  const auto log = folder / "bus.log";
  std::ofstream(log) << "(1.000000) can0 351#3402F401E803E001\n";
  const auto path = folder / "site.toml";
  std::ofstream site(path);
  site << "[site]\nname = \"twice\"\n";
  for (const auto* bus : {"can0", "can1"}) {
    site << "[[bus]]\nname = \"" << bus << "\"\nport = \"replay:" << log << "#can0\"\n";
  }
  site.close();
  CHECK(findings_of(site::load(path)).empty());
}

TEST_CASE("F-182 a site file of more than 1 MB is refused unread") {
  tests::temporary_folder folder;
  const auto path = folder / "long.toml";
  std::ofstream(path) << small_site() << "# " << std::string(1024 * 1024, 'x');
  const auto found = findings_of(site::load(path));
  REQUIRE(found.size() == 1);
  CHECK(found[0].text == "the file is longer than 1048576 bytes");
  const auto pipe = folder / "pipe.toml";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(findings_of(site::load(pipe)).at(0).text == "the file is no regular file");
  CHECK(findings_of(site::load(folder / "absent.toml")).at(0).text ==
        "the file cannot be read: No such file or directory");
}

TEST_CASE("F-182 a deeply nested or hostile text is refused, never a crash") {
  tests::temporary_folder folder;
  const auto path = folder / "site.toml";
  for (const auto& text : {"a = " + std::string("\xff\xfe\x00", 3),
                           std::string("[site]\nname = \"a\\u0000b\"\n"), std::string("[[site]]\n"),
                           std::string("site = 5\nbus = [1, {}]\ndevice = [[]]\n"), std::string()})
    CHECK_FALSE(findings_of(site::load_text(text, path)).empty());
}

TEST_CASE("F-181 a profile behind a symbolic link out of the site's folder is refused") {
  tests::temporary_folder folder;
  const auto path = folder / "site.toml";
  fs::create_symlink(fs::absolute(configs + "/profiles/demo_rack.json"), folder / "linked.json");
  const auto text =
      small_site("[[device]]\nname = \"bms_0\"\nbus = \"can0\"\nprofile = \"linked.json\"\n");
  const auto found = findings_of(site::load_text(text, path));
  REQUIRE(found.size() == 1);
  CHECK(found[0].text == "profile: linked.json leaves the site's folder");
}

TEST_CASE("a variable may name an absolute profile") {
  tests::temporary_folder folder;
  const variable set("VOLTAIC_TEST_CONFIGS", fs::absolute(configs).string());
  const auto text = small_site(
      "[[device]]\nname = \"bms_0\"\nbus = \"can0\"\n"
      "profile = \"${VOLTAIC_TEST_CONFIGS}/profiles/demo_rack.json\"\n");
  CHECK(findings_of(site::load_text(text, folder / "site.toml")).empty());
}

TEST_CASE("a runtime folder whose sockets would have too long a path is refused") {
  tests::temporary_folder folder;
  const variable set("VOLTAIC_RUNTIME_DIR", "/tmp/" + std::string(90, 'r'));
  const auto found = findings_of(site::load_text(small_site(), folder / "site.toml"));
  REQUIRE(found.size() == 1);
  CHECK(found[0].line == 2);
  CHECK(found[0].text.find("at most 107 work") != std::string::npos);
}

TEST_CASE("a bus above 70 % is warned of, a rack without lease is never closed") {
  tests::temporary_folder folder;
  fs::copy(configs + "/profiles", folder.path() / "profiles");
  auto profile = read(folder.path() / "profiles/demo_rack.json");
  const std::string lease = R"("lease": { "mode": "device", "timeout_ms": 500 })";
  const auto at = profile.find(lease);
  REQUIRE(at != std::string::npos);
  profile.replace(at, lease.size(), R"("lease": { "mode": "none" })");
  std::ofstream(folder.path() / "profiles/none.json") << profile;
  fs::copy(configs + "/protection", folder.path() / "protection");
  const std::string rest =
      "bitrate = 250000\n"
      "[[device]]\nname = \"bms_{0..1}\"\nbus = \"can0\"\nprofile = \"profiles/none.json\"\n"
      "id_offset = \"{0..1}*0xC0\"\n"
      "[[rack]]\nname = \"rack_0\"\ndevice = \"bms_0\"\nprotection = \"protection/lfp.toml\"\n"
      "[[rack]]\nname = \"rack_1\"\ndevice = \"bms_1\"\nprotection = \"protection/lfp.toml\"\n"
      "hard_wired_opening = \"emergency stop relay K1\"\n";
  const auto loaded = site::load_text(small_site(rest), folder / "site.toml");
  for (const auto& finding : findings_of(loaded)) UNSCOPED_INFO(site::to_string(finding));
  REQUIRE(std::holds_alternative<site::plan>(loaded));
  const auto& plan = std::get<site::plan>(loaded);
  CHECK_FALSE(plan.find_rack("rack_0")->close_allowed);
  CHECK(plan.find_rack("rack_1")->close_allowed);
  REQUIRE(plan.warnings.size() == 2);
  CHECK(plan.warnings[0].text.find("rack_0 will never be closed") != std::string::npos);
  CHECK(plan.warnings[1].text == "can0 is loaded to 80.2 % in the worst case");
}

TEST_CASE("a rack whose profile is not commissioned is never closed") {
  tests::temporary_folder folder;
  fs::copy(configs + "/profiles", folder.path() / "profiles");
  fs::copy(configs + "/protection", folder.path() / "protection");
  auto profile = read(folder.path() / "profiles/demo_rack.json");
  const std::string key = R"("commissioned": true)";
  const auto at = profile.find(key);
  REQUIRE(at != std::string::npos);
  profile.replace(at, key.size(), R"("commissioned": false)");
  std::ofstream(folder.path() / "profiles/draft.json") << profile;
  const auto loaded = site::load_text(
      small_site("[[device]]\nname = \"bms_0\"\nbus = \"can0\"\nprofile = "
                 "\"profiles/draft.json\"\n[[rack]]\nname = \"rack_0\"\ndevice = \"bms_0\"\n"
                 "protection = \"protection/lfp.toml\"\n"),
      folder / "site.toml");
  for (const auto& finding : findings_of(loaded)) UNSCOPED_INFO(site::to_string(finding));
  REQUIRE(std::holds_alternative<site::plan>(loaded));
  const auto& plan = std::get<site::plan>(loaded);
  CHECK_FALSE(plan.find_rack("rack_0")->close_allowed);
  REQUIRE(plan.warnings.size() == 1);
  CHECK(plan.warnings[0].text.find("is not commissioned") != std::string::npos);
}

TEST_CASE("F-171 an identity that no rack's protection watches is warned of") {
  tests::temporary_folder folder;
  fs::copy(configs + "/profiles", folder.path() / "profiles");
  const auto loaded = site::load_text(small_site("[[device]]\nname = \"pack_0\"\nbus = \"can0\"\n"
                                                 "profile = \"profiles/canopen_pack.json\"\n"),
                                      folder / "site.toml");
  for (const auto& finding : findings_of(loaded)) UNSCOPED_INFO(site::to_string(finding));
  REQUIRE(std::holds_alternative<site::plan>(loaded));
  const auto& plan = std::get<site::plan>(loaded);
  REQUIRE(plan.warnings.size() == 1);
  CHECK(plan.warnings[0].text ==
        "pack_0 feeds no rack: nobody watches the identity that its profile canopen-pack names");
}

TEST_CASE("groups that this machine does not have, and roles that nobody can use, are warned of") {
  tests::temporary_folder folder;
  const auto warnings = [&](const std::string& text) {
    const auto loaded = site::load_text(text, folder / "site.toml");
    for (const auto& finding : findings_of(loaded)) UNSCOPED_INFO(site::to_string(finding));
    REQUIRE(std::holds_alternative<site::plan>(loaded));
    std::vector<std::string> told;
    for (const auto& each : std::get<site::plan>(loaded).warnings)
      told.push_back(site::to_string(each).substr((folder / "site.toml").size()));
    return told;
  };
  const std::string bus = "[[bus]]\nname = \"can0\"\nport = \"virtual:can0\"\n";
  auto told = warnings("[site]\nname = \"a\"\ngroup = \"no_such_group_1\"\n" + bus +
                       "[roles]\nservice = [\"root\", \"no_such_group_2\"]\n");
  REQUIRE(told.size() == 2);
  CHECK(std::ranges::find(told, ":3:9: group: this machine has no group no_such_group_1") !=
        told.end());
  CHECK(std::ranges::find(told, ":8:20: service: this machine has no group no_such_group_2") !=
        told.end());
  told = warnings("[site]\nname = \"a\"\n" + bus + "[roles]\nservice = [\"root\"]\n");
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("only the user who starts the site, and root") != std::string::npos);
  told = warnings("[site]\nname = \"a\"\ngroup = \"root\"\n" + bus +
                  "[roles]\noperator = [\"root\"]\n");
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("no group has the role service") != std::string::npos);
}

TEST_CASE("the relay listens at its port, moved by the site's offset") {
  tests::temporary_folder folder;
  const auto loaded = site::load_text(
      small_site("[ports]\noffset = 20\n[relay]\nlisten = \"tcp://127.0.0.1:7440\"\n"),
      folder / "site.toml");
  REQUIRE(std::holds_alternative<site::plan>(loaded));
  const auto& plan = std::get<site::plan>(loaded);
  CHECK(plan.relay_bindings() ==
        std::vector<std::string>{plan.relay_address(), "tcp://127.0.0.1:7460"});
}

TEST_CASE("a named range gives its numbers, divided or in turn, wherever it is named") {
  const site::named_ranges named = {{"rack", {0, 4}}, {"wide", {9, 10}}};
  const auto text = [&](const char* of) { return site::expand_range(of, named).value(); };
  const auto numbers = [&](const char* of) { return site::expand_numbers(of, named).value(); };
  using texts = std::vector<std::string>;
  using values = std::vector<std::int64_t>;
  CHECK(text("rack_{wide}_b") == texts{"rack_9_b", "rack_10_b"});
  CHECK(text("can{rack/2}") == texts{"can0", "can0", "can1", "can1", "can2"});
  CHECK(text("can{wide/4}") == texts{"can2", "can2"});
  CHECK(text("{0..1}") == texts{"0", "1"});
  CHECK(numbers("{rack%2}*0xC0") == values{0, 192, 0, 192, 0});
  CHECK(numbers("{wide}") == values{9, 10});
  for (const char* wrong : {"{rak}", "{rack", "{rack/0}", "{rack/}", "{rack*2}", "{rack/-1}",
                            "{rack/2/2}", "{rack}{rack}", "{ rack}", "{}"})
    CHECK_FALSE(site::expand_range(wrong, named));
  CHECK(site::expand_range("{rak}", named).error().text ==
        "\"{rak}\": expected a range as {0..7}, or one of [range]: rack, wide");
}

TEST_CASE("ranges rise, are bounded and stand alone in a text") {
  const auto names = site::expand_range("rack_{8..10}_b");
  REQUIRE(names);
  CHECK(*names == std::vector<std::string>{"rack_8_b", "rack_9_b", "rack_10_b"});
  CHECK(site::expand_range("plain").value() == std::vector<std::string>{"plain"});
  CHECK(site::expand_range("{0..1023}").value().size() == 1024);
  for (const char* text : {"{0..1024}", "{1..0}", "{}", "{0}", "{0..}", "{-1..1}", "{a..b}", "}{",
                           "{0..1}{0..1}", "{0..1", "{0...2}", "{0..99999999999999999999}"})
    CHECK_FALSE(site::expand_range(text));
  CHECK(site::expand_numbers("0xC0").value() == std::vector<std::int64_t>{192});
  CHECK(site::expand_numbers("{1..3}*0x10").value() == std::vector<std::int64_t>{16, 32, 48});
  for (const char* text : {"", "x", "-1", "{0..1}*", "{0..1}*-1", "{0..1}+1", "1{0..1}",
                           "{0..1}*99999999999", "0x", "{9..9}*4294967296"})
    CHECK_FALSE(site::expand_numbers(text));
}

} // namespace site_load_test
