#include "actors/command/setpoint_model.hpp"

#include <catch2/catch.hpp>

#include "messages/time.hpp"

namespace voltaic::actors::command::setpoint_model_test {
namespace {

messages::command set_by(const std::string& user, double value, std::uint64_t lease_ms = 0) {
  messages::command made;
  made.user = user;
  made.value = value;
  made.lease_ms = lease_ms;
  return made;
}

constexpr std::int64_t now_us = 1'767'225'600'000'000;
const std::string limit = "bms_0/charge_current_limit";

} // namespace

TEST_CASE("setpoints that stand are known with who set them and until when, the newest first") {
  setpoint_model model;
  model.took(set_by("anna", 100), limit, now_us);
  model.took(set_by("bert", 40, 60'000), limit, now_us);
  const std::vector<messages::setpoint> both{{limit, 40, "bert", "2026-01-01T00:01:00.000000Z"},
                                             {limit, 100, "anna", ""}};
  CHECK(model.standing(now_us) == both);
  // What is over is not told; what stays is.
  CHECK(model.standing(now_us + 60 * messages::us_per_s) ==
        std::vector<messages::setpoint>{{limit, 100, "anna", ""}});
  // A set that stays ends all others.
  model.took(set_by("carl", 80), limit, now_us);
  CHECK(model.standing(now_us) == std::vector<messages::setpoint>{{limit, 80, "carl", ""}});
  model.took(set_by("carl", 80), "", now_us); // no setpoint at all
  auto word = set_by("carl", 0);
  word.value = std::string("close");
  model.took(word, "rack_0/contactor", now_us);
  CHECK(model.standing(now_us).size() == 1);
}

TEST_CASE("setpoints are bounded, however many are set") {
  setpoint_model model;
  for (int i = 0; i < 100; ++i) model.took(set_by("anna", i, 60'000), limit, now_us);
  CHECK(model.standing(now_us).size() <= timed_known_max + 1);
  CHECK(model.standing(now_us).front().value == 99);
  for (int i = 0; i < 1'000; ++i)
    model.took(set_by("anna", i), "bms_" + std::to_string(i) + "/limit", now_us);
  CHECK(model.standing(now_us).size() <= messages::setpoints_max + timed_known_max);
}

} // namespace voltaic::actors::command::setpoint_model_test
