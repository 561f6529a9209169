#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>

#include "bus/modbus/line.hpp"
#include "messages/modbus/pdu.hpp"
#include "support/line_listener.hpp"
#include "support/rtu_unit.hpp"
#include "support/temporary_folder.hpp"

// A real line on a pseudo terminal whose other end does everything wrong that
// units, adapters and other masters do.
namespace voltaic::bus::modbus::rtu_line_test {
namespace {

namespace wire = messages::modbus;
using std::chrono::milliseconds;
using tests::piece;

struct fixture {
  line_options options_for(std::vector<read_request> reads) {
    line_options options;
    options.name = "serial";
    options.transport = transport::rtu;
    options.serial.device = folder / "tty";
    options.serial.baud = 115'200;
    options.response_timeout_ms = 300;
    options.reconnect_min_ms = 50;
    options.probe_min_ms = 100;
    options.probe_max_ms = 300;
    options.units = {{1, 100, std::move(reads)}};
    return options;
  }
  [[nodiscard]] std::string link() const { return folder / "tty"; }

  tests::temporary_folder folder;
  tests::line_listener told;
};

/// Each register is worth its address plus 1000, whatever the unit.
std::vector<std::uint8_t> right_answer(const wire::rtu_frame& asked) {
  const auto request = std::get<wire::request>(wire::parse_request(asked.pdu));
  std::vector<std::uint16_t> values(request.count);
  for (std::uint16_t i = 0; i < request.count; ++i)
    values[i] = static_cast<std::uint16_t>(1'000 + request.address + i);
  return wire::encode_rtu({asked.unit, wire::encode_answer(request, values)});
}

bool is_right(const poll& round) {
  for (const auto& each : round.answers)
    for (std::size_t i = 0; i < each.registers.size(); ++i)
      if (each.registers[i] != 1'000 + each.request.address + i) return false;
  return true;
}

TEST_CASE_METHOD(fixture, "a serial line reads the exact registers of an RTU unit") {
  const tests::rtu_unit unit(link(), [](const auto& asked) {
    return std::vector<piece>{{0, right_answer(asked)}};
  });
  const auto line = told.open(options_for({{table::holding, 0, 120}, {table::input, 7, 1}}));
  const auto round = told.next_poll_of(outcome::done);
  CHECK(round.answers[0].registers.size() == 120);
  CHECK(round.answers[1].registers == std::vector<std::uint16_t>{1'007});
  CHECK(is_right(round));
  const auto figures = line->read_statistics();
  CHECK(figures.connected);
  CHECK(figures.bytes_sent >= 16);
  CHECK(figures.bytes_received >= 245 + 7);
  CHECK(figures.crc_errors == 0);
}

TEST_CASE_METHOD(fixture, "RS-485 direction control that the driver lacks is told once") {
  const tests::rtu_unit unit(link(), [](const auto& asked) {
    return std::vector<piece>{{0, right_answer(asked)}};
  });
  auto options = options_for({{table::holding, 0, 1}});
  options.serial.rs485 = true;
  const auto line = told.open(options);
  const auto round = told.first_poll([](const poll& each) { return !each.notices.empty(); });
  CHECK(round.notices[0].line == "serial");
  CHECK(round.notices[0].reason.find("RS-485 direction control") != std::string::npos);
  CHECK(round.answers[0].outcome == outcome::done);
}

TEST_CASE_METHOD(fixture, "F-083 a late answer on a serial line is never taken for the next one") {
  // Every fifth answer comes after the next request of the same size was sent.
  std::atomic<int> late{0};
  int count = 0;
  const tests::rtu_unit unit(link(), [&](const auto& asked) {
    ++count;
    if (count % 5 != 0) return std::vector<piece>{{0, right_answer(asked)}};
    ++late;
    return std::vector<piece>{{450, right_answer(asked)}};
  });
  const auto line = told.open(
      options_for({{table::holding, 10, 2}, {table::holding, 20, 2}, {table::holding, 30, 2}}));
  int good = 0;
  for (const auto end = std::chrono::steady_clock::now() + tests::patience;
       late < 3 && std::chrono::steady_clock::now() < end;) {
    const auto round = told.next_poll();
    REQUIRE(is_right(round));
    good += round.answers[0].outcome == outcome::done ? 1 : 0;
  }
  CHECK(late >= 3);
  CHECK(good > 0);
  CHECK(line->read_statistics().timeouts >= 3);
  CHECK(line->read_statistics().strays > 0); // drained, and counted
}

TEST_CASE_METHOD(fixture, "F-084 an answer of another unit, function or count is passed over") {
  std::atomic<int> way{0};
  const tests::rtu_unit unit(link(), [&](const wire::rtu_frame& asked) {
    auto wrong = asked;
    const auto request = std::get<wire::request>(wire::parse_request(asked.pdu));
    auto other = request;
    switch (way++ % 3) {
      case 0:
        wrong.unit = 9;
        return std::vector<piece>{{0, right_answer(wrong)}, {5, right_answer(asked)}};
      case 1:
        other.function = wire::function::read_input;
        break;
      default:
        other.count = 1;
        break;
    }
    const std::vector<std::uint16_t> values(other.count, 0xDEAD);
    return std::vector<piece>{{0, wire::encode_rtu({1, wire::encode_answer(other, values)})},
                              {5, right_answer(asked)}};
  });
  const auto line = told.open(options_for({{table::holding, 40, 3}}));
  for (int i = 0; i < 6; ++i) {
    const auto round = told.next_poll();
    REQUIRE(is_right(round));
    CHECK(round.answers[0].outcome == outcome::done);
  }
  CHECK(line->read_statistics().strays >= 5);
}

TEST_CASE_METHOD(fixture, "F-085 flipped bits and half frames are refused, counted and an alarm") {
  std::atomic<int> percent{0};
  std::atomic<int> count{0};
  const tests::rtu_unit unit(link(), [&](const auto& asked) {
    auto bytes = right_answer(asked);
    const int number = ++count;
    if (number * 37 % 100 >= percent) return std::vector<piece>{{0, bytes}};
    const auto bit = static_cast<std::size_t>(number * 53) % (bytes.size() * 8);
    if (number % 4 == 0)
      bytes.resize(bytes.size() / 2);
    else
      bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    return std::vector<piece>{{0, bytes}};
  });
  const auto line = told.open(options_for({{table::holding, 0, 20}, {table::input, 50, 4}}));
  REQUIRE(is_right(told.next_poll_of(outcome::done)));
  CHECK(line->read_statistics().quality == line_quality::good);
  percent = 50;
  bool alarmed = false;
  for (const auto end = std::chrono::steady_clock::now() + tests::patience;
       !alarmed && std::chrono::steady_clock::now() < end;) {
    const auto round = told.next_poll();
    REQUIRE(is_right(round));
    for (const auto& notice : round.notices) alarmed |= notice.state == "crc-alarm";
  }
  CHECK(alarmed);
  CHECK(line->read_statistics().quality == line_quality::alarm);
  CHECK(line->read_statistics().crc_errors > 0);
  percent = 100;
  REQUIRE(told.next_poll_of(outcome::bad_answer).answers[0].registers.empty());
  percent = 0;
  CHECK(is_right(told.next_poll_of(outcome::done)));
}

TEST_CASE_METHOD(fixture, "F-094 a serial port that vanishes is opened again by its path") {
  const auto right = [](const auto& asked) { return std::vector<piece>{{0, right_answer(asked)}}; };
  auto unit = std::make_unique<tests::rtu_unit>(link(), right);
  const auto line = told.open(options_for({{table::holding, 0, 4}}));
  (void)told.next_poll_of(outcome::done);
  unit.reset();
  const auto gone = told.next_poll_of(outcome::disconnected);
  CHECK(gone.answers[0].registers.empty());
  CHECK_FALSE(line->read_statistics().connected);
  // It comes back with another number behind the same name.
  const tests::rtu_unit keeps_the_number(folder / "other", right);
  unit = std::make_unique<tests::rtu_unit>(link(), right);
  CHECK(is_right(told.next_poll_of(outcome::done)));
  CHECK(line->read_statistics().reconnects >= 1);
}

TEST_CASE_METHOD(fixture,
                 "F-095 another master's frames are told as broken answers, not believed") {
  const tests::rtu_unit unit(link(), [](const auto& asked) {
    return std::vector<piece>{{0, right_answer(asked)}};
  });
  const auto line = told.open(options_for({{table::holding, 0, 4}}));
  (void)told.next_poll_of(outcome::done);
  const wire::request foreign{wire::function::read_holding, 0, 4, 0, {}};
  bool alarmed = false;
  for (const auto end = std::chrono::steady_clock::now() + tests::patience;
       !alarmed && std::chrono::steady_clock::now() < end;) {
    unit.speak(
        wire::encode_rtu({1, wire::encode_answer(foreign, std::vector<std::uint16_t>(4, 0xDEAD))}));
    const auto round = told.next_poll();
    REQUIRE(is_right(round));
    for (const auto& notice : round.notices) alarmed |= notice.state == "crc-alarm";
  }
  CHECK(alarmed);
  CHECK(line->read_statistics().strays > 0);
}

TEST_CASE_METHOD(fixture, "a unit without write permission is never written to") {
  std::atomic<int> writes{0};
  const tests::rtu_unit unit(link(), [&](const wire::rtu_frame& asked) {
    const auto request = std::get<wire::request>(wire::parse_request(asked.pdu));
    if (request.count == 0) {
      ++writes;
      return std::vector<piece>{
          {0, wire::encode_rtu({asked.unit, wire::encode_answer(request, {})})}};
    }
    return std::vector<piece>{{0, right_answer(asked)}};
  });
  auto options = options_for({{table::holding, 0, 4}});
  options.units.push_back({2, 100, {{table::holding, 0, 4}}});
  options.units[1].writable = {{50, 2}};
  const auto line = told.open(options);
  const auto ask = [&](std::uint8_t number, std::uint16_t address, std::size_t count) {
    REQUIRE(line->write({1, number, address, std::vector<std::uint16_t>(count, 5), 0}));
    return told.next_answer();
  };
  for (const auto& [number, address, count] :
       {std::tuple{1, 0, 1}, {1, 50, 1}, {2, 49, 1}, {2, 50, 3}, {2, 52, 1}, {3, 50, 1}}) {
    const auto answer = ask(static_cast<std::uint8_t>(number), static_cast<std::uint16_t>(address),
                            static_cast<std::size_t>(count));
    CHECK(answer.outcome == outcome::refused);
    CHECK_FALSE(answer.sent);
  }
  CHECK(writes == 0);
  const auto answer = ask(2, 50, 2);
  CHECK(answer.outcome == outcome::done);
  CHECK(answer.read_back == std::vector<std::uint16_t>{1'050, 1'051}); // what the unit shows
  CHECK(writes == 1);
}

TEST_CASE("mistakes in the options of a serial line are told") {
  line_options options;
  options.name = "serial";
  options.transport = transport::rtu;
  const auto refused = [&] {
    return !open_line(
        options, [](poll&&) {}, [](write_answer&&) {});
  };
  CHECK(refused());
  options.serial.device = "/dev/null";
  options.serial.baud = 12'345;
  CHECK(refused());
  options.serial.baud = 9'600;
  options.serial.stop_bits = 3;
  CHECK(refused());
}

} // namespace
} // namespace voltaic::bus::modbus::rtu_line_test
