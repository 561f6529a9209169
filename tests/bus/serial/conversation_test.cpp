#include "bus/serial/conversation.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "messages/profiles/answer_plan.hpp"
#include "messages/support/profiles.hpp"

// What comes over a half-duplex line is sorted out by its bytes alone, here of
// configs/profiles/rs485_battery.json, whose requests have another layout than its answers.
namespace voltaic::bus::serial::conversation_test {
namespace {

namespace wire = messages::serial;
using modbus::outcome;
using bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t address = 0xA5; // as the first byte of a frame

struct bench {
  wire::dialect dialect =
      messages::profiles::answer_plan::compile(tests::load_file("rs485_battery.json"))->dialect();
  wire::frame asked = frame_of(dialect, address, {modbus::table::holding, 0, 1});
  conversation talk{address, dialect, asked};
  bytes answer = wire::encode(dialect.framing, wire::direction::answer,
                              {address, asked.code, dialect.framing.good_result, {0xA5, 0x5A, 7}});

  /// The exchange that ends with these bytes, which come this many at a time.
  std::optional<modbus::exchange> take(const bytes& said, std::size_t step) {
    std::optional<modbus::exchange> done;
    for (std::size_t i = 0; i < said.size(); i += step) {
      CHECK_FALSE(done);
      done = talk.take(std::span(said).subspan(i, std::min(step, said.size() - i)));
    }
    return done;
  }
};

} // namespace

TEST_CASE("an adapter's echo is passed over by its bytes, whatever the layout of answers") {
  for (const std::size_t step : {1u, 3u, 1'000u}) {
    CAPTURE(step);
    bench line;
    auto said = line.talk.request();
    said.insert(said.end(), line.answer.begin(), line.answer.end());
    const auto done = line.take(said, step);
    REQUIRE(done);
    CHECK(done->outcome == outcome::done);
    CHECK(done->registers == std::vector<std::uint16_t>{0xA5, 0x5A, 7});
    CHECK(line.talk.strays() == 0);
  }
}

TEST_CASE("an answer that begins as its request does is no echo") {
  for (const std::size_t step : {1u, 3u, 1'000u}) {
    CAPTURE(step);
    bench line;
    const auto done = line.take(line.answer, step);
    REQUIRE(done);
    CHECK(done->outcome == outcome::done);
  }
}

TEST_CASE("an echo alone is no answer, and a part of one has ended too soon") {
  bench line;
  CHECK_FALSE(line.take(line.talk.request(), 2));
  CHECK(line.talk.give_up().outcome == outcome::timeout);
  bench cut;
  auto half = cut.talk.request();
  half.resize(half.size() / 2);
  CHECK_FALSE(cut.take(half, 2));
  CHECK(cut.talk.is_within_frame());
  CHECK(cut.talk.give_up().outcome == outcome::bad_answer);
}

} // namespace voltaic::bus::serial::conversation_test
