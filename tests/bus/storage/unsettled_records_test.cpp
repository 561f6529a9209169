#include "bus/storage/unsettled_records.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>

namespace voltaic::bus::storage::unsettled_records_test {
namespace {

record of(const std::string& key, const std::string& body,
          const std::string& stream = latches_stream) {
  return {not_on_disk, stream, key, 0, body};
}

/// What somebody who starts anew is told of latches, where the disk has b.
std::vector<std::string> told(const unsettled_records& records) {
  std::vector<record> found = {{7, latches_stream, "b", 0, "disk"}};
  records.lay_over(latches_stream, found);
  std::vector<std::string> lines;
  for (const auto& each : found)
    lines.push_back(fmt::format("{}={} {}", each.key, each.body, each.sequence));
  return lines;
}

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("F-106 a latch that the disk refused is known until a newer one is on disk") {
  unsettled_records records;
  records.refused(records.given(of("a", "refused")));
  records.refused(records.given(of("b", "refused")));
  CHECK(told(records) == lines{"a=refused 0", "b=refused 0"});
  const auto again = records.given(of("a", "again"));
  CHECK(told(records) == lines{"a=again 0", "b=refused 0"});
  records.durable(again);
  CHECK(told(records) == lines{"b=refused 0"});
  records.refused(records.given(of("b", "later")));
  CHECK(told(records) == lines{"b=later 0"});
}

TEST_CASE("F-106 what a full queue refuses at once is newer than what waits in it") {
  unsettled_records records;
  const auto waits = records.given(of("b", "waits"));
  records.refused(records.given(of("b", "refused")));
  CHECK(told(records) == lines{"b=refused 0"});
  SECTION("and stays so when that is on disk") {
    records.durable(waits);
  }
  SECTION("and stays so when that is refused as well") {
    records.refused(waits);
  }
  CHECK(told(records) == lines{"b=refused 0"});
}

TEST_CASE("F-106 what was refused to somebody who asked for it never was") {
  unsettled_records records;
  std::vector<record> found;
  for (const auto* stream : {"commands/rack_0", events_stream, "configuration"}) {
    records.refused(records.given(of("a", "refused", stream)));
    records.lay_over(stream, found);
  }
  CHECK(found.empty());
  records.refused(records.given(of("epoch", "4", counters_stream)));
  records.lay_over(counters_stream, found);
  CHECK(found.size() == 1);
}

TEST_CASE("F-106 refused latches are bounded, and those that are known stay current") {
  unsettled_records records;
  for (std::size_t each = 0; each <= refused_keys_max; ++each)
    records.refused(records.given(of(fmt::format("{:06}", each), "old")));
  records.refused(records.given(of("000000", "new")));
  std::vector<record> found;
  records.lay_over(latches_stream, found);
  REQUIRE(found.size() == refused_keys_max);
  CHECK(found.front().body == "new");
}

} // namespace voltaic::bus::storage::unsettled_records_test
