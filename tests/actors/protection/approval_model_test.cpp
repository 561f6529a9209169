#include "actors/protection/approval_model.hpp"

#include <catch2/catch.hpp>

namespace approval_model_test {

using namespace voltaic::actors::protection;
using step = approval::step;

namespace {

const approving ada{"ada", "engineer", "", 0};
const approving bob{"bob", "engineer", "", 0};
const approving eve{"eve", "service", "", 0};

} // namespace

TEST_CASE("two persons approve, one of them of the service") {
  approval_model model;
  CHECK(model.judge("a", {"kim", "operator", "", 0}, 0).reached == step::refused);
  CHECK(model.judge("a", ada, 0).reached == step::first);
  CHECK(model.judge("a", bob, 2).why ==
        "to answer for loosened protection needs role service, not engineer");
  const auto complete = model.judge("a", eve, 3);
  CHECK(complete.reached == step::complete);
  REQUIRE(complete.first);
  CHECK(complete.first->user == "ada");
  CHECK(model.judge("a", eve, 4).reached == step::first); // it was used up
  CHECK(model.judge("a", bob, 5).reached == step::complete);
}

TEST_CASE("one person alone approves nothing, whatever the role") {
  approval_model model;
  CHECK(model.judge("a", eve, 0).reached == step::first);
  for (int times = 1; times < 5; ++times)
    CHECK(model.judge("a", eve, times).why == "eve approved it already: it takes a second person");
}

TEST_CASE("an approval is for the same, and ends after a quarter of an hour") {
  approval_model model;
  CHECK(model.judge("a", ada, 0).reached == step::first);
  CHECK(model.judge("b", eve, 1).reached == step::first);
  CHECK(model.judge("a", ada, 2).reached == step::first);
  CHECK(model.judge("a", eve, 2 + approval_us).reached == step::first);
  CHECK(model.judge("a", ada, 1 + 2 * approval_us).reached == step::complete);
}

} // namespace approval_model_test
