#include <catch2/catch.hpp>

#include <optional>

#include "actors/can_device/can_device_model.hpp"
#include "actors/protection/bench_rack.hpp"
#include "actors/protection/telemetry_reader.hpp"
#include "support/small_device.hpp"

namespace voltaic::actors::protection::silent_message_test {
namespace {

constexpr std::int64_t ms = messages::us_per_ms;
constexpr std::int64_t start_us = 3'600'000'000;
constexpr std::int64_t period_us = 200 * ms;
constexpr std::int64_t settled_us = start_us + 4'000 * ms;
constexpr std::uint16_t rest_mv = 3'300;
constexpr std::uint16_t high_mv = 3'700;
constexpr std::uint32_t cells = 8;

/// Device and protection of a rack whose cells come in two messages.
class rack {
 public:
  rack() : model_(options()) {
    auto made = can_device::model::create({"bms_0", "rack_0", 0, tests::small_device()});
    REQUIRE(made);
    device_.emplace(*std::move(made));
    model_.load_latches({}, false);
    reader_.learn(device_->catalogue(), options().points);
    REQUIRE(reader_.knows(measured::cell_voltage));
  }

  void play(const std::vector<messages::can::frame>& frames, std::int64_t now_us) {
    for (const auto& said : device_->step(frames, now_us, 0)) {
      const auto* telemetry = std::get_if<messages::telemetry>(&said.content);
      const bool news = telemetry != nullptr && reader_.read(*telemetry);
      keep(model_.step(news ? reader_.news() : inputs{}, {said.time_us, said.time_us}),
           said.time_us);
    }
  }

  /// Milliseconds from `from_us` until the reason set; nothing: it did not.
  [[nodiscard]] std::optional<std::int64_t> set_after_ms(const std::string& reason,
                                                         std::int64_t from_us) const {
    const auto found = std::ranges::find(edges_, reason, &edge::reason);
    if (found == edges_.end()) return std::nullopt;
    return (found->time_us - from_us) / ms;
  }

 private:
  struct edge {
    std::string reason;
    std::int64_t time_us;
  };

  static protection_options options() {
    auto made = testing::options_for("lfp", cells);
    made.points[position_of(measured::cell_voltage)].group_size = 4;
    return made;
  }
  void keep(const outputs& said, std::int64_t time_us) {
    for (const auto& told : said.reports) {
      if (told.edge == report::kind::set)
        edges_.push_back({model_.rows()[told.row].reason, time_us});
    }
  }

  std::optional<can_device::model> device_;
  telemetry_reader reader_{"rack_0"};
  protection_model model_;
  std::vector<edge> edges_;
};

/// Plays 6 s in which the cells of one message go over their limits at `settled_us`.
/// `silent_us`: from when on the other message does not come; nothing: it comes.
/// `high`: which message has the high cells; the other one is silent.
rack play(std::uint32_t high, std::optional<std::int64_t> silent_us) {
  rack played;
  for (auto at_us = start_us; at_us < settled_us + 6'000 * ms; at_us += 10 * ms) {
    std::vector<messages::can::frame> frames;
    if ((at_us - start_us) % period_us == 0) {
      for (std::uint32_t part = 0; part < 2; ++part) {
        const bool is_high = part == high && at_us >= settled_us;
        const bool is_silent = part != high && silent_us && at_us >= *silent_us;
        if (!is_silent) {
          frames.push_back(tests::cells_frame(part, is_high ? high_mv : rest_mv, at_us + part));
        }
      }
    }
    played.play(frames, at_us + 5 * ms);
  }
  return played;
}

} // namespace

TEST_CASE("levels of a cell set as early beside a silent message as without one") {
  const auto high = GENERATE(as<std::uint32_t>{}, 0, 1);
  // Silent with the very scan that goes over, one, two or many scans before it.
  const auto earlier_us = GENERATE(as<std::int64_t>{}, 0, 1, 2, 10) * period_us;
  const auto quiet = play(high, std::nullopt);
  const auto silent = play(high, settled_us - earlier_us);
  for (const std::string level : {"warning", "alarm", "fault"}) {
    INFO(level << ", message " << high << ", silent for " << earlier_us / ms << " ms");
    const auto without = quiet.set_after_ms("cell_overvoltage/" + level, settled_us);
    const auto beside = silent.set_after_ms("cell_overvoltage/" + level, settled_us);
    REQUIRE(without);
    REQUIRE(beside);
    CHECK(*beside >= *without);
    CHECK(*beside <= *without + period_us / ms);
    // Once the silent message is not awaited any more it costs nothing at all.
    if (earlier_us >= 2 * period_us) CHECK(*beside == *without);
  }
}

TEST_CASE("a silent message is told as silence from when it was last heard") {
  const auto silent_us = settled_us - 10 * period_us;
  const auto silent = play(0, silent_us);
  const auto stops = silent.set_after_ms("communication_loss/alarm", silent_us);
  REQUIRE(stops);
  CHECK(*stops >= 1'000 - period_us / ms);
  CHECK(*stops <= 1'000 + period_us / ms + 50);
}

} // namespace voltaic::actors::protection::silent_message_test
