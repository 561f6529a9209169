#include "messages/nearest_word.hpp"

#include <catch2/catch.hpp>

namespace nearest_word_test {

using voltaic::messages::nearest_word;

TEST_CASE("the nearest word is offered only when it is near") {
  const std::vector<std::string_view> known{"name", "port", "bitrate"};
  CHECK(nearest_word("prot", known) == "port");
  CHECK(nearest_word("bitrates", known) == "bitrate");
  CHECK(nearest_word("colour", known).empty());
}

} // namespace nearest_word_test
