#include "actors/command/authority_model.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "messages/command_priority.hpp"

namespace authority_model_test {

using namespace voltaic::actors::command;
namespace priority = voltaic::messages::command_priority;
using voltaic::messages::tighter;
using voltaic::messages::us_per_s;

namespace {

constexpr const char* limit = "bms_0/charge_current_limit";

voltaic::messages::command set(const std::string& user, double value, std::uint64_t lease_s = 0,
                               std::uint8_t rank = priority::controller) {
  voltaic::messages::command asked;
  asked.operation = "set";
  asked.point = "rack_0/charge_current_limit";
  asked.value = value;
  asked.user = user;
  asked.priority = rank;
  asked.lease_ms = lease_s * 1000;
  return asked;
}

bool may(const authority_model& model, const voltaic::messages::command& asked,
         std::int64_t now_us = 0) {
  return !model.refusal(asked, limit, tighter::toward_zero, now_us);
}

} // namespace

TEST_CASE("F-136 who sets a value for a time owns it: others only tighten it") {
  authority_model model;
  CHECK_FALSE(model.took(set("ems", 50, 60), limit, 0));
  CHECK(may(model, set("ems", 90)));
  CHECK_FALSE(may(model, set("cloud", 90)));
  CHECK_FALSE(may(model, set("cloud", -10)));
  CHECK(may(model, set("cloud", 50)));
  CHECK(may(model, set("cloud", 20)));
  CHECK(may(model, set("cloud", 0)));
  CHECK_FALSE(
      model.refusal(set("cloud", 90), "bms_1/charge_current_limit", tighter::toward_zero, 0));
  CHECK_FALSE(may(model, set("cloud", 90), 60 * us_per_s - 1));
  CHECK(may(model, set("cloud", 90), 60 * us_per_s));
}

TEST_CASE("F-136 of a lower bound others only raise it") {
  authority_model model;
  const std::string bound = "inverter_0/discharge_voltage_limit";
  model.took(set("ems", 1'300, 60), bound, 0);
  const auto refused = [&](double value) {
    return model.refusal(set("cloud", value), bound, tighter::higher, 0).has_value();
  };
  CHECK(refused(1'200));
  CHECK_FALSE(refused(1'300));
  CHECK_FALSE(refused(1'400));
}

TEST_CASE("F-136 whoever goes before the owner may take it over, and the change is told") {
  authority_model model;
  model.took(set("ems", 50, 60), limit, 0);
  const auto person = set("ada", 90, 10, priority::person);
  REQUIRE(may(model, person));
  CHECK(model.took(person, limit, us_per_s) == "ems");
  CHECK_FALSE(may(model, set("ems", 95), 2 * us_per_s));
  CHECK_FALSE(model.took(set("ada", 80, 10, priority::person), limit, 2 * us_per_s));
}

TEST_CASE("who tightens a value for a while does not take it from its owner") {
  authority_model model;
  model.took(set("ada", 50, 60, priority::person), limit, 0);
  CHECK_FALSE(model.took(set("cloud", 10, 30, priority::remote), limit, 0));
  CHECK(may(model, set("ada", 50, 0, priority::person)));
  CHECK(may(model, set("cloud", 40, 0, priority::remote)));
  CHECK_FALSE(may(model, set("cloud", 60, 0, priority::remote)));
}

TEST_CASE("a value that was set for good is nobody's") {
  authority_model model;
  model.took(set("ems", 50, 60), limit, 0);
  model.took(set("ems", 50), limit, 0);
  CHECK(may(model, set("cloud", 90)));
}

TEST_CASE("F-136 in local who is not at the plant may only open") {
  authority_model model;
  const auto far = [](const std::string& operation) {
    voltaic::messages::command asked;
    asked.operation = operation;
    asked.priority = priority::remote;
    return asked;
  };
  CHECK(may(model, far("close")));
  model.switch_to(command_mode::local);
  CHECK_FALSE(may(model, far("close")));
  CHECK_FALSE(may(model, far("reset")));
  CHECK_FALSE(may(model, set("cloud", 0, 0, priority::remote)));
  CHECK(may(model, far("open")));
  CHECK(may(model, far("acknowledge")));
  auto word = far("set");
  word.value = std::string("open");
  CHECK(may(model, word));
  CHECK(may(model, set("ems", 90)));
  model.switch_to(command_mode::remote);
  CHECK(may(model, far("close")));
}

TEST_CASE("modes are spelled as the point says them") {
  CHECK(command_mode_of("local") == command_mode::local);
  CHECK(command_mode_of("remote") == command_mode::remote);
  CHECK_FALSE(command_mode_of("LOCAL"));
  CHECK(to_string(command_mode::local) == "local");
}

TEST_CASE("owners are bounded: the one that ends first is forgotten") {
  authority_model model;
  for (std::size_t each = 0; each <= owners_max; ++each) {
    model.took(set("ems", 50, 60 + each), "point_" + std::to_string(each), 0);
  }
  CHECK_FALSE(model.refusal(set("cloud", 90), "point_0", tighter::toward_zero, 0));
  CHECK(model.refusal(set("cloud", 90), "point_1", tighter::toward_zero, 0));
}

} // namespace authority_model_test
