#include <catch2/catch.hpp>

#include <string>
#include <variant>

#include "messages/profiles/load.hpp"
#include "messages/profiles/remap.hpp"
#include "messages/support/profiles.hpp"

// The section "canopen" of a profile.
namespace canopen_test {

using namespace voltaic::messages;
using namespace voltaic::messages::profiles;

namespace {

std::string profile_of(const std::string& canopen) {
  return R"({"name": "node", "version": 1, "protocol": "can", "commissioned": false,
  "points": {
    "temperature": {"channel": "Temperature", "type": "i16", "scale": 0.125, "unit": "degC", "period_ms": 100},
    "voltage": {"channel": "Voltage", "type": "u32", "unit": "V", "period_ms": 100}},
  "canopen": )" +
         canopen + "}";
}

constexpr const char* pdo = R"("pdos": [{"name": "battery", "number": 2, "mapping": "write",
  "event_ms": 100, "objects": [{"object": "0x6010:00", "bits": 16, "point": "temperature"},
    {"object": "0x6000:00", "bits": 8}, {"object": "0x6060:00", "bits": 32, "point": "voltage"}]}])";

device_profile good(const std::string& canopen) {
  auto loaded = load_profile(profile_of(canopen), "node.json");
  if (const auto* found = std::get_if<findings>(&loaded)) FAIL(found->front().text);
  return std::get<device_profile>(std::move(loaded));
}

/// All that is wrong, a line each.
std::string wrong(const std::string& canopen) {
  auto loaded = load_profile(profile_of(canopen), "node.json");
  std::string all;
  if (const auto* found = std::get_if<findings>(&loaded))
    for (const auto& each : *found) all += each.text + "\n";
  return all;
}

std::string with_pdo(const std::string& more) {
  return std::string(R"({"node": 1, )") + pdo + more + "}";
}

} // namespace

TEST_CASE("PDOs of a node are messages whose signals lie one behind the other") {
  const auto profile = good(with_pdo(R"(, "heartbeat_ms": 200)"));
  REQUIRE(profile.messages.size() == 1);
  const auto& made = profile.messages.front();
  CHECK(made.id == 0x281);
  CHECK(made.length == 7);
  CHECK(made.period_ms == 100);
  REQUIRE(made.signals.size() == 2);
  CHECK(made.signals[0].bits.start == 0);
  CHECK(made.signals[0].bits.type == signal_type::signed_integer);
  CHECK(made.signals[0].scale == 0.125);
  CHECK(made.signals[1].bits.start == 24);
  REQUIRE(profile.canopen);
  CHECK(profile.canopen->heartbeat_timeout_ms == 600);
  CHECK(profile.canopen->pdos.front().objects.size() == 3);
}

TEST_CASE("values that a node must have are read with their sign and width") {
  const auto profile = good(with_pdo(R"(, "writes": [
    {"object": "0x2001:02", "bytes": 2, "value": -2},
    {"object": "0x2002:00", "bytes": 4, "value": 305419896, "verify": false}])"));
  const auto& writes = profile.canopen->writes;
  REQUIRE(writes.size() == 2);
  CHECK(writes[0].to == canopen::object_address{0x2001, 2});
  CHECK(writes[0].value == canopen::object_bytes{0xFE, 0xFF});
  CHECK(writes[1].value == canopen::object_bytes{0x78, 0x56, 0x34, 0x12});
  CHECK_FALSE(writes[1].verify);
}

TEST_CASE("what is wrong with a node is told with its place") {
  const auto has = [](const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  has(wrong(R"({"node": 0})"), "canopen.node");
  has(wrong(with_pdo(R"(, "device_type": "418")")), "expected 0x and up to 8");
  has(wrong(with_pdo(R"(, "heartbeat_ms": 200, "guard_ms": 100)")), "either a heartbeat");
  has(wrong(with_pdo(R"(, "heartbeat_ms": 200, "heartbeat_timeout_ms": 100)")),
      "below heartbeat_ms");
  has(wrong(with_pdo(R"(, "heartbeat_timeout_ms": 100)")), "needs heartbeat_ms");
  has(wrong(with_pdo(R"(, "writes": [{"object": "2001.2", "bytes": 1, "value": 1}])")),
      "like 0x1018:01");
  has(wrong(with_pdo(R"(, "writes": [{"object": "0x2001:02", "bytes": 1, "value": 256}])")),
      "does not fit into 1 bytes");
  has(wrong(with_pdo(R"(, "reads": [{"object": "0x6060:00", "bits": 32, "period_ms": 1000,
    "point": "voltage"}])")),
      "carried twice");
}

TEST_CASE("PDOs that cannot be are refused") {
  const auto of = [](const std::string& head, const std::string& objects) {
    return wrong(R"({"node": 1, "pdos": [{"name": "one", )" + head + R"(, "objects": [)" + objects +
                 "]}]}");
  };
  const std::string voltage = R"({"object": "0x6060:00", "bits": 32, "point": "voltage"})";
  const auto has = [](const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  has(of(R"("number": 5, "event_ms": 100)", voltage), "missing key \"id\"");
  has(of(R"("number": 1, "event_ms": 100, "id": "0x701")", voltage), "no PDO may have it");
  has(of(R"("number": 1)", voltage), "missing key \"period_ms\"");
  has(of(R"("number": 1, "event_ms": 100)", ""), "at least one object");
  has(of(R"("number": 1, "event_ms": 100)", voltage + R"(, {"object": "0x6061:00", "bits": 40})"),
      "64 bits at most");
  has(of(R"("number": 1, "direction": "receive")", voltage), "is no point");
}

TEST_CASE("identifiers of a node follow from its number and are not remapped") {
  auto profile = good(with_pdo(""));
  CHECK(node_of(*profile.canopen, 126) == 127);
  CHECK_FALSE(node_of(*profile.canopen, 127));
  CHECK(identifiers_sent(*profile.canopen, 4) == std::vector<std::uint32_t>{0x085, 0x585, 0x705});
  const id_change change{{0x281, false}, {0x300, false}};
  CHECK(remap(profile, {&change, 1}).size() == 1);
}

} // namespace canopen_test
