#include <catch2/catch.hpp>
#include <string>

#include "messages/profiles/remap.hpp"
#include "messages/support/profiles.hpp"

namespace profiles_read_test {

using namespace voltaic::tests;
using namespace voltaic::messages::profiles;

namespace {

std::string findings_of(const std::string& messages, const std::string& more = "") {
  const auto loaded = load_profile(
      R"({"name":"test","version":1,"protocol":"can","commissioned":false,
"points":{"x":{"channel":"X","unit":"","period_ms":100,"type":"u16"},
"y":{"channel":"Y","unit":"","period_ms":100,"type":"u16"}},)" +
          more + R"("messages":[)" + messages + "]}",
      "p.json");
  const auto* found = std::get_if<voltaic::messages::findings>(&loaded);
  std::string all;
  if (found != nullptr)
    for (const auto& one : *found) all += one.text + "\n";
  return all;
}

std::string message(const std::string& keys, const std::string& point, const std::string& bits) {
  return "{" + keys + R"(,"signals":[{"point":")" + point + "\"," + bits + "}]}";
}

const std::string first = message(
    R"("name":"a","id":"0x7EC","length":40,"read":{"request_id":"0x7E4","data_identifier":"0x0101"})",
    "x", R"("start":300,"length":16)");

} // namespace

TEST_CASE("answers share an identifier, and their bits lie anywhere within eight bytes") {
  const auto second = message(
      R"("name":"b","id":"0x7EC","length":2,"read":{"request_id":"0x7E4","data_identifier":"0x0102"})",
      "y", R"("start":0,"length":16)");
  CHECK(findings_of(first + "," + second).empty());
  CHECK(load_file("kona_uds.json").messages.at(0).read->padding == 0xAA);
}

TEST_CASE("what cannot be asked for is refused by its place") {
  const auto is_told = [](const std::string& found, const std::string& text) {
    INFO(found);
    CHECK(found.find(text) != std::string::npos);
  };
  const auto b = [](const std::string& keys) {
    return message(R"("name":"b",)" + keys, "y", R"("start":0,"length":16)");
  };
  is_told(
      findings_of(
          first + "," +
          b(R"("id":"0x7EC","length":2,"read":{"request_id":"0x7E4","data_identifier":"0x0101"})")),
      "read: \"a\" reads the same");
  is_told(
      findings_of(
          first + "," +
          b(R"("id":"0x7EC","length":2,"read":{"request_id":"0x7E5","data_identifier":"0x0102"})")),
      "answered by the same identifier and asked by another");
  is_told(findings_of(first + "," + b(R"("id":"0x7EC","length":2)")),
          "0x7EC is used by \"a\" already");
  is_told(findings_of(b(R"("id":"0x7EC","length":2)") + "," + first),
          "0x7EC is used by \"b\" already");
  is_told(
      findings_of(b(
          R"("id":"0x7EC","length":2,"frozen_ms":1000,"read":{"request_id":"0x7E4","data_identifier":"0x1"})")),
      "frozen_ms: does not belong to what is asked for by \"read\"");
  is_told(findings_of(b(R"("id":"0x7EC","length":9)")), "length: frames have up to 8 bytes");
  is_told(
      findings_of(message(
          R"("name":"a","id":"0x7EC","length":40,"read":{"request_id":"0x7E4","data_identifier":"0x0101"})",
          "x", R"("start":305,"length":16)")),
      "16 bits from 305 do not fit into 40 bytes");
  is_told(
      findings_of(first, R"("requests":[{"name":"r","id":"0x7EC","data":"00","period_ms":100}],)"),
      "id: is sent by the device as \"a\"");
  is_told(
      findings_of(first, R"("requests":[{"name":"r","id":"0x100","data":"0","period_ms":100}],)"),
      "data: expected up to 64 bytes");
  is_told(
      findings_of(first, R"("requests":[{"name":"r","id":"0x100","data":"00","period_ms":5}],)"),
      "period_ms: expected an integer from 10");
}

TEST_CASE("F-066 what is asked for moves with its identifiers") {
  auto profile = load_file("kona_uds.json");
  const id_change changes[] = {{{0x7E4, false}, {0x6E4, false}}, {{0x7EC, false}, {0x6EC, false}}};
  CHECK(remap(profile, changes).empty());
  CHECK(profile.messages.at(0).id == 0x6EC);
  CHECK(profile.messages.at(0).read->request_id == 0x6E4);
}

} // namespace profiles_read_test
