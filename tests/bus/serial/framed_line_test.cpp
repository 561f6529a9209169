#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <set>

#include "bus/modbus/line.hpp"
#include "support/line_listener.hpp"
#include "support/serial_wire.hpp"
#include "support/temporary_folder.hpp"

// A line of plain RS-485 on a pseudo terminal whose other end does everything wrong that batteries,
// adapters and other masters do.
namespace voltaic::bus::serial::framed_line_test {
namespace {

namespace wire = messages::serial;
using modbus::line_options;
using modbus::outcome;
using modbus::poll;
using pieces = std::vector<sent_piece>;

struct fixture {
  line_options options_for(std::vector<std::uint8_t> addresses, std::uint32_t period_ms = 100) {
    line_options options;
    options.name = "packs";
    options.transport = modbus::transport::framed;
    options.serial.device = path();
    options.serial.baud = 115'200;
    options.serial.parity = modbus::parity::none;
    options.response_timeout_ms = 300;
    options.reconnect_min_ms = 50;
    options.probe_min_ms = 100;
    options.probe_max_ms = 300;
    for (const auto address : addresses) {
      modbus::unit_plan unit;
      unit.unit = address;
      unit.period_ms = period_ms;
      unit.reads = {{modbus::table::holding, 0, 1}};
      unit.dialect = dialect;
      options.units.push_back(unit);
    }
    return options;
  }
  [[nodiscard]] std::string path() const { return folder / "serial"; }

  /// The address, and a number that nothing else on the line has.
  [[nodiscard]] std::vector<std::uint8_t> right_answer(const wire::frame& asked) const {
    return wire::encode(dialect->framing, wire::direction::answer,
                        {asked.address, {}, std::uint8_t{0}, {*asked.address, 0xC5, 0x7E}});
  }

  tests::temporary_folder folder;
  std::shared_ptr<const wire::dialect> dialect = tests::digits_dialect();
  tests::line_listener told;
};

bool is_right(const poll& round) {
  for (const auto& each : round.answers)
    if (each.outcome == outcome::done &&
        each.registers != std::vector<std::uint16_t>{round.unit, 0xC5, 0x7E})
      return false;
  return true;
}

} // namespace

TEST_CASE_METHOD(fixture, "a line of plain RS-485 gives the information of each answer") {
  const tests::serial_wire battery(path(), dialect, [&](const auto& asked) {
    return pieces{{0, right_answer(asked)}};
  });
  const auto line = told.open(options_for({2}));
  const auto round = told.next_poll_of(outcome::done);
  CHECK(round.unit == 2);
  CHECK(is_right(round));
  const auto figures = line->read_statistics();
  CHECK(figures.connected);
  CHECK(figures.bytes_sent >= 20);
  CHECK(figures.bytes_received >= 24);
  CHECK(figures.crc_errors == 0);
}

TEST_CASE_METHOD(fixture, "32 batteries on one line are each asked at their period") {
  std::vector<std::uint8_t> all;
  for (std::uint8_t address = 0; address < 32; ++address) all.push_back(address);
  const tests::serial_wire batteries(path(), dialect, [&](const auto& asked) {
    return pieces{{0, right_answer(asked)}};
  });
  const auto line = told.open(options_for(all, 1'000));
  std::map<std::uint8_t, int> rounds;
  const auto is_complete = [&] {
    return rounds.size() == 32 &&
           std::ranges::all_of(rounds, [](const auto& each) { return each.second >= 3; });
  };
  for (const auto end = std::chrono::steady_clock::now() + tests::patience;
       !is_complete() && std::chrono::steady_clock::now() < end;) {
    const auto round = told.first_poll([](const poll&) { return true; });
    REQUIRE(is_right(round));
    CHECK(round.answers[0].outcome == outcome::done);
    ++rounds[round.unit];
  }
  CHECK(is_complete());
  CHECK(line->read_statistics().timeouts == 0);
}

TEST_CASE_METHOD(fixture, "31 silent addresses do not hold up the battery that answers") {
  std::vector<std::uint8_t> all;
  for (std::uint8_t address = 1; address <= 32; ++address) all.push_back(address);
  const tests::serial_wire batteries(path(), dialect, [&](const auto& asked) {
    return asked.address == 32 ? pieces{{0, right_answer(asked)}} : pieces{};
  });
  const auto line = told.open(options_for(all, 500));
  int good = 0;
  for (const auto end = std::chrono::steady_clock::now() + tests::patience;
       good < 5 && std::chrono::steady_clock::now() < end;) {
    const auto round = told.first_poll([](const poll& each) { return each.unit == 32; });
    good += round.answers[0].outcome == outcome::done ? 1 : 0;
  }
  CHECK(good == 5);
  CHECK(line->read_statistics().timeouts > 0);
}

TEST_CASE_METHOD(fixture, "RS-485 collisions, noise and half frames: nothing wrong is taken") {
  std::atomic<int> percent{0};
  std::atomic<int> count{0};
  const std::vector<std::uint8_t> babble{0x00, 0xFF, 0x7E, 0x32, 0x30, 0x0D, 0x7E};
  const tests::serial_wire battery(path(), dialect, [&](const auto& asked) {
    auto bytes = right_answer(asked);
    const int number = ++count;
    if (number * 37 % 100 >= percent) return pieces{{0, bytes}};
    // In the digits of the information, behind start, head and length.
    const auto bit = 13U * 8U + static_cast<std::size_t>(number * 5) % (6U * 8U);
    switch (number % 3) {
      case 0:
        bytes.resize(bytes.size() / 2);
        return pieces{{0, bytes}};
      case 1:
        return pieces{{0, babble}, {2'000, bytes}, {0, babble}};
      default:
        bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        return pieces{{0, bytes}};
    }
  });
  const auto line = told.open(options_for({2, 3}, 50));
  REQUIRE(is_right(told.next_poll_of(outcome::done)));
  CHECK(line->read_statistics().quality == modbus::line_quality::good);
  percent = 60;
  bool alarmed = false;
  constexpr int rounds_min = 60;
  int rounds = 0;
  for (const auto end = std::chrono::steady_clock::now() + tests::patience;
       (!alarmed || rounds < rounds_min) && std::chrono::steady_clock::now() < end; ++rounds) {
    const auto round = told.first_poll([](const poll&) { return true; });
    REQUIRE(is_right(round));
    for (const auto& notice : round.notices) alarmed |= notice.state == "crc-alarm";
  }
  CHECK(alarmed);
  CHECK(rounds >= rounds_min);
  CHECK(line->read_statistics().crc_errors > 0);
  percent = 0;
  CHECK(is_right(told.next_poll_of(outcome::done)));
}

TEST_CASE_METHOD(fixture,
                 "an answer long behind a broken frame or a stray start byte is waited for") {
  std::atomic<int> count{0};
  const tests::serial_wire battery(path(), dialect, [&](const auto& asked) {
    auto broken = right_answer(asked);
    broken[14] ^= 0x01U;
    if (++count % 2 == 0) broken.resize(1);
    return pieces{{0, broken}, {150'000, right_answer(asked)}};
  });
  const auto line = told.open(options_for({2}));
  for (int i = 0; i < 4; ++i) CHECK(is_right(told.next_poll_of(outcome::done)));
  CHECK(line->read_statistics().timeouts == 0);
  CHECK(line->read_statistics().strays == 0); // no answer came when nobody waited
}

TEST_CASE_METHOD(fixture, "an answer behind noise on plain RS-485 is found in the same exchange") {
  const std::vector<std::uint8_t> babble{0x00, 0xFF, 0x7E, 0x32, 0x30, 0x0D, 0x55};
  const tests::serial_wire battery(path(), dialect, [&](const auto& asked) {
    auto bytes = babble;
    const auto right = right_answer(asked);
    bytes.insert(bytes.end(), right.begin(), right.end());
    return pieces{{0, bytes}};
  });
  const auto line = told.open(options_for({2}));
  for (int i = 0; i < 3; ++i) CHECK(is_right(told.next_poll_of(outcome::done)));
  CHECK(line->read_statistics().timeouts == 0);
}

TEST_CASE_METHOD(fixture, "the echo of an adapter and another address's answer are passed over") {
  const tests::serial_wire battery(path(), dialect, [&](const wire::frame& asked) {
    auto other = asked;
    other.address = 9;
    return pieces{{0, wire::encode(dialect->framing, wire::direction::request, asked)},
                  {1'000, right_answer(other)},
                  {2'000, right_answer(asked)}};
  });
  const auto line = told.open(options_for({2}));
  for (int i = 0; i < 3; ++i) CHECK(is_right(told.next_poll_of(outcome::done)));
  CHECK(line->read_statistics().strays >= 3); // of the address, not the echo
}

TEST_CASE_METHOD(fixture, "a refusal of the battery is told at once and asked on") {
  std::atomic<bool> refuses{true};
  const tests::serial_wire battery(path(), dialect, [&](const wire::frame& asked) {
    if (!refuses) return pieces{{0, right_answer(asked)}};
    return pieces{{0, wire::encode(dialect->framing, wire::direction::answer,
                                   {asked.address, {}, std::uint8_t{0x04}, {}})}};
  });
  const auto line = told.open(options_for({2}));
  const auto round = told.next_poll_of(outcome::exception);
  CHECK(round.answers[0].exception_code == 4);
  CHECK(round.answers[0].reason == "the device refuses with 04");
  refuses = false;
  CHECK(is_right(told.next_poll_of(outcome::done)));
}

TEST_CASE_METHOD(fixture,
                 "F-094 a port of plain RS-485 that vanishes is opened again by its path") {
  const auto right = [this](const auto& asked) { return pieces{{0, right_answer(asked)}}; };
  auto battery = std::make_unique<tests::serial_wire>(path(), dialect, right);
  const auto line = told.open(options_for({2}));
  (void)told.next_poll_of(outcome::done);
  battery.reset();
  const auto gone = told.next_poll_of(outcome::disconnected);
  CHECK(gone.answers[0].reason.find(path()) != std::string::npos);
  CHECK_FALSE(line->read_statistics().connected);
  battery = std::make_unique<tests::serial_wire>(path(), dialect, right);
  CHECK(is_right(told.next_poll_of(outcome::done)));
  CHECK(line->read_statistics().reconnects >= 1);
}

TEST_CASE_METHOD(fixture, "a value is set once and read back by its question") {
  std::atomic<int> sets{0};
  std::atomic<int> held{0};
  const tests::serial_wire battery(path(), dialect, [&](const wire::frame& asked) {
    if (asked.code == 0x94) {
      ++sets;
      held = asked.data.at(1);
      return pieces{}; // the answer is lost
    }
    return pieces{
        {0, wire::encode(
                dialect->framing, wire::direction::answer,
                {asked.address, {}, std::uint8_t{0}, {static_cast<std::uint8_t>(held.load())}})}};
  });
  const auto line = told.open(options_for({2}));
  (void)told.next_poll_of(outcome::done);
  REQUIRE(line->write({7, 2, 0, {0x2A}, 0}));
  const auto answer = told.next_answer();
  CHECK(answer.token == 7);
  CHECK(answer.outcome == outcome::timeout);
  CHECK(answer.read_back == std::vector<std::uint16_t>{0x2A});
  CHECK(sets == 1);
  REQUIRE(line->write({8, 2, 5, {0x2A}, 0}));
  CHECK(told.next_answer().outcome == outcome::refused);
}

TEST_CASE_METHOD(fixture, "the time of a line goes on while a battery is silent") {
  const tests::serial_wire battery(path(), dialect, [](const auto&) { return pieces{}; });
  auto options = options_for({2});
  options.response_timeout_ms = 2'000;
  options.tick_ms = 10;
  const auto line = told.open(options);
  const auto is_time = [](const poll& each) { return each.answers.empty(); };
  auto before = told.first_poll(is_time);
  int ticks = 0;
  // All of them fall into one exchange.
  for (; ticks < 50; ++ticks) {
    const auto next = told.first_poll([](const poll&) { return true; });
    REQUIRE(is_time(next));
    CHECK(next.now_us > before.now_us);
    before = next;
  }
  CHECK(ticks == 50);
}

TEST_CASE("mistakes in the options of a line of plain RS-485 are told") {
  line_options options;
  options.name = "packs";
  options.transport = modbus::transport::framed;
  options.serial.device = "/dev/null";
  options.serial.baud = 9'600;
  modbus::unit_plan unit;
  unit.unit = 2;
  unit.reads = {{modbus::table::holding, 0, 1}};
  options.units = {unit};
  const auto open = [&] {
    return modbus::open_line(
        options, [](auto&&) {}, [](auto&&) {});
  };
  auto refused = open();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text == "line packs: unit 2 has no dialect");
  options.units[0].dialect = tests::digits_dialect();
  options.units[0].reads[0].address = 1;
  refused = open();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text == "line packs: unit 2 has no question 1");
}

} // namespace voltaic::bus::serial::framed_line_test
