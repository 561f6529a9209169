#include "bus/can/logs/capture.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "bus/can/can_support.hpp"
#include "bus/can/logs/log_file.hpp"

namespace capture_test {

using namespace voltaic::bus::can;
using namespace can_support;

namespace {

port_options listening(const std::string& folder) {
  port_options options;
  options.name = "can0";
  options.uri = "virtual:can0";
  options.runtime_folder = folder;
  return options;
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

TEST_CASE("a capture writes every frame of a bus with the time of day") {
  const temporary_folder folder;
  const auto bus = serve({.name = "can0", .runtime_folder = folder.path()});
  auto source = capture::start(listening(folder.path()));
  REQUIRE(source.has_value());
  const auto sender = open(folder.path(), "virtual:can0", [](batch&&) {});
  REQUIRE(eventually([&] {
    return (*source)->connected() &&
           sender->read_statistics().state == controller_state::error_active;
  }));
  constexpr std::uint8_t count = 200;
  for (std::uint8_t i = 0; i < count; ++i)
    REQUIRE(eventually([&] { return sender->send(make_frame(0x123, i)) == send_result::sent; }));
  std::string text;
  CHECK(eventually([&] {
    (*source)->take(text);
    return lines_of(text) >= count;
  }));
  CHECK((*source)->counts().frames == count);
  CHECK((*source)->counts().lost == 0);
  voltaic::messages::can::log_reader reader;
  voltaic::messages::can::log_entry entry;
  std::uint8_t next = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    REQUIRE(reader.read(text.substr(0, end), entry).has_value());
    CHECK(entry.channel == "can0");
    CHECK(entry.time == voltaic::messages::can::log_time::absolute);
    CHECK(entry.frame.data[0] == next++);
    text.erase(0, end + 1);
  }
}

TEST_CASE("frames that a slow writer loses are counted and told in the log") {
  const temporary_folder folder;
  const auto bus = serve({.name = "can0", .runtime_folder = folder.path()});
  constexpr std::size_t room = 10;
  auto source = capture::start(listening(folder.path()), room);
  REQUIRE(source.has_value());
  collector heard;
  const auto sender = open(folder.path(), "virtual:can0", [](batch&&) {});
  const auto witness = open(folder.path(), "virtual:can0", heard.handler());
  REQUIRE(eventually([&] {
    return (*source)->connected() &&
           sender->read_statistics().state == controller_state::error_active &&
           witness->read_statistics().state == controller_state::error_active;
  }));
  for (std::uint8_t i = 0; i < 25; ++i)
    REQUIRE(eventually([&] { return sender->send(make_frame(0x123, i)) == send_result::sent; }));
  REQUIRE(heard.wait_for_frames(25));
  std::string text;
  CHECK(eventually([&] {
    (*source)->take(text);
    const auto counts = (*source)->counts();
    return counts.frames + counts.lost == 25;
  }));
  CHECK((*source)->counts().lost > 0);
  CHECK(text.find("DROPCOUNT: dropped ") != std::string::npos);
  CHECK(text.find(" CAN frames on 'can0' socket (total drops ") != std::string::npos);
}

TEST_CASE("a bus that is not there yet is awaited, and an unknown kind is refused") {
  const temporary_folder folder;
  auto source = capture::start(listening(folder.path()));
  REQUIRE(source.has_value());
  CHECK_FALSE((*source)->connected());
  const auto bus = serve({.name = "can0", .runtime_folder = folder.path()});
  CHECK(eventually([&] { return (*source)->connected(); }));
  auto unknown = listening(folder.path());
  unknown.uri = "telepathy:can0";
  CHECK_FALSE(capture::start(unknown).has_value());
}

} // namespace capture_test
