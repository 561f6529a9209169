#include "actors/runtime/held_commands.hpp"

#include <catch2/catch.hpp>

namespace held_commands_test {

using namespace voltaic;
using actors::runtime::held_commands;

namespace {

constexpr std::int64_t said_us = 80'000'000;

messages::command named(const std::string& id) {
  messages::command command;
  command.id = id;
  return command;
}

} // namespace

TEST_CASE("a held command comes out at the first instant that is not before its coming") {
  held_commands held(false);
  REQUIRE(held.hold(named("a"), {said_us, 0}));
  REQUIRE(held.hold(named("b"), {said_us + 20'000, 0}));
  CHECK(held.take({said_us - 40'000, 0}).empty());
  const auto first = held.take({said_us, 0});
  REQUIRE(first.size() == 1);
  CHECK(first[0].id == "a");
  CHECK(held.take({said_us + 10'000, 0}).empty());
  CHECK(held.take({said_us + 50'000, 0}).size() == 1);
  CHECK(held.take({said_us + 60'000, 0}).empty());
}

TEST_CASE("a command is held however far behind the chain is") {
  held_commands held(false);
  REQUIRE(held.hold(named("a"), {said_us + 700'000'000, 0}));
  CHECK(held.take({said_us, 0}).empty());
  CHECK(held.take({said_us + 700'000'000, 0}).size() == 1);
}

TEST_CASE("on a recording a command comes out at the next instant") {
  held_commands held(true);
  REQUIRE(held.hold(named("a"), {said_us, 0}));
  CHECK(held.take({said_us - 10'000, 0}).size() == 1);
}

TEST_CASE("held commands of one kind come out before their time") {
  held_commands held(false);
  REQUIRE(held.hold(named("a"), {said_us, 0}));
  REQUIRE(held.hold(named("b"), {said_us, 0}));
  const auto taken = held.take_kind([](const auto& one) { return one.id == "b"; });
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].id == "b");
  CHECK(held.take({said_us, 0}).size() == 1);
}

TEST_CASE("more commands than there is room for are refused") {
  held_commands held(false);
  for (std::size_t i = 0; i < held_commands::waiting_max; ++i) {
    REQUIRE(held.hold(named("a"), {said_us, 0}));
  }
  CHECK_FALSE(held.hold(named("b"), {said_us, 0}));
  CHECK(held.take({said_us, 0}).size() == held_commands::waiting_max);
}

} // namespace held_commands_test
