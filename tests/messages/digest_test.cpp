#include "messages/digest.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstddef>

namespace digest_test {

using namespace voltaic::messages;

// Of draft-eastlake-fnv, appendix C.
TEST_CASE("a digest is FNV-1a of 64 bits") {
  CHECK(digest_of("") == digest_basis);
  CHECK(digest_of("a") == 0xAF63'DC4C'8601'EC8Cu);
  CHECK(digest_of("foobar") == 0x8594'4171'F739'67E8u);
  CHECK(digest_of(std::array{std::byte{'a'}}) == digest_of("a"));
  CHECK(digest_of("\xFF") != digest_of("\x7F"));
}

} // namespace digest_test
