#include "messages/profiles/frame_report.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "messages/can/logs/gvret.hpp"
#include "messages/support/profiles.hpp"

namespace frame_report_test {

using namespace voltaic::messages;
using namespace voltaic::messages::profiles;
using namespace voltaic::tests;

namespace {

can::log_entry logged(const can::frame& frame, std::int64_t time_us = 1'953'613'500) {
  can::log_entry entry;
  entry.frame = frame;
  entry.frame.time_us = time_us;
  entry.channel = "0";
  entry.time = can::log_time::relative;
  return entry;
}

frame_report report_of(const std::string& profile, std::uint32_t id_offset = 0) {
  auto made = frame_report::make(load_file(profile), id_offset);
  REQUIRE(made.has_value());
  return *std::move(made);
}

std::string json_of(frame_report& report, const can::log_entry& entry) {
  report.read(entry);
  std::string line;
  report.append_json(line);
  return line;
}

std::string text_of(frame_report& report, const can::log_entry& entry) {
  report.read(entry);
  std::string line;
  report.append_text(line);
  return line;
}

/// Signals of every kind: floats, 64 bits, another scale than the point, texts, a selector.
constexpr const char* odd_profile = R"({"name": "odd", "version": 1, "protocol": "can",
  "commissioned": false, "points": {
  "state": {"channel": "State", "type": "u16", "unit": "", "period_ms": 100,
            "texts": ["open", "closed"]},
  "real": {"channel": "Real", "type": "f64", "unit": "V", "period_ms": 100},
  "wide": {"channel": "Wide", "type": "i64", "unit": "", "period_ms": 100},
  "fine": {"channel": "Fine", "type": "i16", "scale": 0.1, "unit": "A", "period_ms": 100}},
  "messages": [
   {"name": "small", "id": "0x100", "length": 6, "period_ms": 100, "signals": [
     {"point": "state", "start": 0, "length": 8},
     {"point": "real", "start": 8, "length": 32, "type": "float"}]},
   {"name": "large", "id": "0x00000101", "length": 8, "period_ms": 100, "signals": [
     {"point": "wide", "start": 0, "length": 64, "type": "signed"}]},
   {"name": "selected", "id": "0x102", "length": 4, "period_ms": 100,
    "multiplexer": {"start": 0, "length": 8}, "signals": [
     {"point": "fine", "start": 15, "length": 16, "order": "motorola", "type": "signed",
      "scale": 0.5, "mux": 2}]}]})";

} // namespace

TEST_CASE("a logged frame is one JSON object with its time, bus, identifier and signals") {
  auto report = report_of("kona_bus0.json");
  const auto entry = logged(make_frame(0x595, "000100000C00DE0D"));
  CHECK(json_of(report, entry) ==
        R"({"t":1953.613500,"bus":"bus0","id":"0x595","extended":false,"message":"pack_values",)"
        R"("signals":{"precharge":{"value":1,"unit":"","raw":1},)"
        R"("current":{"value":1.2,"unit":"A","raw":12},)"
        R"("voltage":{"value":355.0,"unit":"V","raw":3550}}})");
  CHECK(report.has_message());
  CHECK(report.readable());
  CHECK(text_of(report, entry) ==
        "      1953.613500  bus0    0x595       pack_values   precharge 1  current 1.2 A  "
        "voltage 355.0 V");
}

TEST_CASE("elements carry their index, and a sentinel or an impossible value is invalid") {
  auto report = report_of("demo_rack.json", 0xC0);
  const auto line = json_of(report, logged(make_frame(0x088 + 0xC0 + 4, "E40CFFFFE60CE70C")));
  const auto said = nlohmann::json::parse(line);
  CHECK(said["id"] == "0x14C");
  CHECK(said["signals"]["cell_voltage[16]"] ==
        nlohmann::json({{"value", 3.3}, {"unit", "V"}, {"raw", 0x0CE4}}));
  CHECK(
      said["signals"]["cell_voltage[17]"] ==
      nlohmann::json({{"value", nullptr}, {"quality", "invalid"}, {"unit", "V"}, {"raw", 65535}}));
  CHECK(line.find(R"("cell_voltage[17]":{"value":null,"quality":"invalid")") != std::string::npos);
  CHECK(said["signals"].size() == 4);
  const auto text = text_of(report, logged(make_frame(0x088 + 0xC0 + 4, "E40CFFFFE60CE70C")));
  CHECK(text.find("cell_voltage[16] 3.300 V  cell_voltage[17] - V") != std::string::npos);
}

TEST_CASE("a frame without a message says so, with its bytes") {
  auto report = report_of("kona_bus0.json");
  const auto unknown = json_of(report, logged(make_frame(0x18FF50E5, "0A0B", true), 7));
  CHECK(unknown == R"({"t":0.000007,"bus":"bus0","id":"0x18FF50E5","extended":true,"message":null,)"
                   R"("signals":{},"data":"0A0B"})");
  CHECK_FALSE(report.has_message());
  // An identifier of 29 bits is another one than that of 11.
  static_cast<void>(json_of(report, logged(make_frame(0x595, "000100000C00DE0D", true))));
  CHECK_FALSE(report.has_message());
  auto entry = logged(make_frame(0x595, "0001"));
  entry.frame.remote = true;
  CHECK(json_of(report, entry).find(R"("message":null,"signals":{},"remote":true)") !=
        std::string::npos);
  entry = logged({});
  entry.frame.error = true;
  entry.time = can::log_time::none;
  entry.channel = "can0";
  CHECK(json_of(report, entry).find(R"({"t":null,"bus":"can0",)") == 0);
  CHECK(text_of(report, entry).ends_with("error frame"));
}

TEST_CASE("a frame that cannot be decoded carries the reason") {
  auto report = report_of("kona_bus0.json");
  const auto said = nlohmann::json::parse(json_of(report, logged(make_frame(0x595, "0001"))));
  CHECK(said["message"] == "pack_values");
  CHECK(said["signals"].empty());
  CHECK(said["error"] == "2 bytes, expected 8");
  CHECK(said["data"] == "0001");
  CHECK_FALSE(report.readable());
  auto made = frame_report::make(load_good(odd_profile), 0);
  REQUIRE(made.has_value());
  const auto line = json_of(*made, logged(make_frame(0x102, "03000000")));
  CHECK(line.find(R"("error":"unknown multiplexer value")") != std::string::npos);
}

TEST_CASE("raw values are those of the wire, whatever the point makes of them") {
  auto made = frame_report::make(load_good(odd_profile), 0);
  REQUIRE(made.has_value());
  const auto signals = [&](const can::frame& frame) {
    return nlohmann::json::parse(json_of(*made, logged(frame)))["signals"];
  };
  const auto small = signals(make_frame(0x100, "010000C03F00"));
  CHECK(small["state"] == nlohmann::json({{"value", "closed"}, {"unit", ""}, {"raw", 1}}));
  CHECK(small["real"]["value"] == 1.5);
  CHECK(small["real"]["raw"] == 1.5);
  const auto nothing = signals(make_frame(0x100, "090000C07F00")); // a state without a name, NaN
  CHECK(nothing["state"]["value"] == 9);
  CHECK(nothing["real"]["value"].is_null());
  CHECK(nothing["real"]["raw"].is_null());
  CHECK(signals(make_frame(0x101, "FEFFFFFFFFFFFFFF", true))["wide"]["raw"] == -2);
  const auto selected = signals(make_frame(0x102, "02FFFD00"));
  CHECK(selected["fine"]["raw"] == -3);
  CHECK(selected["fine"]["value"] == -1.5);
}

TEST_CASE("raw values belong to their signals, in whatever order a message has them") {
  auto made = frame_report::make(load_good(R"({"name": "mixed", "version": 1, "protocol": "can",
  "commissioned": false, "points": {
  "real": {"channel": "Real", "type": "f64", "unit": "V", "period_ms": 100},
  "other": {"channel": "Other", "type": "u16", "unit": "", "period_ms": 100},
  "count": {"channel": "Count", "type": "u16", "unit": "", "count": 4, "period_ms": 100}},
  "messages": [{"name": "mixed", "id": "0x100", "length": 8, "period_ms": 100,
    "repeat": {"count": 2, "id_step": 1, "index_step": 2}, "signals": [
     {"point": "count", "index": 1, "start": 48, "length": 16, "scale": 2},
     {"point": "count", "index": 0, "start": 32, "length": 16}]},
    {"name": "float", "id": "0x110", "length": 8, "period_ms": 100, "signals": [
     {"point": "real", "start": 0, "length": 32, "type": "float"},
     {"point": "other", "start": 32, "length": 16}]}]})"),
                                 0);
  REQUIRE(made.has_value());
  const auto signals = [&](const can::frame& frame) {
    return nlohmann::json::parse(json_of(*made, logged(frame)))["signals"];
  };
  const auto real = signals(make_frame(0x110, "0000C03F07000000"));
  CHECK(real["real"]["raw"] == 1.5);
  CHECK(real["other"]["raw"] == 7);
  const auto second = signals(make_frame(0x101, "0000000005000300"));
  CHECK(second["count[2]"]["raw"] == 5);
  CHECK(second["count[3]"]["raw"] == 3);
  CHECK(second["count[3]"]["value"] == 6);
}

TEST_CASE("what a recorded drive says agrees with its bytes frame by frame") {
  if (data_folder().empty()) {
    WARN("skipped: VOLTAIC_TEST_DATA is not set");
    return;
  }
  auto report = report_of("kona_bus0.json");
  std::size_t messages = 0;
  std::size_t compared = 0;
  for (const auto& line : lines_of(
           data_folder() + "/logs/kona_gvret/230112-7-2019-pcan-ccan-power-off-on-ready-off.csv")) {
    can::log_entry entry;
    const auto kind = can::read_gvret(line, entry);
    REQUIRE(kind.has_value());
    if (*kind != can::line_kind::frame) continue;
    report.read(entry);
    messages += report.has_message() ? 1 : 0;
    if (entry.frame.id != 0x595) continue;
    std::string text;
    report.append_json(text);
    const auto voltage = nlohmann::json::parse(text)["signals"]["voltage"];
    const int raw = entry.frame.data[6] + 256 * entry.frame.data[7];
    REQUIRE(voltage["raw"] == raw);
    if (!voltage["value"].is_null()) {
      REQUIRE(voltage["value"].get<double>() == Approx(raw / 10.0));
      ++compared;
    }
  }
  CHECK(messages == 426);
  CHECK(compared > 50);
}

TEST_CASE("a frame of J1939 is read whatever its priority, from its device's address alone") {
  auto report = report_of("j1939_hvess_battery.json", 1);
  // HVESSD2 of address 244: 50 % are 32,000 steps of 0.0015625.
  const auto* data = "007DFFFFFFFFFFFF";
  report.read(logged(make_frame(0x18F091F4, data, true)));
  CHECK(report.message_name() == "hvessd2");
  std::string line;
  report.append_values(line);
  CHECK(line.starts_with("  soc 50.0 %"));
  report.read(logged(make_frame(0x0CF091F4, data, true)));
  CHECK(report.has_message());
  report.read(logged(make_frame(0x18F091F3, data, true)));
  CHECK_FALSE(report.has_message());
}

} // namespace frame_report_test
