#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <variant>

#include "nodes/process/profile_store.hpp"
#include "nodes/process/site_start.hpp"
#include "nodes/site/load.hpp"
#include "support/site_scene.hpp"

namespace site_start_test {

using namespace voltaic;
using namespace voltaic::nodes;
using process::bad_files;
using process::load_to_start;
using process::site_start;
using scene = tests::site_scene;
namespace fs = std::filesystem;

namespace {

std::uint64_t profile_hash(const site_start& of) {
  return of.plan.find_device("bms_0")->profile_hash;
}

} // namespace

TEST_CASE("F-180 F-184 a site whose profile was spoiled starts with the one that was applied") {
  const scene here;
  const auto sound = here.must_load();
  CHECK(sound.rejected.empty());
  here.keep_soundly();
  const auto check_kept = [&](const std::string& file) {
    const auto started = here.must_load();
    CHECK(profile_hash(started) == profile_hash(sound));
    CHECK(started.contents == sound.contents);
    REQUIRE_FALSE(started.rejected.empty());
    REQUIRE(started.instead.size() == 1);
    CHECK(started.instead[0].starts_with(file + " of 2023-11-14T"));
    // `check` and `apply` look at the disk, and so does who does not want this.
    CHECK(std::holds_alternative<messages::findings>(site::load(here.path("site.toml"))));
    CHECK(std::get<messages::findings>(here.load(bad_files::refuse)) == started.rejected);
    return process::rejection_of(started);
  };
  const auto good = here.read(here.rack_profile);
  here.cut(here.rack_profile);
  CHECK(check_kept("demo_rack.json").find(here.path(here.rack_profile) + ":") == 0);
  here.write(here.rack_profile, "");
  check_kept("demo_rack.json");
  here.write(here.rack_profile, good.substr(0, 1) + "\"unheard_of\": 1, " + good.substr(1));
  CHECK(check_kept("demo_rack.json").find("unheard_of") != std::string::npos);
  fs::remove(here.path(here.rack_profile));
  CHECK(check_kept("demo_rack.json").find("No such file") != std::string::npos);
  here.write(here.rack_profile, good);
  here.cut(here.limits);
  check_kept("lfp.toml");
}

TEST_CASE(
    "F-184 who is not the site's own process starts with what was applied, and only reads it") {
  const scene here;
  const auto sound = here.must_load();
  here.keep_soundly();
  here.cut(here.rack_profile);
  const auto files_of_state = [&] {
    std::set<std::string> names;
    for (const auto& each : fs::directory_iterator(sound.plan.folders.state))
      names.insert(each.path().filename().string());
    return names;
  };
  const auto before = files_of_state();
  const auto loaded = here.load(bad_files::run_kept_as_reader);
  REQUIRE(std::holds_alternative<site_start>(loaded));
  CHECK(profile_hash(std::get<site_start>(loaded)) == profile_hash(sound));
  CHECK_FALSE(std::get<site_start>(loaded).rejected.empty());
  CHECK(files_of_state() == before);
}

TEST_CASE("F-180 a bad profile takes all that was applied with it, no mixture of both") {
  const scene here;
  here.keep_soundly();
  const auto before = here.must_load();
  // Sound by itself, but nobody applied it.
  here.replace(here.limits, "fault = { set = 3.65,", "fault = { set = 3.64,");
  here.cut(here.rack_profile);
  const auto started = here.must_load();
  CHECK(started.contents == before.contents);
  CHECK(started.instead.size() == 2);
  CHECK(started.plan.find_rack("rack_0")->protection_hash ==
        before.plan.find_rack("rack_0")->protection_hash);
}

TEST_CASE(
    "F-180 a site file that changed meanwhile has to be sound with what was kept, else no start") {
  const scene here;
  here.keep_soundly();
  const auto kept = here.must_load();
  here.cut(here.rack_profile);
  SECTION("sound with it") {
    here.replace("site.toml", "name = \"rack_0\"", "name = \"string_0\"");
    const auto started = here.must_load();
    CHECK(started.plan.find_rack("string_0") != nullptr);
    CHECK(profile_hash(started) == profile_hash(kept));
  }
  SECTION("with a file that was never applied, which is read from the disk") {
    fs::copy(here.path(here.limits), here.path("protection/other.toml"));
    here.replace("site.toml", "protection/lfp.toml", "protection/other.toml");
    const auto started = here.must_load();
    CHECK(started.plan.find_rack("rack_0")->protection_path ==
          fs::canonical(here.path("protection/other.toml")).string());
    CHECK(profile_hash(started) == profile_hash(kept));
    CHECK(started.instead.size() == 1);
    here.cut("protection/other.toml");
    CHECK(std::holds_alternative<messages::findings>(here.load()));
  }
  SECTION("not sound by itself") {
    here.replace("site.toml", "bus = \"can0\"", "bus = \"can9\"");
    const auto found = std::get<messages::findings>(here.load());
    // As ever: every mistake on the disk.
    CHECK(std::ranges::count_if(found, [&](const messages::finding& each) {
            return each.file == here.path(here.rack_profile);
          }) == 1);
  }
  SECTION("of another name, which keeps files of its own") {
    here.replace("site.toml", "name = \"kept\"", "name = \"other\"");
    CHECK(std::holds_alternative<messages::findings>(here.load()));
  }
  SECTION("no TOML at all") {
    here.write("site.toml", "[site");
    CHECK(std::holds_alternative<messages::findings>(here.load()));
  }
}

TEST_CASE("a site that was never started refuses a bad profile, and makes no store") {
  const scene here;
  here.cut(here.rack_profile);
  CHECK(std::holds_alternative<messages::findings>(here.load()));
  CHECK_FALSE(fs::exists(here.path("state")));
}

TEST_CASE("F-184 a torn store is set aside and told, and what is applied then is kept again") {
  const scene here;
  here.keep_soundly();
  const auto start = here.must_load();
  const auto store = process::profile_store_path(start.plan.folders.state);
  struct stat info {};
  REQUIRE(::stat(store.c_str(), &info) == 0);
  fs::resize_file(store, static_cast<std::uintmax_t>(info.st_size / 2));
  const auto kept = here.keep(start);
  CHECK_FALSE(kept.failure);
  REQUIRE(kept.lost);
  CHECK(kept.lost->find(store + ".corrupt-1") != std::string::npos);
  here.cut(here.rack_profile);
  CHECK(here.must_load().contents == start.contents);
  // Torn once more, and nothing that is sound: the site refuses, as without a store.
  fs::resize_file(store, static_cast<std::uintmax_t>(info.st_size / 2));
  CHECK(std::holds_alternative<messages::findings>(here.load()));
}

TEST_CASE("F-106 where a store cannot be written that is told, and the site starts all the same") {
  const scene here;
  const auto start = here.must_load();
  const auto store = process::profile_store_path(start.plan.folders.state);
  fs::create_directories(store + "/in_the_way");
  const auto kept = here.keep(start);
  REQUIRE(kept.failure);
  CHECK(kept.failure->find(store) != std::string::npos);
  CHECK(here.must_load().rejected.empty());
  here.cut(here.rack_profile);
  CHECK(std::holds_alternative<messages::findings>(here.load()));
}

TEST_CASE("what was kept says name, version, origin and since when, and a store does not grow") {
  const scene here;
  here.keep_soundly();
  const auto start = here.must_load();
  auto known = process::read_profiles(start.plan.folders.state);
  REQUIRE(known);
  REQUIRE(known->newest()->files.size() == 2);
  const auto profile = known->newest()->files[0];
  CHECK(profile.kind == "device profile");
  CHECK(profile.name == "voltaic-demo-rack");
  CHECK(profile.version == 1);
  CHECK(profile.origin == fs::canonical(here.path(here.rack_profile)).string());
  CHECK(known->newest()->files[1].kind == "protection");
  const auto table_since = known->newest()->files[1].since_utc_us;
  // Where a line ends makes another content of the same profile, of the same length.
  const auto store = process::profile_store_path(start.plan.folders.state);
  const auto text = here.read(here.rack_profile);
  std::uintmax_t early = 0;
  for (std::size_t round = 0; round < 30; ++round) {
    auto spaces = std::string(50'000, ' ');
    spaces[round] = '\n';
    here.write(here.rack_profile, text + spaces);
    here.keep_soundly();
    if (round == process::sets_max + 1) early = fs::file_size(store);
  }
  CHECK(fs::file_size(store) <= early);
  known = process::read_profiles(start.plan.folders.state);
  REQUIRE(known);
  CHECK(known->newest()->files[0].since_utc_us > profile.since_utc_us);
  CHECK(known->newest()->files[1].since_utc_us == table_since);
}

TEST_CASE("F-183 an older version of a profile does not run: the one that was applied does") {
  const scene here;
  here.replace(here.rack_profile, "\"version\": 1", "\"version\": 3");
  const auto applied = here.must_load();
  here.keep_soundly();
  here.replace(here.rack_profile, "\"version\": 3", "\"version\": 2");
  const auto start = here.must_load();
  CHECK(profile_hash(start) == profile_hash(applied));
  REQUIRE(start.rejected.size() == 1);
  CHECK(start.rejected[0].file.ends_with("demo_rack.json"));
  CHECK(start.rejected[0].text.starts_with("version 2 is older than 3, which was applied last"));
  REQUIRE(start.instead.size() == 1);
  CHECK(start.instead[0].starts_with("demo_rack.json of "));
  // Who wants no such start has none.
  CHECK(std::holds_alternative<messages::findings>(here.load(bad_files::refuse)));
  // The same again, and a newer one, are taken.
  here.replace(here.rack_profile, "\"version\": 2", "\"version\": 3");
  CHECK(here.must_load().rejected.empty());
  here.replace(here.rack_profile, "\"version\": 3", "\"version\": 4");
  CHECK(here.must_load().rejected.empty());
}

TEST_CASE("F-183 an older version of a profile that a person accepted is kept, told, and runs") {
  const scene here;
  here.replace(here.rack_profile, "\"version\": 1", "\"version\": 3");
  here.keep_soundly();
  here.replace(here.rack_profile, "\"version\": 3", "\"version\": 2");
  site::site_files files;
  const auto text = here.read("site.toml");
  auto loaded = site::load_text(text, here.path("site.toml"), files);
  REQUIRE(std::holds_alternative<site::plan>(loaded));
  const site_start accepted{std::get<site::plan>(std::move(loaded)), {text, files.used()}, {}, {}};
  CHECK(process::older_than_kept(accepted.plan, accepted.contents).size() == 1);
  const auto kept = here.keep(accepted);
  CHECK_FALSE(kept.failure);
  CHECK(kept.older == std::vector<std::string>{"demo_rack.json: version 2 after 3"});
  CHECK(here.must_load().rejected.empty());
  CHECK(process::older_than_kept(accepted.plan, accepted.contents).empty());
}

TEST_CASE("a site is loaded from its contents alone, wherever its files have gone") {
  const scene here;
  const auto start = here.must_load();
  const auto again = site::read_contents(site::to_bytes(start.contents));
  REQUIRE(again);
  CHECK(*again == start.contents);
  const auto file = here.path("site.toml");
  fs::remove_all(here.path("profiles"));
  fs::remove_all(here.path("protection"));
  fs::remove(file);
  const auto loaded = site::load_contents(*again, file);
  REQUIRE(std::holds_alternative<site::plan>(loaded));
  const auto& plan = std::get<site::plan>(loaded);
  CHECK(plan.find_device("bms_0")->profile_path == start.plan.find_device("bms_0")->profile_path);
  CHECK(plan.find_device("bms_0")->profile_hash == profile_hash(start));
  // Nothing else is read, not even what is there.
  auto part = *again;
  part.files.pop_back();
  const auto refused = std::get<messages::findings>(site::load_contents(part, file));
  CHECK(refused.front().text.find("not among the files that were applied") != std::string::npos);
  for (const auto* bytes : {"", "{}", "\xa1\x66", "[site]\nname = \"kept\"\n"})
    CHECK_FALSE(site::read_contents(bytes));
  const auto whole = site::to_bytes(start.contents);
  for (const auto size : {whole.size() - 1, whole.size() / 2, std::size_t{10}})
    CHECK_FALSE(site::read_contents(whole.substr(0, size)));
}

TEST_CASE("a file is read once for a site, whatever is written meanwhile") {
  const scene here;
  site::site_files files;
  const auto first = files.read(here.path(here.limits));
  REQUIRE(first);
  fs::create_symlink(here.path(here.limits), here.path("link.toml"));
  here.cut(here.limits);
  CHECK(*files.read(here.path(here.limits)) == *first);
  CHECK(*files.read(here.path("link.toml")) == *first);
  CHECK(files.used().size() == 2);
}

} // namespace site_start_test
