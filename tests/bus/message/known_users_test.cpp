#include "bus/message/known_users.hpp"

#include <catch2/catch.hpp>

namespace known_users_test {

using namespace voltaic::bus::message;

namespace {

struct fixture {
  std::string ask(uid_t user, std::int64_t now_us) {
    return users.find(peer{user, 7}, now_us).role;
  }
  int asked = 0;
  std::string role = "viewer";
  known_users users{[this](const peer& who) {
    ++asked;
    return peer_identity{std::to_string(who.user), role};
  }};
};

} // namespace

TEST_CASE_METHOD(fixture, "a user is looked up again after ten seconds, not before") {
  CHECK(ask(1000, 0) == "viewer");
  role = "operator";
  CHECK(ask(1000, identity_age_max_us - 1) == "viewer");
  CHECK(asked == 1);
  CHECK(ask(1000, identity_age_max_us) == "operator");
  CHECK(asked == 2);
}

TEST_CASE_METHOD(fixture, "whom nobody knows is unknown, has no role, and is not looked up") {
  const auto nobody = users.find(std::nullopt, 0);
  CHECK(nobody.user == "unknown");
  CHECK(nobody.role.empty());
  CHECK(asked == 0);
}

TEST_CASE_METHOD(fixture, "more users than the table holds are still told apart") {
  for (uid_t user = 0; user <= identities_max; ++user)
    CHECK(users.find(peer{user, 7}, 0).user == std::to_string(user));
  CHECK(asked == static_cast<int>(identities_max) + 1);
  ask(0, 0); // the table was emptied for the last one
  CHECK(asked == static_cast<int>(identities_max) + 2);
  ask(identities_max, 0);
  CHECK(asked == static_cast<int>(identities_max) + 2);
}

} // namespace known_users_test
