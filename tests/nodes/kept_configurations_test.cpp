#include "nodes/process/kept_configurations.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <string>

#include "bus/storage/journal.hpp"
#include "support/temporary_folder.hpp"

namespace kept_configurations_test {

using namespace voltaic;
using namespace voltaic::nodes;

namespace {

void keep(const std::string& path, const std::string& rack) {
  auto opened = bus::storage::open_journal({.path = path, .synchronous = true});
  REQUIRE(opened);
  (*opened)->append({0, messages::configuration::stream, rack, 17, "a version"},
                    [](const bus::storage::append_result& result) {
                      CHECK(result.status == bus::storage::append_status::durable);
                    });
}

struct folder_of_journals {
  folder_of_journals() {
    plan.folders.state = folder.path().string();
    node.name = "rack_0";
    node.safety = true;
    keep(plan.journal_path("rack_0"), "rack_0");
    keep(plan.journal_path("rack_1"), "rack_1");
  }
  tests::temporary_folder folder;
  site::plan plan;
  site::node node;
};

} // namespace

TEST_CASE("what the journals beside a node's own keep is read") {
  const folder_of_journals here;
  const auto kept = process::kept_configurations(here.plan, here.node);
  CHECK_FALSE(kept.any_unreadable);
  REQUIRE(kept.versions.size() == 1);
  CHECK(kept.versions[0].rack == "rack_1");
  CHECK(kept.versions[0].body == "a version");
}

TEST_CASE("F-110 a journal beside a node's own that cannot be read is told of") {
  const folder_of_journals here;
  std::ofstream(here.plan.journal_path("rack_2")) << std::string(4'096, 'x');
  const auto kept = process::kept_configurations(here.plan, here.node);
  CHECK(kept.any_unreadable);
  CHECK(kept.versions.size() == 1);
  site::node other;
  other.name = "site";
  CHECK_FALSE(process::kept_configurations(here.plan, other).any_unreadable);
}

} // namespace kept_configurations_test
