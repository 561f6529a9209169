#include "messages/roles.hpp"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <fstream>
#include <set>
#include <string>

#include "messages/command_priority.hpp"

namespace roles_test {

using namespace voltaic::messages;

TEST_CASE("each role may what the table says, and what those before it may") {
  struct row {
    deed what;
    bool viewer, operating, engineer, service;
  };
  const row expected[] = {{deed::acknowledge, false, true, true, true},
                          {deed::shelve, false, true, true, true},
                          {deed::open, false, true, true, true},
                          {deed::close, false, true, true, true},
                          {deed::tighten, false, true, true, true},
                          {deed::reset_latch, false, true, true, true},
                          {deed::loosen, false, false, true, true},
                          {deed::take_local, false, true, true, true},
                          {deed::give_remote, false, false, true, true},
                          {deed::reset_lock, false, false, false, true},
                          {deed::loosen_protection, false, false, true, true},
                          {deed::commission, false, false, false, true},
                          {deed::change_site, false, false, false, true},
                          {deed::accept_device, false, false, false, true},
                          {deed::approve_loosening, false, false, false, true}};
  CHECK(std::size(expected) == rights.size());
  for (const auto& each : expected) {
    INFO(refusal_of("viewer", each.what));
    CHECK(may("viewer", each.what) == each.viewer);
    CHECK(may("operator", each.what) == each.operating);
    CHECK(may("engineer", each.what) == each.engineer);
    CHECK(may("service", each.what) == each.service);
    for (const auto* stranger : {"", "root", "Service", "operator "}) {
      CHECK_FALSE(may(stranger, each.what));
    }
  }
}

TEST_CASE("F-135 a lock is reset by who has the role for it and is at the plant") {
  namespace priority = command_priority;
  for (const auto near : {priority::person, priority::controller}) {
    CHECK(lock_right_of("service", near) == lock_right::given);
    CHECK(lock_right_of("engineer", near) == lock_right::needs_service);
  }
  CHECK(lock_right_of("service", priority::remote) == lock_right::needs_plant);
  CHECK(lock_right_of("service", priority::remote + 1) == lock_right::needs_plant);
  CHECK(lock_right_of("engineer", priority::remote) == lock_right::needs_service);
  CHECK(refusal_of(lock_right::given).empty());
  CHECK(refusal_of(lock_right::needs_service) == "needs role service");
  CHECK(refusal_of(lock_right::needs_plant) == "a lock is reset at the plant alone");
}

TEST_CASE("a user has the highest role of his groups, and all where nothing is mapped") {
  const std::map<std::string, std::vector<std::string>> mapped{{"operator", {"plant", "staff"}},
                                                               {"service", {"root"}}};
  CHECK(highest_role(mapped, {"staff"}) == "operator");
  CHECK(highest_role(mapped, {"plant", "root"}) == "service");
  CHECK(highest_role(mapped, {"guests"}).empty());
  CHECK(highest_role(mapped, {}).empty());
  CHECK(highest_role({}, {"guests"}) == "service");
}

TEST_CASE("a refusal says what it takes and who asked") {
  CHECK(refusal_of("viewer", deed::close) == "to close a rack needs role operator, not viewer");
  CHECK(refusal_of("", deed::reset_lock) == "to reset a lock needs role service, not none");
}

TEST_CASE("docs/roles.md shows people the same table") {
  std::set<std::string> shown;
  std::ifstream file(std::string(VOLTAIC_SOURCE_FOLDER) + "/docs/roles.md");
  REQUIRE(file.good());
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| ") && !line.starts_with("| what")) shown.insert(line);
  }
  std::set<std::string> expected;
  for (const auto& each : rights) expected.insert(fmt::format("| {} | {} |", each.name, each.role));
  CHECK(shown == expected);
}

} // namespace roles_test
