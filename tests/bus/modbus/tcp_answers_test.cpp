#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "bus/modbus/line.hpp"
#include "messages/modbus/frame.hpp"
#include "messages/modbus/pdu.hpp"
#include "support/line_listener.hpp"
#include "support/tcp_between.hpp"

// A Modbus TCP peer that answers what it was not asked, and when it should not.
namespace voltaic::bus::modbus::tcp_answers_test {
namespace {

namespace wire = messages::modbus;
using bytes = std::vector<std::uint8_t>;
using std::chrono::milliseconds;

constexpr std::uint32_t timeout_ms = 200;

/// One connection after the other; what is said to a request is the test's. It
/// may be more than one frame, or none.
class odd_peer {
 public:
  using reply = std::function<std::vector<wire::tcp_frame>(const wire::tcp_frame& asked)>;

  explicit odd_peer(reply say) : say_(std::move(say)), port_(test::free_ports(1)) {
    listener_ = test::listen_on(port_);
    REQUIRE(listener_ >= 0);
    thread_ = std::thread([this] { run(); });
  }
  ~odd_peer() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
    if (client_ >= 0) ::close(client_);
  }
  odd_peer(const odd_peer&) = delete;
  odd_peer& operator=(const odd_peer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int connections() const { return connections_; }
  void say_from_now_on(reply say) {
    const std::scoped_lock lock(mutex_);
    say_ = std::move(say);
  }

 private:
  void run() {
    bytes received;
    while (!stopping_) {
      pollfd waited[2] = {{listener_, POLLIN, 0}, {client_, POLLIN, 0}};
      ::poll(waited, 2, 10);
      if (waited[0].revents != 0) {
        if (client_ >= 0) ::close(client_);
        client_ = ::accept(listener_, nullptr, nullptr);
        received.clear();
        ++connections_;
      }
      if (client_ < 0 || waited[1].revents == 0) continue;
      std::uint8_t buffer[512];
      const auto count = ::read(client_, buffer, sizeof(buffer));
      if (count <= 0) {
        ::close(client_);
        client_ = -1;
        continue;
      }
      received.insert(received.end(), buffer, buffer + count);
      answer(received);
    }
  }

  void answer(bytes& received) {
    while (true) {
      const auto parsed = wire::parse_tcp(received);
      if (parsed.state != wire::framing::complete) return;
      received.erase(received.begin(),
                     received.begin() + static_cast<std::ptrdiff_t>(parsed.bytes));
      const std::scoped_lock lock(mutex_);
      for (const auto& frame : say_(parsed.frame)) {
        const auto sent = wire::encode_tcp(frame);
        (void)!::send(client_, sent.data(), sent.size(), MSG_NOSIGNAL);
      }
    }
  }

  std::mutex mutex_;
  reply say_;
  std::uint16_t port_;
  int listener_ = -1;
  int client_ = -1;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

/// The right answer: each register holds its address.
wire::tcp_frame right_answer(const wire::tcp_frame& asked) {
  const auto request = std::get<wire::request>(wire::parse_request(asked.pdu));
  std::vector<std::uint16_t> values;
  for (std::uint16_t i = 0; i < request.count; ++i)
    values.push_back(static_cast<std::uint16_t>(request.address + i));
  return {asked.transaction, asked.unit, wire::encode_answer(request, values)};
}

line_options options_for(const odd_peer& peer) {
  line_options options;
  options.name = "plant";
  options.host = "127.0.0.1";
  options.port = peer.port();
  options.response_timeout_ms = timeout_ms;
  options.reconnect_min_ms = 20;
  options.reconnect_max_ms = 100;
  options.probe_min_ms = 20;
  options.probe_max_ms = 50;
  options.units = {{1, 20, {{table::holding, 10, 1}, {table::holding, 20, 1}}}};
  return options;
}

/// No register of it is another one's.
void check_right(const poll& told) {
  for (const auto& each : told.answers)
    if (each.outcome == outcome::done)
      CHECK(each.registers == std::vector<std::uint16_t>{each.request.address});
}

} // namespace

TEST_CASE(
    "F-082 an answer of an earlier transaction is drained, counted, and the right one taken") {
  // Every second answer is held back and sent before the next one.
  std::vector<wire::tcp_frame> held;
  int asked_count = 0;
  odd_peer peer([&](const wire::tcp_frame& asked) {
    auto answers = std::exchange(held, {});
    if (++asked_count % 2 == 0)
      held.push_back(right_answer(asked));
    else
      answers.push_back(right_answer(asked));
    return answers;
  });
  tests::line_listener told;
  const auto opened = told.open(options_for(peer));
  const auto end = std::chrono::steady_clock::now() + tests::patience;
  while (opened->read_statistics().late < 5 && std::chrono::steady_clock::now() < end)
    check_right(told.next_poll());
  const auto seen = opened->read_statistics();
  CHECK(seen.late >= 5);
  CHECK(seen.timeouts >= 5);
  CHECK(seen.bad_answers == 0);
  CHECK(seen.strays == 0);
  CHECK(peer.connections() == 1);
}

TEST_CASE("F-082 three requests in a row without an answer close the connection") {
  odd_peer peer([](const wire::tcp_frame&) { return std::vector<wire::tcp_frame>{}; });
  tests::line_listener told;
  const auto opened = told.open(options_for(peer));
  const auto end = std::chrono::steady_clock::now() + tests::patience;
  while (peer.connections() < 3 && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(milliseconds(10));
  CHECK(peer.connections() >= 3);
  CHECK(opened->read_statistics().timeouts >= 6);
  peer.say_from_now_on(
      [](const wire::tcp_frame& asked) { return std::vector{right_answer(asked)}; });
  check_right(told.next_poll_of(outcome::done));
}

TEST_CASE("F-086 a connection on which answers are lost is given up, and another one is answered") {
  odd_peer peer([](const wire::tcp_frame& asked) { return std::vector{right_answer(asked)}; });
  const auto door = test::free_ports(test::tcp_between::ports + 1);
  test::tcp_between between(static_cast<std::uint16_t>(door + 1), peer.port());
  auto options = options_for(peer);
  options.port = static_cast<std::uint16_t>(door + 1);
  tests::line_listener told;
  const auto opened = told.open(options);
  (void)told.next_poll_of(outcome::done);
  const auto before = opened->read_statistics().reconnects;
  between.loses_answers = true;
  const auto end = std::chrono::steady_clock::now() + tests::patience;
  while (opened->read_statistics().reconnects == before && std::chrono::steady_clock::now() < end)
    for (const auto& each : told.next_poll().answers)
      CHECK((each.registers.empty() || each.outcome == outcome::done));
  CHECK(opened->read_statistics().reconnects > before);
  CHECK(between.lost_bytes > 0);
  between.loses_answers = false;
  check_right(told.next_poll_of(outcome::done));
}

TEST_CASE("F-084 an answer of another unit, function, count or transaction is refused") {
  const auto spoiled = [](const std::function<void(wire::tcp_frame&)>& spoil) {
    return [spoil](const wire::tcp_frame& asked) {
      auto answer = right_answer(asked);
      spoil(answer);
      return std::vector{answer};
    };
  };
  const std::vector<std::function<void(wire::tcp_frame&)>> mistakes{
      [](wire::tcp_frame& answer) { answer.unit = 2; },
      [](wire::tcp_frame& answer) { answer.pdu[0] = 0x04; },
      [](wire::tcp_frame& answer) {
        answer.pdu[1] = 4; // bytes of two registers, which are there
        answer.pdu.insert(answer.pdu.end(), {0, 0});
      },
      [](wire::tcp_frame& answer) {
        answer.transaction = static_cast<std::uint16_t>(answer.transaction + 1'000);
      },
      [](wire::tcp_frame& answer) { answer.pdu[1] = 9; }, // bytes that never come
  };
  for (std::size_t i = 0; i < mistakes.size(); ++i) {
    CAPTURE(i);
    odd_peer peer(spoiled(mistakes[i]));
    tests::line_listener told;
    const auto opened = told.open(options_for(peer));
    const auto bad = told.next_poll([](const poll& each) {
      return each.answers[0].outcome == outcome::bad_answer ||
             each.answers[0].outcome == outcome::timeout;
    });
    for (const auto& each : bad.answers) CHECK(each.registers.empty());
    const auto seen = opened->read_statistics();
    CHECK(seen.bad_answers + seen.timeouts + seen.strays > 0);
    CHECK(seen.late == 0);
    peer.say_from_now_on(
        [](const wire::tcp_frame& asked) { return std::vector{right_answer(asked)}; });
    check_right(told.next_poll_of(outcome::done));
  }
}

} // namespace voltaic::bus::modbus::tcp_answers_test
