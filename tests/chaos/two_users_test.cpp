#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "chaos/live_site.hpp"

namespace two_users_test {

using namespace chaos;

namespace {

/// Users whom every Debian has, with the group by which they have a role.
struct users {
  const passwd first;
  const passwd second;
};

std::optional<users> two_users() {
  if (::geteuid() != 0) return std::nullopt;
  const auto* found = ::getpwnam("www-data");
  if (found == nullptr) return std::nullopt;
  const auto first = *found;
  found = ::getpwnam("backup");
  if (found == nullptr) return std::nullopt;
  return users{first, *found};
}

/// Both run with the group that may use the site.
launch as(const passwd& who, gid_t site_group) {
  launch how;
  how.user = who.pw_uid;
  how.group = site_group;
  return how;
}

bool can_run(const live_site& site, const launch& how) {
  return site.voltaic({"--version"}, 15s, how).code == 0;
}

/// A site that the group of the first user may use, each of the two by his own role.
void begin_shared(live_site& site) {
  auto text = read_file(site.file());
  const std::string name = "name = \"demo\"\n";
  text.insert(text.find(name) + name.size(), "group = \"www-data\"\n");
  site.write(text + "[roles]\nengineer = [\"www-data\"]\nservice = [\"backup\"]\n");
  site.up();
  for (const auto* rack : {"rack_0", "rack_1"})
    REQUIRE(eventually([&] { return site.good(rack) && site.contactor(rack) == "open"; }));
}

/// Applies a limit that protects less than before.
void loosen(const live_site& site) {
  const auto path = site.folder() + "/configs/protection/lfp.toml";
  auto limits = read_file(path);
  const std::string before = "fault = { set = 3.65,";
  REQUIRE(limits.find(before) != std::string::npos);
  limits.replace(limits.find(before), before.size(), "fault = { set = 3.66,");
  std::ofstream(path) << limits;
  REQUIRE(site.voltaic({"apply", site.file()}, 40s).code == 0);
  REQUIRE(eventually([&] { return site.good("rack_0") && site.contactor("rack_0") == "open"; }));
}

} // namespace

TEST_CASE("two Unix users approve what loosens a rack, each by his own role") {
  const auto people = two_users();
  live_site site;
  if (!people) {
    WARN("needs root and the users www-data and backup: left out");
    return;
  }
  const auto group = people->first.pw_gid;
  const auto ada = as(people->first, group);
  const auto eve = as(people->second, group);
  const auto stranger = as(people->second, people->second.pw_gid);
  REQUIRE(::chmod(site.folder().c_str(), 0755) == 0);
  if (!can_run(site, ada)) {
    WARN("the users cannot run the program where it was built: left out");
    return;
  }
  begin_shared(site);

  // Who is in no group of the site is told what is in his way.
  const auto barred = site.voltaic({"status"}, 15s, stranger);
  CHECK(barred.code == 4);
  CHECK(barred.errors.find(site.runtime_folder() + ": permission denied for backup") !=
        std::string::npos);
  CHECK(site.voltaic({"status"}, 15s, ada).code == 0);
  const auto profiles = site.voltaic({"profiles", "--json"}, 15s, ada);
  INFO(profiles.output << profiles.errors);
  CHECK(profiles.code == 0);
  CHECK(profiles.output.find("\"kind\":\"protection\"") != std::string::npos);
  // Another one's site file takes the role service.
  CHECK(site.voltaic({"apply", site.file()}, 40s, ada).errors.find("needs role service") !=
        std::string::npos);

  loosen(site);
  const auto shown = site.voltaic({"approve", "rack_0"}, 15s, ada);
  CHECK(shown.code == 2);
  CHECK(shown.output.find("cell_overvoltage/fault/set: 3.65 -> 3.66 (loosens)") !=
        std::string::npos);
  const auto staged =
      json::parse(site.voltaic({"config", "rack_0", "--json"}, 15s, eve).output, nullptr, false);
  REQUIRE(staged.is_object());
  const auto hash = staged.value("staged", "");
  const auto approve = [&](const launch& how) {
    return site.voltaic({"approve", "rack_0", hash, "--reason", "new cells"}, 15s, how);
  };
  const auto once = approve(ada);
  INFO(once.output << once.errors);
  CHECK(once.code == 0);
  CHECK(approve(ada).output.find("www-data approved it already") != std::string::npos);
  CHECK(site.voltaic({"config", "rack_0", "--diff"}, 15s, eve)
            .output.find("www-data (engineer) approved it") != std::string::npos);
  CHECK(eventually([&] {
    return site.voltaic({"status"}, 15s, eve).output.find("approved by www-data") !=
           std::string::npos;
  }));
  CHECK(approve(eve).code == 0);
  REQUIRE(eventually([&] {
    return site.points("rack_0/configuration")["rack_0/configuration"]["value"] == "version 2";
  }));
  const auto known =
      json::parse(site.voltaic({"config", "rack_0", "--json"}, 15s, ada).output, nullptr, false);
  REQUIRE(known["approvers"].size() == 2);
  CHECK(known["approvers"][0]["user"] == "www-data");
  CHECK(known["approvers"][0]["role"] == "engineer");
  CHECK(known["approvers"][1]["user"] == "backup");
  CHECK(known["approvers"][1]["role"] == "service");
}

} // namespace two_users_test
