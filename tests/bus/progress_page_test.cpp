#include <catch2/catch.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bus/control/progress_page.hpp"

using namespace voltaic::bus::control;

namespace {

struct temporary_folder {
  temporary_folder() {
    char name[] = "/tmp/voltaic_test_XXXXXX";
    path = ::mkdtemp(name);
  }
  ~temporary_folder() { std::filesystem::remove_all(path); }
  std::string path;
};

} // namespace

TEST_CASE("a supervisor sees an actor's counter and the node's phase move") {
  temporary_folder folder;
  const auto path = folder.path + "/rack_0";
  auto writer = progress_page::create(path, {"bms_0", "rack_0/protection"});
  REQUIRE(writer);
  auto reader = progress_page::open(path);
  REQUIRE(reader);
  auto seen = (*reader)->read();
  CHECK(seen.pid == ::getpid());
  CHECK(seen.phase == node_phase::starting);
  CHECK(seen.names == std::vector<std::string>{"bms_0", "rack_0/protection"});
  CHECK(seen.counters == std::vector<std::uint64_t>{0, 0});
  (*writer)->counter(1).fetch_add(3);
  (*writer)->set_phase(node_phase::ready);
  seen = (*reader)->read();
  CHECK(seen.counters == std::vector<std::uint64_t>{0, 3});
  CHECK(seen.phase == node_phase::ready);
}

TEST_CASE("a successor's page replaces the old one and leaves its readers intact") {
  temporary_folder folder;
  const auto path = folder.path + "/node";
  auto first = progress_page::create(path, {"a", "b", "c"});
  auto reader = progress_page::open(path);
  REQUIRE((first && reader));
  auto second = progress_page::create(path, {});
  REQUIRE(second);
  CHECK((*reader)->read().names.size() == 3);
  auto fresh = progress_page::open(path);
  REQUIRE(fresh);
  CHECK((*fresh)->read().names.empty());
}

TEST_CASE("what is no progress page is refused") {
  temporary_folder folder;
  CHECK_FALSE(progress_page::open(folder.path + "/absent"));
  const auto path = folder.path + "/file";
  std::ofstream(path) << "short";
  CHECK_FALSE(progress_page::open(path));
  std::ofstream(path) << std::string(4096, 'x');
  CHECK_FALSE(progress_page::open(path));
}
