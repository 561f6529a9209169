#include <catch2/catch.hpp>

#include <limits>
#include <string>

#include "messages/profiles/set_value.hpp"

namespace set_value_test {

using namespace voltaic::messages;
using profiles::command;
using profiles::value_to_send;

namespace {

command limit(tighter side, std::string unit = "A") {
  command made;
  made.point = "limit";
  made.unit = std::move(unit);
  made.allowed = {-100, 100};
  made.side = side;
  return made;
}

std::string refusal(const voltaic::messages::expected<double>& made) {
  return made ? "" : made.error().text;
}

} // namespace

TEST_CASE("a value between two steps of the wire becomes the one that asks for less") {
  struct row {
    tighter side;
    double given;
    double sent;
  };
  for (const row each : {row{tighter::toward_zero, 12.97, 12.9},
                         {tighter::toward_zero, -12.97, -12.9},
                         {tighter::toward_zero, 0.04, 0},
                         {tighter::toward_zero, -0.04, 0},
                         {tighter::lower, 56.79, 56.7},
                         {tighter::higher, 44.01, 44.1},
                         {tighter::higher, -44.09, -44.0}}) {
    CAPTURE(each.given);
    const auto made = value_to_send(limit(each.side), each.given, {.scale = 0.1});
    REQUIRE(made.has_value());
    CHECK(*made == Approx(each.sent).margin(1e-9));
  }
}

TEST_CASE("what a decimal number is off by as a double is no step less") {
  for (const double given : {0.3, 22.3, 0.7, -0.6, 99.9, 33.0 + 1e-9}) {
    CAPTURE(given);
    CHECK(*value_to_send(limit(tighter::toward_zero), given, {.scale = 0.1}) == given);
  }
  CHECK(*value_to_send(limit(tighter::lower), 0.3, {.scale = 0.1, .offset = -40}) == 0.3);
}

TEST_CASE("a switch takes no half: it is refused and not rounded to on") {
  auto run = limit(tighter::toward_zero, "");
  run.point = "run";
  run.allowed = {0, 1};
  CHECK(*value_to_send(run, 1, {}) == 1);
  CHECK(refusal(value_to_send(run, 0.5, {})) ==
        "run: 0.5 is no whole number, and it takes those from 0 to 1");
  CHECK(refusal(value_to_send(run, 2, {})) == "run: 2 is outside of 0 to 1");
  // A power factor has no unit either, and steps of its own.
  CHECK(*value_to_send(run, 0.951, {.scale = 0.01}) == Approx(0.95));
}

TEST_CASE("F-138 a value outside of what is allowed is refused, also one that is no number") {
  const auto wanted = limit(tighter::lower);
  CHECK(refusal(value_to_send(wanted, 100.04, {.scale = 0.1})) ==
        "limit: 100.04 is outside of -100 to 100 A");
  for (const double given :
       {-101.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    CHECK_FALSE(value_to_send(wanted, given).has_value());
  CHECK(*value_to_send(wanted, 12.345) == 12.345); // as a float
}

} // namespace set_value_test
