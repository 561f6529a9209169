#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "actors/protection/input_model.hpp"
#include "actors/protection/ladder_model.hpp"
#include "actors/protection/recovery_model.hpp"

/// A value once stale is used again with its third sample, and only what is missing climbs.
namespace voltaic::actors::protection::recovery_test {
namespace {

constexpr std::int64_t ms = messages::us_per_ms;
constexpr std::int64_t period_us = 1'000 * ms;
constexpr std::int64_t stale_us = 1'500 * ms;
constexpr measured what = measured::terminal_temperature;

/// A point of one element and of a second's period behind a device that keeps the rule.
class listener {
 public:
  listener() : model_(points(), {280, 100, 200, 3, 60}) {}

  /// `pattern`: what becomes of the sample of each second, '1' comes, '0' does not.
  void play(const std::string& pattern) {
    for (const char each : pattern) {
      if (each == '1') sample();
      for (int step = 0; step < 100; ++step) {
        pass();
        now_us_ += 10 * ms;
      }
    }
  }
  /// The device says again what it said last, without having heard anything.
  void repeat() { say(seen_us_); }

  /// Milliseconds after `from_us` at which silence came to `at_ms`; nothing: it did not.
  [[nodiscard]] std::optional<std::int64_t> reached_ms(std::int32_t at_ms,
                                                       std::int64_t from_us) const {
    const auto found =
        std::ranges::find_if(shown_, [&](const auto& each) { return each.second >= at_ms; });
    if (found == shown_.end()) return std::nullopt;
    return (found->first - from_us) / ms;
  }
  [[nodiscard]] std::int32_t largest_ms() const {
    return std::ranges::max(shown_, {}, &shown::second).second;
  }
  [[nodiscard]] std::int32_t shown_ms() const { return shown_.back().second; }
  [[nodiscard]] bool is_usable() const { return model_.scan(what).values().any_valid; }
  [[nodiscard]] std::int64_t now_us() const { return now_us_; }

 private:
  using shown = std::pair<std::int64_t, std::int32_t>;

  static measured_options points() {
    measured_options all{};
    all[position_of(measured::cell_voltage)] = {1, 0, 200};
    all[position_of(measured::cell_temperature)] = {1, 0, 1'000};
    all[position_of(what)] = {1, 0, 1'000};
    return all;
  }
  void sample() {
    seen_us_ = now_us_;
    if (quality_ == quality::stale && ++good_run_ == 3) quality_ = quality::good;
    say(now_us_);
  }
  void say(std::int64_t source_us) {
    const std::int32_t values[] = {25'000'000};
    const element_block blocks[] = {{0, source_us, values, quality_, {}, what}};
    model_.take(blocks, now_us_);
  }
  void pass() {
    if (now_us_ - seen_us_ > stale_us && (quality_ == quality::good || good_run_ > 0)) {
      quality_ = quality::stale;
      good_run_ = 0;
      say(seen_us_);
    }
    model_.pass(now_us_);
    const auto& silence = model_.values({input_kind::silence, what});
    if (silence.any_valid) shown_.emplace_back(now_us_, silence.value[0]);
  }

  input_model model_;
  std::int64_t now_us_ = 3'600'000 * ms;
  std::int64_t seen_us_ = 0;
  quality quality_ = quality::good;
  int good_run_ = 0;
  std::vector<shown> shown_;
};

std::string times(int count, const std::string& what_comes) {
  std::string all;
  while (count-- > 0) all += what_comes;
  return all;
}

} // namespace

TEST_CASE("F-033 lost samples climb the ladder, those that come again do not") {
  const auto [warning, alarm, fault] = silence_after(1'000);
  struct row {
    std::string lost;
    bool is_warned, is_alarmed, opens;
  };
  const row rows[] = {{"", false, false, false},  {"0", true, false, false},
                      {"00", true, true, false},  {"000", true, true, false},
                      {"0000", true, true, true}, {"0000000", true, true, true}};
  for (const auto& each : rows) {
    CAPTURE(each.lost);
    listener rack;
    rack.play("11111" + each.lost + "11111");
    const auto largest_ms = rack.largest_ms();
    CHECK((largest_ms >= warning) == each.is_warned);
    CHECK((largest_ms >= alarm) == each.is_alarmed);
    CHECK((largest_ms >= fault) == each.opens);
    CHECK(rack.is_usable());
    CHECK(rack.shown_ms() < warning); // three scans that are good again end it
  }
}

TEST_CASE("a value that comes again is not used before its third sample, and warned about") {
  listener rack;
  rack.play("11110");
  for (int sample = 1; sample <= 2; ++sample) {
    rack.play("1");
    CAPTURE(sample);
    CHECK_FALSE(rack.is_usable());
    CHECK(rack.shown_ms() >= silence_after(1'000).warning_ms);
    CHECK(rack.shown_ms() < silence_after(1'000).alarm_ms);
  }
  rack.play("1");
  CHECK(rack.is_usable());
}

TEST_CASE("F-033 what comes and goes for ever opens, three periods later than what is silent") {
  const auto [warning, alarm, fault] = silence_after(1'000);
  const std::string pattern = GENERATE("01", "001", "011", "0101101");
  CAPTURE(pattern);
  listener rack;
  rack.play("1111");
  const auto last_us = rack.now_us() - period_us;
  rack.play(times(12, pattern));
  CHECK_FALSE(rack.is_usable());
  REQUIRE(rack.reached_ms(alarm, last_us));
  CHECK(*rack.reached_ms(alarm, last_us) <= alarm + recovery_hold_us(1'000) / ms);
  REQUIRE(rack.reached_ms(fault, last_us));
  CHECK(*rack.reached_ms(fault, last_us) <= fault + recovery_hold_us(1'000) / ms);
  CHECK(*rack.reached_ms(fault, last_us) > fault + recovery_hold_us(1'000) / ms / 2);
}

TEST_CASE("F-050 what is said again of an old source time is no sample and holds nothing") {
  const auto fault_ms = silence_after(1'000).fault_ms;
  listener rack;
  rack.play("1111");
  const auto last_us = rack.now_us() - period_us;
  for (int second = 0; second < 6; ++second) {
    rack.play("0");
    rack.repeat();
  }
  REQUIRE(rack.reached_ms(fault_ms, last_us));
  CHECK(*rack.reached_ms(fault_ms, last_us) == fault_ms);
}

TEST_CASE(
    "a silence is held from its second word on, while the next comes in time, and no longer") {
  recovery_model model(2, 150, 400);
  model.say_unknown(0, 10, false, 1'000); // it became so: nothing was heard
  CHECK_FALSE(model.is_any());
  model.say_unknown(0, 10, true, 1'050); // and is said again
  CHECK_FALSE(model.is_any());
  model.say_unknown(0, 20, true, 1'100);
  CHECK(model.is_any());
  CHECK(model.held_us(0, 1'100) == 0);
  CHECK(model.held_us(0, 1'249) == 149);
  CHECK(model.held_us(0, 1'300) == 150); // the next one is late
  CHECK(model.held_us(1, 1'300) == 0);
  model.say_unknown(0, 30, true, 1'300);
  CHECK(model.held_us(0, 1'400) == 250);
  model.say_unknown(0, 40, true, 1'400);
  model.say_unknown(0, 50, true, 1'500);
  CHECK(model.held_us(0, 1'600) == 400);
  model.say_unknown(0, 60, true, 1'600);
  CHECK(model.held_us(0, 1'700) == 400); // all of it is used up
  model.end(0);
  CHECK_FALSE(model.is_any());
  CHECK(model.held_us(0, 1'700) == 0);
  for (const std::size_t each : {0U, 1U}) {
    model.say_unknown(each, 60, false, 1'800);
    model.say_unknown(each, 70, true, 1'900);
  }
  CHECK(model.held_us(1, 1'950) == 50);
  model.end_all();
  CHECK_FALSE(model.is_any());
  for (const std::size_t each : {0U, 1U}) CHECK(model.held_us(each, 1'950) == 0);
}

} // namespace voltaic::actors::protection::recovery_test
