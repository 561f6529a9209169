#include "bus/modbus/server.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>

#include "messages/modbus/frame.hpp"
#include "messages/modbus/served_unit.hpp"
#include "support/line_listener.hpp"
#include "support/registers_unit.hpp"
#include "support/temporary_folder.hpp"

namespace voltaic::bus::modbus::server_test {
namespace {

namespace wire = messages::modbus;
using bytes = std::vector<std::uint8_t>;
using std::chrono::milliseconds;

/// A client that sends what it is told to.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }
  ~raw_client() { ::close(descriptor_); }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  void send(const bytes& what) const {
    (void)!::send(descriptor_, what.data(), what.size(), MSG_NOSIGNAL);
  }
  /// What came within the time; nothing and `closed` when the server hung up.
  bytes receive(int timeout_ms = 5'000) {
    pollfd waited{descriptor_, POLLIN, 0};
    if (::poll(&waited, 1, timeout_ms) <= 0) return {};
    bytes incoming(1'024);
    const auto length = ::recv(descriptor_, incoming.data(), incoming.size(), 0);
    closed = length <= 0;
    incoming.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    return incoming;
  }
  bool closed = false;

 private:
  int descriptor_;
};

const bytes good_request = wire::encode_tcp({1, 1, {3, 0, 0, 0, 2}});
const bytes good_answer = wire::encode_tcp({1, 1, {3, 4, 0, 0, 0, 1}});

struct fixture {
  fixture() {
    options.name = "test";
    options.frame_timeout_ms = 300;
    options.idle_timeout_ms = 1'500;
  }
  void start() {
    auto made = start_server(options, [this](std::uint8_t number, auto pdu) {
      const std::scoped_lock lock(unit_mutex);
      return number == 1 ? wire::serve(unit, pdu) : bytes{};
    });
    REQUIRE(made);
    server = *std::move(made);
  }
  std::uint16_t holding(std::size_t address) {
    const std::scoped_lock lock(unit_mutex);
    return unit.holding[address];
  }
  server_options options;
  std::mutex unit_mutex; ///< the server's thread serves it
  tests::registers_unit unit;
  std::unique_ptr<modbus::server> server;
};

TEST_CASE_METHOD(fixture, "a server answers frames whole, in parts and two at once") {
  // Its parts may lie far apart on a busy machine.
  options.frame_timeout_ms = options.idle_timeout_ms = 60'000;
  start();
  raw_client client(server->port());
  client.send(good_request);
  CHECK(client.receive() == good_answer);
  client.send(bytes(good_request.begin(), good_request.begin() + 5));
  CHECK(client.receive(50).empty());
  client.send(bytes(good_request.begin() + 5, good_request.end()));
  CHECK(client.receive() == good_answer);
  auto two = good_request;
  two.insert(two.end(), good_request.begin(), good_request.end());
  client.send(two);
  auto got = client.receive();
  if (got.size() < 2 * good_answer.size()) {
    const auto rest = client.receive();
    got.insert(got.end(), rest.begin(), rest.end());
  }
  CHECK(got.size() == 2 * good_answer.size());
  client.send(wire::encode_tcp({2, 9, {3, 0, 0, 0, 2}})); // a unit that is not there
  CHECK(client.receive(100).empty());
  CHECK_FALSE(client.closed);
}

TEST_CASE_METHOD(fixture, "F-088 a wrong header closes the connection, and that one only") {
  options.idle_timeout_ms = 60'000;
  start();
  raw_client other(server->port());
  for (const std::uint16_t length : std::initializer_list<std::uint16_t>{0, 1, 255, 65'535}) {
    raw_client client(server->port());
    auto wrong = good_request;
    wrong[4] = static_cast<std::uint8_t>(length >> 8);
    wrong[5] = static_cast<std::uint8_t>(length);
    client.send(wrong);
    CHECK(client.receive().empty());
    CHECK(client.closed);
  }
  raw_client client(server->port());
  auto wrong = good_request;
  wrong[2] = 1;
  client.send(wrong);
  CHECK(client.receive().empty());
  CHECK(client.closed);
  other.send(good_request);
  CHECK(other.receive() == good_answer);
}

TEST_CASE_METHOD(fixture, "F-087 slow, idle and too many clients are closed, others are served") {
  start();
  raw_client good(server->port());
  raw_client slow(server->port());
  slow.send({0, 1, 0});
  raw_client idle(server->port());
  raw_client fourth(server->port());
  fourth.send(good_request);
  CHECK(fourth.receive() == good_answer);
  raw_client fifth(server->port()); // more than one address may have
  CHECK(fifth.receive().empty());
  CHECK(fifth.closed);
  CHECK(slow.receive().empty());
  CHECK(slow.closed);
  for (int i = 0; i < 4; ++i) {
    good.send(good_request);
    CHECK(good.receive() == good_answer);
    std::this_thread::sleep_for(milliseconds(500));
  }
  CHECK(idle.receive().empty());
  CHECK(idle.closed);
  good.send(good_request);
  CHECK(good.receive() == good_answer);
  CHECK(server->read_statistics().refused >= 1);
  CHECK(server->read_statistics().expired >= 2);
}

TEST_CASE_METHOD(fixture, "a line and a server understand each other over every transport") {
  const tests::temporary_folder folder;
  for (const auto how : {transport::tcp, transport::rtu, transport::rtu_over_tcp}) {
    CAPTURE(kind_of(how));
    server.reset();
    unit = tests::registers_unit();
    options.rtu_frames = how == transport::rtu_over_tcp;
    options.terminal = how == transport::rtu ? folder / "tty" : "";
    start();
    line_options line;
    line.name = "plant";
    line.transport = how;
    line.host = "127.0.0.1";
    line.port = server->port();
    line.serial.device = options.terminal;
    line.serial.baud = 115'200;
    line.response_timeout_ms = 300;
    line.units = {{1, 50, {{table::holding, 0, 120}, {table::input, 10, 2}}}};
    line.units[0].writable = {{50, 2}};
    tests::line_listener told;
    const auto opened = told.open(line);
    const auto round = told.next_poll_of(outcome::done);
    CHECK(round.answers[0].registers[119] == 119);
    REQUIRE(opened->write({1, 1, 50, {7, 8}, 0}));
    const auto written = told.next_answer();
    CHECK(written.outcome == outcome::done);
    CHECK(written.read_back == std::vector<std::uint16_t>{7, 8});
    CHECK(holding(51) == 8);
    CHECK(opened->read_statistics().crc_errors == 0);
    CHECK(opened->read_statistics().bytes_received > 245);
  }
}

} // namespace
} // namespace voltaic::bus::modbus::server_test
