#include "bus/modbus/line.hpp"

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <sstream>
#include <thread>

#include "support/line_listener.hpp"
#include "support/pymodbus_server.hpp"

namespace voltaic::bus::modbus::line_test {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

using tests::patience;
using listener = tests::line_listener;

line_options options_for(std::uint16_t port) {
  line_options options;
  options.name = "plant";
  options.host = "127.0.0.1";
  options.port = port;
  options.response_timeout_ms = 300;
  options.reconnect_min_ms = 20;
  options.reconnect_max_ms = 100;
  options.probe_min_ms = 50;
  options.probe_max_ms = 200;
  options.units = {{1, 50, {{table::holding, 0, 120}, {table::input, 10, 2}}}};
  options.units[0].writable = {{0, 200}};
  return options;
}

std::vector<std::uint16_t> counting(std::uint16_t first, std::size_t count) {
  std::vector<std::uint16_t> registers;
  for (std::size_t index = 0; index < count; ++index)
    registers.push_back(static_cast<std::uint16_t>(first + index));
  return registers;
}

#define SKIP_WITHOUT_PYMODBUS                                                                  \
  if (!tests::pymodbus_server::installed()) {                                                  \
    WARN("SKIPPED: python3-pymodbus and python3-serial-asyncio are missing; run ./dev setup"); \
    return;                                                                                    \
  }

TEST_CASE("a Modbus line reads and writes the exact registers of a pymodbus server") {
  SKIP_WITHOUT_PYMODBUS
  tests::pymodbus_server server;
  listener told;
  const auto opened = told.open(options_for(server.port()));
  const poll first = told.next_poll_of(outcome::done);
  CHECK(first.unit == 1);
  REQUIRE(first.answers.size() == 2);
  CHECK(first.answers[0].registers == counting(1000, 120));
  CHECK(first.answers[1].registers == counting(2010, 2));
  CHECK(first.now_us >= first.answers[0].time_us);
  REQUIRE(opened->write({7, 1, 50, {1, 0xFFFF, 3}, 0}));
  const write_answer answer = told.next_answer();
  CHECK(answer.token == 7);
  CHECK(answer.outcome == outcome::done);
  CHECK(answer.sent);
  CHECK(answer.read_back == std::vector<std::uint16_t>{1, 0xFFFF, 3});
  CHECK(server.tell("get 51") == "65535");
  CHECK(server.tell("writes") == "1");
  CHECK(opened->read_statistics().connected);
  CHECK(opened->read_statistics().timeouts == 0);
}

TEST_CASE("F-080 an exception is told with its code and without registers") {
  SKIP_WITHOUT_PYMODBUS
  tests::pymodbus_server server;
  listener told;
  auto options = options_for(server.port());
  options.units = {{1, 50, {{table::holding, 190, 20}, {table::holding, 5, 1}}}};
  options.units[0].writable = {{0, 0xFFFF}};
  const auto opened = told.open(options);
  const poll outside = told.next_poll();
  CHECK(outside.answers[0].outcome == outcome::exception);
  CHECK(outside.answers[0].exception_code == 2);
  CHECK(outside.answers[0].registers.empty());
  // The connection lives on: the next request of the same round is answered.
  CHECK(outside.answers[1].registers == counting(1005, 1));
  REQUIRE(opened->write({1, 1, 199, {1, 2}, 0}));
  const write_answer answer = told.next_answer();
  CHECK(answer.outcome == outcome::exception);
  CHECK(answer.exception_code == 2);
  server.tell("fail");
  CHECK(told.next_poll().answers[1].exception_code == 4);
  CHECK(opened->read_statistics().reconnects == 0);
}

TEST_CASE("F-081 silence is a timeout, costs one timeout a round, and ends with the silence") {
  SKIP_WITHOUT_PYMODBUS
  tests::pymodbus_server server;
  listener told;
  const auto opened = told.open(options_for(server.port()));
  (void)told.next_poll_of(outcome::done);
  server.tell("silent");
  const auto timeouts = opened->read_statistics().timeouts;
  const poll silent = told.next_poll_of(outcome::timeout);
  REQUIRE(silent.answers.size() == 2);
  CHECK(silent.answers[1].outcome == outcome::timeout);
  CHECK(silent.answers[1].registers.empty());
  CHECK(opened->read_statistics().timeouts > timeouts);
  server.tell("normal");
  CHECK(told.next_poll_of(outcome::done).answers[0].registers == counting(1000, 120));
}

TEST_CASE("F-082 an answer that comes late is never taken for the next one") {
  SKIP_WITHOUT_PYMODBUS
  tests::pymodbus_server server;
  listener told;
  auto options = options_for(server.port());
  options.units = {{1, 20, {{table::holding, 10, 1}, {table::holding, 20, 1}}}};
  const auto opened = told.open(options);
  (void)told.next_poll_of(outcome::done);
  constexpr int rounds = 3;
  const auto right = [](const poll& told_poll) {
    for (const auto& each : told_poll.answers) {
      const auto expected = static_cast<std::uint16_t>(1'000 + each.request.address);
      if (each.outcome == outcome::done && each.registers != counting(expected, 1)) return false;
    }
    return true;
  };
  for (int round = 0; round < rounds; ++round) {
    const auto before = opened->read_statistics().timeouts;
    server.tell("late 450");
    (void)told.next_poll([&](const poll& each) {
      if (!right(each)) FAIL("a wrong answer before the late one");
      return opened->read_statistics().timeouts > before;
    });
    const auto end = clock::now() + milliseconds(600);
    while (clock::now() < end)
      if (!right(told.next_poll())) FAIL("the late answer was taken for another");
  }
  // Each late answer was really given, whether its connection was still open or not.
  const auto given = [&] {
    std::istringstream counts(server.tell("delayed"));
    int open = 0;
    int closed = 0;
    counts >> open >> closed;
    return open + closed;
  };
  const auto end = clock::now() + patience;
  while (given() < rounds && clock::now() < end) std::this_thread::sleep_for(milliseconds(20));
  CHECK(given() == rounds);
  CHECK(opened->read_statistics().timeouts >= rounds);
  CHECK(opened->read_statistics().late >= 1);
  CHECK(opened->read_statistics().strays == 0);
  CHECK(opened->read_statistics().bad_answers == 0);
}

TEST_CASE("F-002 a write whose answer is lost is read back and not sent again") {
  SKIP_WITHOUT_PYMODBUS
  tests::pymodbus_server server;
  listener told;
  auto options = options_for(server.port());
  options.units[0].reads.clear();
  const auto opened = told.open(options);
  server.tell("mute");
  REQUIRE(opened->write({1, 1, 60, {4711}, 0}));
  const write_answer lost = told.next_answer();
  CHECK(lost.outcome == outcome::timeout);
  CHECK(lost.sent);
  CHECK(lost.read_back.empty());
  CHECK(server.tell("writes") == "1");
  CHECK(server.tell("get 60") == "4711");
  server.tell("normal");
  server.tell("late 10000");
  // Until the line is connected again a write is not sent, and says so.
  write_answer unanswered;
  for (const auto end = clock::now() + patience; !unanswered.sent && clock::now() < end;) {
    REQUIRE(opened->write({2, 1, 61, {5}, 0}));
    unanswered = told.next_answer();
  }
  CHECK(unanswered.outcome == outcome::timeout);
  // The device had not done it when it was asked: that is what is told.
  CHECK(unanswered.read_back == std::vector<std::uint16_t>{1061});
  CHECK(server.tell("writes") == "2");
}

TEST_CASE("F-002 a killed Modbus server is noticed, and polled again when it is back") {
  SKIP_WITHOUT_PYMODBUS
  auto server = std::make_unique<tests::pymodbus_server>();
  const std::uint16_t port = server->port();
  listener told;
  const auto opened = told.open(options_for(port));
  (void)told.next_poll_of(outcome::done);
  server.reset();
  const poll gone = told.next_poll_of(outcome::disconnected);
  CHECK(gone.answers[0].registers.empty());
  CHECK_FALSE(gone.answers[0].reason.empty());
  REQUIRE(opened->write({1, 1, 60, {1}, 0}));
  const write_answer unsent = told.next_answer();
  CHECK(unsent.outcome == outcome::disconnected);
  CHECK_FALSE(unsent.sent);
  server = std::make_unique<tests::pymodbus_server>(port);
  CHECK(told.next_poll_of(outcome::done).answers[0].registers == counting(1000, 120));
  CHECK(opened->read_statistics().reconnects >= 1);
  CHECK(server->tell("writes") == "0");
}

TEST_CASE("F-130 a write is not sent after its deadline") {
  SKIP_WITHOUT_PYMODBUS
  tests::pymodbus_server server;
  listener told;
  const auto opened = told.open(options_for(server.port()));
  (void)told.next_poll_of(outcome::done);
  REQUIRE(opened->write({1, 1, 60, {1}, 1}));
  const write_answer late = told.next_answer();
  CHECK(late.outcome == outcome::expired);
  CHECK_FALSE(late.sent);
  CHECK(server.tell("writes") == "0");
}

/// A socket that accepts connections in its backlog and never answers.
class mute_listener {
 public:
  mute_listener() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(descriptor_, generic, length) == 0);
    REQUIRE(::listen(descriptor_, 8) == 0);
    REQUIRE(::getsockname(descriptor_, generic, &length) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~mute_listener() { ::close(descriptor_); }
  mute_listener(const mute_listener&) = delete;
  mute_listener& operator=(const mute_listener&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

TEST_CASE("a Modbus line stops although a request hangs, and tells its unsent writes") {
  const mute_listener peer;
  listener told;
  auto options = options_for(peer.port());
  options.response_timeout_ms = 30'000;
  auto opened = told.open(options);
  while (!opened->read_statistics().connected) std::this_thread::sleep_for(milliseconds(1));
  REQUIRE(opened->write({9, 1, 0, {1}, 0}));
  std::this_thread::sleep_for(milliseconds(20));
  const auto start = clock::now();
  opened.reset();
  CHECK(clock::now() - start < seconds(5));
  CHECK(told.next_answer().token == 9);
}

TEST_CASE("the queue of writes is bounded") {
  const mute_listener peer;
  listener told;
  auto options = options_for(peer.port());
  options.response_timeout_ms = 30'000;
  options.writes_max = 3;
  const auto opened = told.open(options);
  while (!opened->read_statistics().connected) std::this_thread::sleep_for(milliseconds(1));
  std::size_t taken = 0;
  while (opened->write({taken, 1, 0, {1}, 0})) ++taken;
  CHECK(taken <= options.writes_max + 1);
}

TEST_CASE("F-017 a descriptor that libmodbus cannot wait for is refused") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  if (before.rlim_max < 1'200) {
    WARN("SKIPPED: this system permits fewer than 1200 descriptors");
    return;
  }
  const rlimit wide{std::max<rlim_t>(before.rlim_cur, 1'200), before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &wide) == 0);
  std::vector<int> fill;
  while (fill.empty() || fill.back() < FD_SETSIZE) fill.push_back(::dup(0));
  {
    const mute_listener peer;
    listener told;
    const auto opened = told.open(options_for(peer.port()));
    const poll refused = told.next_poll();
    CHECK(refused.answers[0].outcome == outcome::disconnected);
    CHECK(refused.answers[0].reason.find("libmodbus") != std::string::npos);
  }
  for (const int each : fill) ::close(each);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_CASE("mistakes in the options of a Modbus line are told by the line's name") {
  const auto refused = [](auto change) {
    line_options options = options_for(1502);
    change(options);
    const auto opened = open_line(
        options, [](poll&&) {}, [](write_answer&&) {});
    return !opened && opened.error().text.find("plant") != std::string::npos;
  };
  CHECK(refused([](line_options& changed) { changed.host = "localhost"; }));
  CHECK(refused([](line_options& changed) { changed.response_timeout_ms = 0; }));
  CHECK(refused([](line_options& changed) { changed.reconnect_min_ms = 0; }));
  CHECK(refused([](line_options& changed) { changed.units[0].period_ms = 0; }));
  CHECK(refused([](line_options& changed) { changed.units[0].reads[0].count = 121; }));
  CHECK(refused([](line_options& changed) { changed.units[0].reads[0].count = 0; }));
  CHECK(refused([](line_options& changed) { changed.units[0].reads[0].address = 65'500; }));
}

} // namespace
} // namespace voltaic::bus::modbus::line_test
