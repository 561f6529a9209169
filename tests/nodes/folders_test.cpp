#include "nodes/site/folders.hpp"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "nodes/process/user_identity.hpp"
#include "support/temporary_folder.hpp"

namespace folders_test {

using namespace voltaic;
using namespace voltaic::nodes;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & ALLPERMS;
}

/// A place for one site, as its variable names it; whoever runs this test owns it.
class place {
 public:
  place() : old_umask_(::umask(0022)) {
    ::setenv("VOLTAIC_RUNTIME_DIR", (folder_ / "run").c_str(), 1);
    REQUIRE(::chmod(folder_.path().c_str(), 0755) == 0);
    folders = site::site_folders("demo", folder_ / "demo.toml");
    folders.log = folders.runtime + "/log";
  }
  ~place() {
    ::unsetenv("VOLTAIC_RUNTIME_DIR");
    ::umask(old_umask_);
  }
  [[nodiscard]] std::string root() const { return folder_ / "run"; }
  [[nodiscard]] std::string above() const { return folder_.path().string(); }
  site::folders folders;

 private:
  tests::temporary_folder folder_;
  mode_t old_umask_;
};

std::string own_group() {
  const auto* entry = ::getgrgid(::getegid());
  REQUIRE(entry != nullptr);
  return entry->gr_name;
}

} // namespace

TEST_CASE("the folders of a site are its owner's alone, unless it names a group") {
  place here;
  REQUIRE(site::create(here.folders));
  for (const auto& path : {here.root(), here.folders.runtime, here.folders.state})
    CHECK(mode_of(path) == 0700);
}

TEST_CASE("the group of a site enters its folders, and reads what is made in them") {
  place here;
  here.folders.group = own_group();
  const auto made = site::create(here.folders);
  INFO((made ? std::string() : made.error().text));
  REQUIRE(made);
  CHECK(mode_of(here.root()) == 0755);
  for (const auto& path : {here.folders.runtime, here.folders.log, here.folders.state})
    CHECK((mode_of(path) & 0777) == 0750);
  CHECK(mode_of(here.folders.runtime + "/progress") == 0700);
  CHECK(::umask(0022) == 0027);
  // Another site of the same user leaves the root open.
  here.folders.group.clear();
  REQUIRE(site::create(here.folders));
  CHECK(mode_of(here.root()) == 0755);
  CHECK(mode_of(here.folders.runtime) == 0700);
}

TEST_CASE("a group that does not exist, or cannot come as far as the site, is refused by name") {
  place here;
  here.folders.group = "no_group_of_this_name";
  const auto unknown = site::create(here.folders);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().text == "[site] group: there is no group no_group_of_this_name");
  here.folders.group = own_group();
  REQUIRE(::chmod(here.above().c_str(), 0700) == 0);
  const auto barred = site::create(here.folders);
  REQUIRE_FALSE(barred);
  CHECK(barred.error().text.starts_with(here.above() + ": the group " + own_group() +
                                        " cannot pass it (mode 700)"));
}

TEST_CASE("a user has a name and, by his groups, a role") {
  CHECK(process::name_of_user(4'000'000'000) == "user 4000000000");
  CHECK(process::role_of_user({{"engineer", {own_group()}}}, 4'000'000'000, ::getegid()) ==
        "engineer");
  CHECK(process::role_of_user({{"engineer", {"no_group_of_this_name"}}}, ::geteuid(), ::getegid())
            .empty());
  CHECK(process::own_role({{"operator", {own_group()}}}) == "operator");
}

TEST_CASE("the relay's name for a node cannot be guessed where others reach the relay") {
  voltaic::nodes::site::plan plan;
  namespace process = voltaic::nodes::process;
  CHECK(process::identity_of_node(plan, "rack_0") == "rack_0");
  plan.folders.group = "voltaic";
  const auto one = process::identity_of_node(plan, "rack_0");
  CHECK(one.starts_with("rack_0-"));
  CHECK(one.size() == std::string("rack_0-").size() + 32);
  CHECK(one != process::identity_of_node(plan, "rack_0"));
}

} // namespace folders_test
