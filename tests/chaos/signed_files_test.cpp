#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>

#include "chaos/live_site.hpp"

namespace signed_files_test {

using namespace chaos;

namespace {

std::string profile_of(const live_site& site) {
  return site.folder() + "/configs/profiles/demo_rack.json";
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

/// The site takes only files of a key that is made here, and both of its files are signed.
void sign_site(const live_site& site) {
  const auto key = site.folder() + "/site.key";
  const auto made = site.voltaic({"profiles", "keygen", "-o", key});
  REQUIRE(made.code == 0);
  site.add("\n[profiles]\nproject = \"harbour\"\nkeys = [\"" +
           made.output.substr(0, made.output.size() - 1) + "\"]\n");
  REQUIRE(site.voltaic({"profiles", "sign", key, profile_of(site),
                        site.folder() + "/configs/protection/lfp.toml", "--project", "harbour"})
              .code == 0);
}

/// The `reason` of the newest event of a code; empty where there is none.
std::string reason_of(const live_site& site, const std::string& code) {
  std::string found;
  for (const auto& event : site.events())
    if (event.value("code", "") == code) found = event.value("reason", "");
  return found;
}

/// Of the device profile that the site runs by.
std::string hash_in_force(const live_site& site) {
  std::istringstream lines(site.voltaic({"profiles", site.file(), "--json"}).output);
  for (std::string line; std::getline(lines, line);)
    if (const auto one = json::parse(line, nullptr, false);
        one.is_object() && one.value("origin", "").ends_with("demo_rack.json"))
      return one.value("hash", "");
  return {};
}

} // namespace

TEST_CASE(
    "F-183 a site refuses a tampered profile, says SIG_FAIL, and runs on by the last good one") {
  live_site site;
  sign_site(site);
  site.up();
  const auto applied = hash_in_force(site);
  CHECK_FALSE(applied.empty());
  REQUIRE(eventually([&] { return site.good("rack_0") && site.good("rack_1"); }));
  const auto good = read_file(profile_of(site));
  write(profile_of(site), good + " ");
  const auto refused = site.voltaic({"apply", site.file()});
  CHECK(refused.code == 1);
  CHECK(refused.output.find("demo_rack.json:1:1: is not the content that was signed") !=
        std::string::npos);
  REQUIRE(eventually([&] {
    return reason_of(site, "SIG_FAIL").find("demo_rack.json:1:1: ") != std::string::npos;
  }));
  CHECK(hash_in_force(site) == applied);

  // A node that comes back runs by what was applied.
  const pid_t node = site.pid_of("rack_0");
  REQUIRE(node > 0);
  ::kill(node, SIGKILL);
  REQUIRE(site.wait_for_successor("rack_0", node) > 0);
  REQUIRE(eventually([&] { return site.good("rack_0"); }));

  // So does the whole site, after a power cut as it were.
  const auto family = children_of(site.process().pid());
  site.process().signal(SIGKILL);
  REQUIRE(site.process().wait(10s));
  for (const pid_t pid : family) REQUIRE(eventually([&] { return !alive(pid); }));
  site.launch_up({"--refuse-bad-files"});
  CHECK(site.process().wait(10s) == 1);
  site.up();
  CHECK(site.log().find("SIG_FAIL") != std::string::npos);
  CHECK(site.log().find("CFG_REJECT") != std::string::npos);
  CHECK(hash_in_force(site) == applied);
  REQUIRE(eventually([&] { return site.good("rack_0") && site.good("rack_1"); }));

  // What the owner of the key signs is taken.
  REQUIRE(site.voltaic({"profiles", "sign", site.folder() + "/site.key", profile_of(site),
                        "--project", "harbour"})
              .code == 0);
  const auto taken = site.voltaic({"apply", site.file()}, 40s);
  INFO(taken.output << taken.errors);
  CHECK(taken.code == 0);
  CHECK(hash_in_force(site) != applied);
  CHECK(site.stop() == 0);
}

} // namespace signed_files_test
