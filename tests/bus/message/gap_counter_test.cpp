#include <catch2/catch.hpp>

#include "bus/message/gap_counter.hpp"
#include "support/message_bus.hpp"

namespace gap_counter_test {

using namespace voltaic;
using namespace voltaic::bus::message;
using namespace voltaic::test;

TEST_CASE("each missing frame of a source is counted once, and again not when it comes late") {
  gap_counter counter;
  CHECK(counter.heard(header_of("a", 5)) == arrival::first);
  CHECK(counter.heard(header_of("a", 6)) == arrival::next);
  CHECK(counter.heard(header_of("a", 9)) == arrival::gap);
  CHECK(counter.gaps() == 2);
  CHECK(counter.heard(header_of("a", 8)) == arrival::late);
  CHECK(counter.gaps() == 1);
  CHECK(counter.heard(header_of("a", 8)) == arrival::duplicate);
  CHECK(counter.heard(header_of("a", 9)) == arrival::duplicate);
  CHECK(counter.heard(header_of("a", 10)) == arrival::next);
  CHECK(counter.heard(header_of("b", 1)) == arrival::first);
  CHECK(counter.find("a")->gaps == 1);
  CHECK(counter.heard(header_of("a", 0)) == arrival::unnumbered);
}

TEST_CASE("a new life of a source is told from an old frame") {
  gap_counter counter;
  CHECK(counter.heard(header_of("a", 100)) == arrival::first);
  SECTION("the actor was restarted: its incarnation grows") {
    auto header = header_of("a", 1, 200'000);
    header.incarnation = 2;
    CHECK(counter.heard(header) == arrival::restart);
    CHECK(counter.heard(header_of("a", 101)) == arrival::duplicate);
  }
  SECTION("the node was restarted: the count begins again, later in time") {
    CHECK(counter.heard(header_of("a", 1, 200'000)) == arrival::restart);
    CHECK(counter.gaps() == 0);
  }
  SECTION("what the new life said first was missed") {
    CHECK(counter.heard(header_of("a", 4, 200'000)) == arrival::restart);
    CHECK(counter.gaps() == 3);
  }
}

TEST_CASE("after a snapshot everything up to its sequence is known") {
  gap_counter counter;
  counter.resume({"a", 1, 50, true, 50'000, 3});
  CHECK(counter.heard(header_of("a", 50)) == arrival::duplicate);
  CHECK(counter.heard(header_of("a", 20)) == arrival::duplicate);
  CHECK(counter.heard(header_of("a", 51)) == arrival::next);
  CHECK(counter.heard(header_of("a", 53)) == arrival::gap);
}

} // namespace gap_counter_test
