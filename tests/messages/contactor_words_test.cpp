#include "messages/contactor_words.hpp"

#include <catch2/catch.hpp>

namespace voltaic::messages::contactor_words_test {

TEST_CASE("F-165 a rack is apart where feedback shows it, whatever it was ordered to") {
  for (const auto* ordered : {"open", "opening", "fault"}) {
    CAPTURE(ordered);
    CHECK(joining_of(ordered, false) == joining::apart);
    CHECK(joining_of(ordered, true) == joining::departing);
    CHECK(joining_of(ordered, std::nullopt) == std::nullopt);
  }
}

TEST_CASE("what may carry current is joined, or coming, without feedback as well") {
  for (const auto& joined : {std::optional(true), std::optional(false), std::optional<bool>()}) {
    CHECK(joining_of("closed", joined) == joining::joined);
    CHECK(joining_of(contactor_unknown, joined) == joining::joined);
    CHECK(joining_of("precharge", joined) == joining::coming);
  }
}

} // namespace voltaic::messages::contactor_words_test
