#include "actors/runtime/command_record.hpp"

#include <catch2/catch.hpp>

namespace voltaic::actors::runtime::command_record_test {
namespace {

TEST_CASE("a command record keeps command and result, and refuses every cut-off body") {
  command_record kept;
  kept.command.key = "k";
  kept.command.value = 1.5;
  kept.command.deadline_utc_us = 5;
  const std::string accepted = encode_command_record(kept);
  const auto without = decode_command_record(accepted);
  REQUIRE(without);
  CHECK(without->command == kept.command);
  CHECK_FALSE(without->done);
  kept.done.emplace();
  kept.done->key = "k";
  kept.done->read_back = "1.5";
  const std::string body = encode_command_record(kept);
  const auto whole = decode_command_record(body);
  REQUIRE(whole);
  CHECK(whole->done == kept.done);
  for (std::size_t length = 0; length < body.size(); ++length) {
    const auto cut = decode_command_record(std::string_view(body).substr(0, length));
    if (cut && length != accepted.size()) FAIL("accepted when cut to " << length);
  }
}

} // namespace
} // namespace voltaic::actors::runtime::command_record_test
