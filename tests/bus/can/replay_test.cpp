#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "bus/can/can_support.hpp"
#include "bus/can/clock.hpp"
#include "bus/can/replay/recording.hpp"
#include "bus/can/replay/replay_port.hpp"
#include "bus/can/replay/timeline.hpp"

namespace replay_test {

using namespace voltaic::bus::can;
using can_support::collector;
using can_support::eventually;
using can_support::frame;
using can_support::temporary_folder;

namespace {

std::string write_file(const temporary_folder& folder, const std::string& name,
                       const std::string& text) {
  std::string path = folder.path() + "/" + name;
  std::FILE* file = std::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  std::fputs(text.c_str(), file);
  std::fclose(file);
  return path;
}

constexpr const char* small_gvret =
    "Time Stamp,ID,Extended,Bus,LEN,D1,D2,D3,D4,D5,D6,D7,D8\n"
    "4294960000,00000101,false,0,2,AA,01\n"
    "4294959000,00000595,false,1,1,B1\n"
    "4294965000,00000595,false,0,1,A0\n"
    "00002704,18FF50E5,true,0,8,01,02,03,04,05,06,07,08\n"
    "00022704,00000101,false,1,0\n";

std::string kona_path() {
  const char* data = std::getenv("VOLTAIC_TEST_DATA");
  if (data == nullptr) return {};
  return std::string(data) + "/logs/kona_gvret/230112-7-2019-pcan-ccan-power-off-on-ready-off.csv";
}

port_options replay(const std::string& path, const std::string& bus, double speed) {
  port_options options;
  options.uri = "replay:" + path + "#" + bus;
  options.speed = speed;
  return options;
}

std::unique_ptr<port> start(const port_options& options, collector& into) {
  auto opened = open_port(options, into.handler());
  if (!opened) FAIL(opened.error().text);
  return std::move(opened).value();
}

bool ended(const port& who) {
  return who.read_statistics().state == controller_state::down;
}

/// Everything that a receiver can tell apart, up to the batch that ends `until_us`.
std::vector<frame> frames_until(const collector& from, std::int64_t until_us) {
  std::vector<frame> result;
  for (const batch& each : from.batches()) {
    if (each.now_us > until_us) break;
    result.insert(result.end(), each.frames.begin(), each.frames.end());
  }
  return result;
}

} // namespace

TEST_CASE("a recording keeps one bus on the timeline of its file across a wrap") {
  const temporary_folder folder;
  const std::string path = write_file(folder, "small.csv", small_gvret);
  const auto bus_0 = load_recording(path, "0");
  REQUIRE(bus_0.has_value());
  REQUIRE(bus_0->frames.size() == 3);
  CHECK(bus_0->frames[0].time_us == 0);
  CHECK(bus_0->frames[1].time_us == 5'000);
  CHECK(bus_0->frames[2].time_us == 10'000);
  CHECK(bus_0->frames[2].extended);
  CHECK(bus_0->span_us == 30'000);
  const auto bus_1 = load_recording(path, "1");
  REQUIRE(bus_1.has_value());
  REQUIRE(bus_1->frames.size() == 2);
  CHECK(bus_1->frames[0].time_us == 0); // logged after the first, stamped before it
  CHECK(bus_1->frames[1].time_us == 30'000);
  CHECK(bus_1->span_us == 30'000);
}

TEST_CASE("a candump log is replayed by the name of its interface") {
  const temporary_folder folder;
  const std::string path = write_file(folder, "can.log",
                                      "(1594172461.968006) vcan0 0C8#F000\n"
                                      "(1594172461.968506) vcan1 123#11\n"
                                      "(1594172461.970006) vcan0 12345678#0102\n");
  const auto found = load_recording(path, "vcan0");
  REQUIRE(found.has_value());
  REQUIRE(found->frames.size() == 2);
  CHECK(found->frames[1].time_us == 2'000);
  CHECK(found->frames[1].id == 0x12345678);
}

TEST_CASE("a log of every format that carries times is replayed") {
  const temporary_folder folder;
  const std::string logs[] = {
      " (000.500000)  can0  123   [1]  11\n (000.502000)  can0  123   [1]  12\n",
      "base hex  timestamps absolute\n0.5 1 123 Rx d 1 11\n0.502 1 123 Rx d 1 12\n",
      "base hex  timestamps relative\n0.5 1 123 Rx d 1 11\n0.002 1 123 Rx d 1 12\n",
      ";$FILEVERSION=1.1\n 1) 500.0 Rx 0123 1 11\n 2) 502.0 Rx 0123 1 12\n",
      ";$COLUMNS=N,O,T,B,I,d,R,L,D\n1 500.0 DT 1 0123 Rx - 1 11\n2 502.0 DT 1 0123 Rx - 1 12\n",
      "Timestamp: 0.500000 ID: 0123 S Rx DL: 1 11\nTimestamp: 0.502 ID: 0123 S Rx DL: 1 12\n"};
  for (const auto& log : logs) {
    INFO(log);
    const auto found = load_recording(write_file(folder, "can.log", log), "");
    REQUIRE(found.has_value());
    REQUIRE(found->frames.size() == 2);
    CHECK(found->frames[1].id == 0x123);
    CHECK(found->frames[1].data[0] == 0x12);
    CHECK(found->frames[1].time_us == 2'000);
  }
  const auto asc = write_file(folder, "can.log", logs[1]);
  CHECK(load_recording(asc, "1").has_value());
  CHECK(load_recording(asc, "bus1").has_value());
  CHECK_FALSE(load_recording(asc, "0").has_value());
  const auto timeless = load_recording(write_file(folder, "can.log", "can0 123 [1] 11\n"), "");
  REQUIRE_FALSE(timeless.has_value());
  CHECK(timeless.error().text.find("can.log:1: the line carries no time") != std::string::npos);
}

TEST_CASE("a recording that cannot be played is refused with the reason") {
  const temporary_folder folder;
  const std::string path = write_file(folder, "small.csv", small_gvret);
  const auto reason = [](const std::string& uri, double speed = 1) {
    port_options options;
    options.uri = uri;
    options.speed = speed;
    const auto opened = open_port(options, [](batch&&) {});
    return opened ? std::string() : opened.error().text;
  };
  CHECK(reason("replay:" + path + "#7").find("its buses: 0, 1") != std::string::npos);
  CHECK(reason("replay:" + path).find("name one of its buses: 0, 1") != std::string::npos);
  CHECK(reason("replay:/nonexistent/x.csv#0").find("No such file") != std::string::npos);
  CHECK(reason("replay:" + folder.path() + "#0").find("not a file") != std::string::npos);
  CHECK(reason("replay:" + path + "#0", -1).find("speed") != std::string::npos);
  const std::string broken = write_file(folder, "broken.log", "(1.000000) can0 1#00\nnonsense\n");
  CHECK(reason("replay:" + broken + "#can0").find("broken.log:1: ") != std::string::npos);
  CHECK_FALSE(reason("replay:" + write_file(folder, "empty.log", "") + "#0").empty());
}

TEST_CASE("a timeline's batches are ticks of the grid and a lap starts after the whole file") {
  const temporary_folder folder;
  const auto source = load_recording(write_file(folder, "small.csv", small_gvret), "0");
  REQUIRE(source.has_value());
  replay_timeline timeline(*source, 1'003'000, true);
  std::vector<std::int64_t> stamps;
  std::int64_t last_us = 1'003'000;
  for (int i = 0; i < 20; ++i) {
    const batch got = timeline.next();
    CHECK(got.now_us == 1'010'000 + i * 10'000);
    for (const frame& item : got.frames) {
      CHECK(item.time_us > last_us - (stamps.empty() ? 1 : 0));
      CHECK(item.time_us <= got.now_us);
      last_us = item.time_us;
      stamps.push_back(item.time_us);
    }
  }
  REQUIRE(stamps.size() >= 6);
  CHECK(stamps[0] == 1'003'000);
  CHECK(stamps[1] == 1'008'000);
  CHECK(stamps[2] == 1'013'000);
  CHECK(stamps[3] == 1'003'000 + 30'000 + 10'000);
  CHECK_FALSE(timeline.ended());
}

TEST_CASE("a replay plays on recorded time, then is down while ticks go on") {
  const temporary_folder folder;
  const std::string path = write_file(folder, "small.csv", small_gvret);
  collector heard;
  const std::int64_t before_us = monotonic_now_us();
  const auto played = start(replay(path, "0", 1), heard);
  REQUIRE(heard.wait_for_frames(3));
  REQUIRE(eventually([&] { return ended(*played); }));
  REQUIRE(heard.wait_for_batches(20));
  const auto got = heard.frames();
  REQUIRE(got.size() == 3);
  CHECK(got[0].time_us >= before_us);
  CHECK(got[1].time_us == got[0].time_us + 5'000);
  CHECK(got[2].time_us == got[0].time_us + 10'000);
  std::int64_t last_us = 0;
  for (const batch& each : heard.batches()) {
    if (last_us != 0) CHECK(each.now_us == last_us + tick_period_us);
    last_us = each.now_us;
  }
  CHECK(monotonic_now_us() - before_us >= 150'000);
  CHECK(played->send(can_support::make_frame(1)) == send_result::down);
  CHECK(played->read_statistics().rx == 3);
  CHECK(played->read_statistics().tx_dropped == 1);
}

TEST_CASE("a fixed epoch gives the same batches at every speed") {
  const temporary_folder folder;
  const std::string path = write_file(folder, "small.csv", small_gvret);
  std::vector<std::vector<batch>> runs;
  for (const double speed : {0.0, 10.0, 1.0}) {
    port_options options = replay(path, "0", speed);
    options.epoch_utc_us = 1'767'225'600'000'000;
    options.loop = true;
    collector heard;
    const auto played = start(options, heard);
    REQUIRE(heard.wait_for_batches(30));
    auto said = heard.batches();
    said.resize(30);
    runs.push_back(std::move(said));
  }
  for (const auto& run : runs) {
    for (std::size_t i = 0; i < run.size(); ++i) {
      CHECK(run[i].frames == runs[0][i].frames);
      CHECK(run[i].now_us == runs[0][i].now_us);
      CHECK(run[i].now_us + run[i].utc_offset_us ==
            1'767'225'600'000'000 + 10'000 * static_cast<std::int64_t>(i + 1));
    }
  }
  CHECK(runs[0][0].frames.at(0).time_us == epoch_monotonic_us);
}

TEST_CASE("F-066 the Kona capture comes out whole, each bus with its own frames") {
  const std::string path = kona_path();
  if (path.empty()) {
    WARN("VOLTAIC_TEST_DATA is not set: skipped");
    return;
  }
  std::map<std::string, std::vector<frame>> got;
  for (const std::string bus : {"0", "1"}) {
    port_options options = replay(path, bus, 0);
    options.epoch_utc_us = 1'673'481'600'000'000;
    collector heard;
    const auto played = start(options, heard);
    REQUIRE(eventually([&] { return ended(*played); }));
    got[bus] = heard.frames();
    CHECK(played->read_statistics().rx == got[bus].size());
  }
  CHECK(got["0"].size() == 24'263);
  CHECK(got["1"].size() == 15'283);
  CHECK(got["0"].size() + got["1"].size() == 39'546);
  // Both timelines start with the file's first frame, 1953613500 us.
  CHECK(got["0"].front().time_us == epoch_monotonic_us);
  CHECK(got["0"].front().id == 0x109);
  CHECK(got["1"].front().time_us == epoch_monotonic_us + 3'000);
  CHECK(got["0"].back().time_us == epoch_monotonic_us + 1964455700 - 1953613500);
  CHECK(got["1"].back().id == 0x4F1);
  CHECK(got["1"].back().time_us == epoch_monotonic_us + 1964453900 - 1953613500);
  for (const auto& [bus, frames] : got) {
    for (std::size_t i = 1; i < frames.size(); ++i) {
      if (frames[i].time_us < frames[i - 1].time_us) FAIL("time falls on bus " << bus);
    }
  }
  const auto has = [&](const std::string& bus, const std::array<std::uint8_t, 8>& data) {
    return std::any_of(got[bus].begin(), got[bus].end(), [&](const frame& item) {
      return item.id == 0x595 && std::equal(data.begin(), data.end(), item.data.begin());
    });
  };
  const std::array<std::uint8_t, 8> on_0{0x1A, 0x00, 0xB4, 0xB5, 0x1B, 0x00, 0xDE, 0x0D};
  const std::array<std::uint8_t, 8> on_1{0x00, 0x00, 0x18, 0x00, 0xDE, 0x0D, 0x00, 0x00};
  CHECK(has("0", on_0));
  CHECK(has("1", on_1));
  CHECK_FALSE(has("0", on_1));
  CHECK_FALSE(has("1", on_0));
}

TEST_CASE("the Kona capture gives the same frames unpaced and ten times as fast") {
  const std::string path = kona_path();
  if (path.empty()) {
    WARN("VOLTAIC_TEST_DATA is not set: skipped");
    return;
  }
  std::vector<std::vector<frame>> runs;
  for (const double speed : {0.0, 10.0}) {
    port_options options = replay(path, "0", speed);
    options.epoch_utc_us = 1'673'481'600'000'000;
    collector heard;
    const auto played = start(options, heard);
    REQUIRE(eventually([&] { return ended(*played); }));
    runs.push_back(frames_until(heard, epoch_monotonic_us + 20'000'000));
  }
  CHECK(runs[0].size() == 24'263);
  CHECK(runs[0] == runs[1]);
}

} // namespace replay_test
