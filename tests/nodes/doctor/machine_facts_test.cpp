#include <catch2/catch.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "bus/can/file_descriptor.hpp"
#include "nodes/doctor/comm_log_reader.hpp"
#include "nodes/doctor/machine_facts.hpp"
#include "support/temporary_folder.hpp"

namespace machine_facts_test {

using namespace voltaic;
using namespace voltaic::nodes::doctor;
using bus::can::file_descriptor;

namespace {

/// A socket of this machine that listens on a port that nobody else has.
struct listener {
  file_descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::uint16_t port = 0;
  listener() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(at);
    REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port = ntohs(at.sin_port);
  }
};

} // namespace

TEST_CASE("the loopback is an interface and none of CAN, and another name is nobody's") {
  const auto loopback = look_at_interface("lo");
  CHECK(loopback.present);
  CHECK_FALSE(loopback.is_can);
  const auto none = look_at_interface("nosuchcan9");
  CHECK(none.refused.empty());
  CHECK_FALSE(none.present);
  CHECK_FALSE(look_at_interface("a_name_that_is_too_long").refused.empty());
}

TEST_CASE("a serial port is looked at without opening it: absent, no device, held") {
  const tests::temporary_folder place;
  CHECK_FALSE(look_at_serial(place / "ttyUSB0", {}).present);
  std::ofstream(place / "file") << "x";
  const auto file = look_at_serial(place / "file", {});
  CHECK(file.present);
  CHECK_FALSE(file.is_device);
  ::chmod((place / "file").c_str(), 0600);
  CHECK(look_at_serial(place / "file", {}).mode == "0600");

  const file_descriptor master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(master.valid());
  REQUIRE(::grantpt(master.get()) == 0);
  REQUIRE(::unlockpt(master.get()) == 0);
  const std::string port = ::ptsname(master.get());
  CHECK(look_at_serial(port, {}).holders.empty());
  const file_descriptor user(::open(port.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(user.valid());
  const auto held = look_at_serial(port, {});
  CHECK(held.is_device);
  CHECK(held.may_read);
  CHECK(held.may_write);
  REQUIRE(held.holders.size() == 1);
  CHECK(held.holders.front().find(std::to_string(::getpid())) != std::string::npos);
  CHECK(look_at_serial(port, {::getpid()}).holders.empty());
}

TEST_CASE("a port is told to be reached or refused") {
  const listener open;
  CHECK(try_connection("127.0.0.1", open.port).reach == reach::refused); // bound, not listening
  REQUIRE(::listen(open.socket.get(), 1) == 0);
  CHECK(try_connection("127.0.0.1", open.port).reach == reach::reached);
  CHECK(try_connection("plant.example", 502).reach == reach::failed);
  CHECK(look_for_route("127.0.0.1:20000").reach == reach::reached);
  CHECK(look_for_route("127.0.0.1:0").reach == reach::reached);
  CHECK(look_for_route("nowhere").reach == reach::failed);
}

TEST_CASE("who takes no connection any more is silent, as behind a firewall that drops") {
  const listener full;
  REQUIRE(::listen(full.socket.get(), 0) == 0);
  std::vector<file_descriptor> waiting;
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(full.port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int i = 0; i < 4; ++i) { // its queue is full then
    waiting.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    (void)::connect(waiting.back().get(), reinterpret_cast<const sockaddr*>(&at), sizeof(at));
  }
  CHECK(try_connection("127.0.0.1", full.port, std::chrono::milliseconds(200)).reach ==
        reach::silent);
}

TEST_CASE("comm.log is counted by link and word, from a time on") {
  constexpr std::int64_t from_us = 1'767'323'045'000'000; // 2026-01-02T03:04:05Z
  const auto told = count_words(
      "2026-01-02T03:04:04.999Z can0 No ACK: before\n"
      "2026-01-02T03:04:05.000Z can0 No ACK: nobody acknowledges: at all\n"
      "2026-01-02T03:05:05.678Z can0 No ACK: again\n"
      "2026-01-02T03:05:05.678Z plant CRC Error: 3 answers\n"
      "not a line: of it\n\n2026-01-02T03:05:05.678Z cut",
      from_us);
  REQUIRE(told.size() == 2);
  CHECK(told.at("can0") == told_words{{"No ACK", 2}});
  CHECK(told.at("plant") == told_words{{"CRC Error", 1}});
}

TEST_CASE("of a long log the end is read, from a whole line on") {
  const tests::temporary_folder place;
  std::ofstream(place / "comm.log") << std::string(log_end_bytes, 'x') << "\nlast\n";
  CHECK(log_end(place / "comm.log") == "last\n");
  CHECK(log_end(place / "absent.log").empty());
}

} // namespace machine_facts_test
