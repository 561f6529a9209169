#include "actors/protection/scan_model.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <random>

namespace voltaic::actors::protection::protection_scan_model_test {

namespace {

constexpr std::int64_t stale_us = 300'000;

/// What is known of some elements, kept one by one as the description has it.
class described_scan {
 public:
  explicit described_scan(std::uint32_t count) : elements_(count) {}

  void apply(const element_block& block, std::int64_t now_us) {
    for (std::size_t position = 0; position < block.values.size(); ++position) {
      const auto at = block.first_index + position;
      if (at >= elements_.size()) return finish();
      auto& of = elements_[at];
      of.is =
          position < block.element_quality.size() ? block.element_quality[position] : block.quality;
      const bool usable = of.is == quality::good || of.is == quality::uncertain;
      if (usable) of.value = block.values[position];
      if (!usable && of.is != quality::invalid) { // stale or never: nobody spoke
        restart_scans();
        continue;
      }
      newest_us_ = now_us;
      if (of.source_us && block.source_time_us <= *of.source_us) continue;
      of.source_us = block.source_time_us;
      of.fresh_us = now_us;
      of.seen = true;
    }
    finish();
  }
  void restart_scans() {
    scans = 0;
    for (auto& each : elements_) each.seen = false;
  }

  void check(const scan_model& model, std::int64_t now_us) const {
    REQUIRE(model.scans() == scans);
    const auto never = std::ranges::count(elements_, quality::never, &element::is);
    REQUIRE(model.all_received() == (never == 0));
    const auto invalid = std::ranges::count(elements_, quality::invalid, &element::is);
    REQUIRE(model.invalid_count() == invalid);
    if (invalid > 0) {
      const auto first = std::ranges::find(elements_, quality::invalid, &element::is);
      REQUIRE(model.first_invalid() == first - elements_.begin());
    }
    std::int64_t oldest_us = now_us;
    for (std::size_t at = 0; at < elements_.size(); ++at) {
      const auto& of = elements_[at];
      oldest_us = std::min(oldest_us, of.fresh_us);
      REQUIRE((model.values().valid[at] != 0) == (of.is <= quality::uncertain));
      if (of.is <= quality::uncertain) REQUIRE(model.values().value[at] == of.value);
    }
    REQUIRE(model.oldest_age_us(now_us) == now_us - oldest_us);
    REQUIRE(model.values().any_valid == std::ranges::any_of(elements_, [](auto& each) {
              return each.is <= quality::uncertain;
            }));
    const auto held_us = std::max<std::int64_t>(0, newest_us_ + stale_us - (now_us - 50'000));
    REQUIRE(model.charge_us(now_us - 50'000, now_us + 1'000'000) ==
            std::min<std::int64_t>(held_us, 1'050'000));
  }

  std::uint32_t scans = 0;

 private:
  struct element {
    std::int32_t value = 0;
    quality is = quality::never;
    std::optional<std::int64_t> source_us;
    std::int64_t fresh_us = 0;
    bool seen = false;
  };
  void finish() {
    const auto complete = [](const element& each) {
      return each.seen && each.is != quality::never;
    };
    if (!std::ranges::all_of(elements_, complete)) return;
    ++scans;
    for (auto& each : elements_) each.seen = false;
  }
  std::vector<element> elements_;
  std::int64_t newest_us_ = 0;
};

/// Blocks of any kind: most are whole and good, as on a healthy bus.
class blocks {
 public:
  blocks(std::uint32_t count, std::uint32_t seed) : count_(count), random_(seed) {}

  element_block next(std::int64_t now_us) {
    element_block block;
    const bool whole = random_() % 2 == 0;
    const auto size = whole ? count_ : 1 + random_() % (count_ + 2);
    block.first_index = whole ? 0 : static_cast<std::uint32_t>(random_() % (count_ + 1));
    const auto late = random_() % 5 == 0 ? static_cast<std::int64_t>(random_() % 3) : 0;
    block.source_time_us = now_us - late * 100'000;
    values_.resize(size);
    for (auto& each : values_) each = static_cast<std::int32_t>(random_() % 1'000) - 500;
    block.values = values_;
    block.quality = random_() % 6 == 0 ? any_quality() : quality::good;
    qualities_.clear();
    if (random_() % 4 == 0) {
      qualities_.resize(random_() % (size + 1), quality::good);
      if (!qualities_.empty()) qualities_[random_() % qualities_.size()] = any_quality();
    }
    block.element_quality = qualities_;
    return block;
  }

 private:
  quality any_quality() { return static_cast<quality>(random_() % 5); }

  std::uint32_t count_;
  std::mt19937 random_;
  std::vector<std::int32_t> values_;
  std::vector<quality> qualities_;
};

element_block block_of(const std::vector<std::int32_t>& values, std::int64_t source_us,
                       std::uint32_t first = 0) {
  return {first, source_us, values, quality::good, {}};
}

} // namespace

TEST_CASE("a scan keeps of any blocks what each element last said, and how old it is") {
  for (std::uint32_t round = 0; round < 400; ++round) {
    const std::uint32_t count = 1 + round % 5;
    scan_model model(count, stale_us);
    model.begin(0);
    described_scan described(count);
    blocks coming(count, round);
    std::int64_t now_us = 1'000'000;
    for (int step = 0; step < 40; ++step) {
      CAPTURE(round, step);
      now_us += 100'000;
      const auto block = coming.next(now_us);
      model.apply(block, now_us);
      described.apply(block, now_us);
      if (step % 13 == 12) {
        model.restart_scans();
        described.restart_scans();
      }
      described.check(model, now_us + 20'000);
    }
  }
}

TEST_CASE("a block that is whole does what its elements would do one by one") {
  for (std::uint32_t round = 0; round < 200; ++round) {
    constexpr std::uint32_t count = 3;
    scan_model at_once(count, stale_us);
    scan_model one_by_one(count, stale_us);
    blocks coming(count, round);
    std::int64_t now_us = 1'000'000;
    for (int step = 0; step < 40; ++step) {
      CAPTURE(round, step);
      auto block = coming.next(now_us += 100'000);
      at_once.apply(block, now_us);
      std::vector<quality> each(block.element_quality.begin(), block.element_quality.end());
      each.resize(block.values.size(), block.quality);
      block.element_quality = each;
      one_by_one.apply(block, now_us);
      REQUIRE(at_once.scans() == one_by_one.scans());
      REQUIRE(at_once.values().valid == one_by_one.values().valid);
      REQUIRE(at_once.oldest_age_us(now_us) == one_by_one.oldest_age_us(now_us));
      REQUIRE(at_once.invalid_count() == one_by_one.invalid_count());
      REQUIRE(at_once.charge_us(0, now_us + 1) == one_by_one.charge_us(0, now_us + 1));
    }
  }
}

TEST_CASE("values are held until they are stale, to the microsecond, and no longer than a charge") {
  scan_model model(1, stale_us);
  const std::vector<std::int32_t> values{7};
  model.apply(block_of(values, 1'000'000), 1'000'000);
  CHECK(model.charge_us(1'000'000, 1'299'999) == 299'999);
  CHECK(model.charge_us(1'000'000, 1'300'000) == 300'000);
  CHECK(model.charge_us(1'000'000, 1'300'001) == 300'000);
  CHECK(model.charge_us(1'299'999, 2'000'000) == 1);
  CHECK(model.charge_us(1'300'000, 2'000'000) == 0);
  CHECK(model.charge_us(1'400'000, 2'000'000) == 0);
  scan_model patient(1, std::int64_t{10} * charge_us_max);
  CHECK(patient.charge_us(0, std::int64_t{2} * charge_us_max) == charge_us_max);
}

TEST_CASE("an input that never came is as old as who waits for it, and no time makes it younger") {
  scan_model model(2, stale_us);
  model.begin(900'000);
  CHECK_FALSE(model.all_received());
  CHECK(model.oldest_age_us(1'000'000) == 100'000);
  const std::vector<std::int32_t> both{1, 2};
  model.apply(block_of(both, 1'000'000), 1'000'000);
  CHECK(model.all_received());
  CHECK(model.oldest_age_us(1'000'001) == 1);
  CHECK(model.oldest_age_us(999'999) == 0);
}

TEST_CASE("parts make one scan once the last of them came") {
  scan_model model(4, stale_us);
  const std::vector<std::int32_t> half{1, 2};
  for (std::uint32_t scan = 1; scan <= 4; ++scan) {
    const std::int64_t now_us = scan * 100'000;
    model.apply(block_of(half, now_us, 0), now_us);
    model.apply(block_of(half, now_us, 0), now_us); // a part that comes twice is none of the rest
    CHECK(model.scans() == scan - 1);
    model.apply(block_of(half, now_us, 2), now_us);
    CHECK(model.scans() == scan);
  }
  // Silence in the middle of a scan: what came before it does not count.
  model.apply(block_of(half, 500'000, 0), 500'000);
  model.restart_scans();
  CHECK(model.scans() == 0);
  model.apply(block_of(half, 600'000, 2), 600'000);
  CHECK(model.scans() == 0);
  model.apply(block_of(half, 700'000, 0), 700'000);
  CHECK(model.scans() == 1);
}

TEST_CASE("elements beyond the input's count are left out") {
  scan_model model(2, stale_us);
  const std::vector<std::int32_t> values{1, 2, 3};
  model.apply(block_of(values, 100, 1), 100);
  CHECK_FALSE(model.all_received());
  CHECK(model.values().value[1] == 1);
  model.apply(block_of(values, 200, 2), 200);
  model.apply(block_of(values, 300, 0xFFFF'FFFF), 300);
  CHECK_FALSE(model.all_received());
  model.apply(block_of(values, 400, 0), 400);
  CHECK(model.all_received());
  CHECK(model.values().value[1] == 2);
  CHECK(model.values().maximum == 2);
}

TEST_CASE("F-141 numbers end where no value may lie, in both directions") {
  const double most = fixed_max;
  CHECK(fixed(most, 1) == fixed_max);
  CHECK(fixed(-most, 1) == -fixed_max);
  CHECK_FALSE(fixed(most + 1, 1));
  CHECK_FALSE(fixed(-most - 1, 1));
  CHECK(fixed(most + 0.4, 1) == fixed_max);
  CHECK_FALSE(fixed(most + 0.6, 1));
  CHECK(fixed(2.5e-6, 1e6) == 2);
  CHECK(fixed(3.2999996, 1e6) == 3'300'000);
  CHECK(fixed_at_most(most + 1, 1) == fixed_max);
  CHECK(fixed_at_most(-1e300, 1) == -fixed_max);
  CHECK(fixed_at_most(std::numeric_limits<double>::infinity(), 1) == fixed_max);
  CHECK_FALSE(fixed_at_most(std::numeric_limits<double>::quiet_NaN(), 1));
  CHECK(fixed_at_most(0.0015, 1e3) == 2);
}

TEST_CASE("a value expires after its stale time, to the microsecond, and each by itself") {
  scan_model model(3, stale_us);
  const std::vector<std::int32_t> one{7};
  const auto fresh = [&] {
    const auto& all = model.values().fresh;
    return std::vector<std::int32_t>(all.begin(), all.begin() + 3);
  };
  for (std::uint32_t element = 0; element < 3; ++element) {
    const auto now_us = 1'000'000 + element * 100'000;
    model.apply(block_of(one, now_us, element), now_us);
  }
  CHECK_FALSE(model.expires(1'300'000));
  CHECK(model.expires(1'300'001));
  model.expire(1'300'001);
  CHECK(fresh() == std::vector{0, -1, -1});
  CHECK_FALSE(model.expires(1'400'000));
  CHECK(model.expires(1'400'001));
  model.expire(1'500'000); // the last is just not too old
  CHECK(fresh() == std::vector{0, 0, -1});
  CHECK_FALSE(model.expires(1'500'000));
  CHECK(model.expires(1'500'001));
  model.expire(1'500'001);
  CHECK(fresh() == std::vector{0, 0, 0});
  CHECK_FALSE(model.expires(9'000'000)); // there is nothing left to mark
  model.apply(block_of(one, 2'000'000, 1), 2'000'000);
  CHECK(fresh() == std::vector{0, -1, 0});
  CHECK_FALSE(model.expires(2'300'000));
  CHECK(model.expires(2'300'001));
}

TEST_CASE("values that came whole expire together, and are fresh again with the next") {
  scan_model model(2, stale_us);
  const std::vector<std::int32_t> both{1, 2};
  model.apply(block_of(both, 1'000'000), 1'000'000);
  CHECK_FALSE(model.expires(1'300'000));
  CHECK(model.expires(1'300'001));
  model.expire(1'300'000);
  CHECK(model.values().fresh[0] == -1);
  CHECK_FALSE(model.expires(1'300'000));
  model.expire(1'300'001);
  CHECK(model.values().fresh[0] == 0);
  CHECK(model.values().fresh[1] == 0);
  CHECK_FALSE(model.expires(9'000'000));
  model.apply(block_of(both, 2'000'000), 2'000'000);
  CHECK(model.values().fresh[0] == -1);
  CHECK(model.values().fresh[1] == -1);
  CHECK(model.expires(2'300'001));
}

TEST_CASE("a step is far from exactly its bound on, up and down, whole and in parts") {
  for (const bool whole : {true, false}) {
    for (const std::int32_t step : {9, -9, 10, -10, 11, -11}) {
      CAPTURE(whole, step);
      scan_model model(1, stale_us, 10);
      const std::vector<std::int32_t> first{100};
      const std::vector<std::int32_t> second{100 + step};
      const std::vector<quality> good{quality::good};
      const auto apply = [&](const std::vector<std::int32_t>& values, std::int64_t now_us) {
        auto block = block_of(values, now_us);
        if (!whole) block.element_quality = good;
        model.apply(block, now_us);
      };
      apply(first, 1'000);
      apply(second, 2'000);
      const bool is_far = std::abs(step) >= 10;
      CHECK(model.unconfirmed_count() == (is_far ? 1 : 0));
      CHECK(model.values().confirmed[0] == (is_far ? 0 : -1));
      CHECK(model.values().value[0] == 100 + step);
      apply(second, 3'000);
      CHECK(model.unconfirmed_count() == 0);
      CHECK(model.values().confirmed[0] == -1);
    }
  }
}

TEST_CASE("without a largest step none is far, also where values come in parts") {
  scan_model model(1, stale_us);
  const std::vector<quality> good{quality::good};
  for (const std::int32_t value : {100, 100, 1'000'000}) {
    const std::vector<std::int32_t> values{value};
    auto block = block_of(values, value == 100 ? 1'000 : 2'000);
    block.element_quality = good;
    model.apply(block, 2'000);
    CHECK(model.unconfirmed_count() == 0);
    CHECK(model.values().confirmed[0] == -1);
  }
}

TEST_CASE("what comes again and may not be used holds its age while it comes in time") {
  scan_model model(1, stale_us, 0, 400'000);
  const std::vector<std::int32_t> one{7};
  const auto say = [&](quality is, std::int64_t now_us) {
    auto block = block_of(one, now_us);
    block.quality = is;
    model.apply(block, now_us);
  };
  say(quality::good, 1'000'000);
  say(quality::stale, 1'100'000);
  CHECK_FALSE(model.is_recovering());
  say(quality::stale, 1'200'000);
  CHECK(model.is_recovering());
  CHECK(model.oldest_age_us(1'450'000) == 200'000);
  CHECK(model.oldest_age_us(1'600'000) == 300'000); // the next one is late
  say(quality::stale, 1'500'000);
  CHECK(model.oldest_age_us(1'700'000) == 300'000); // no more than 400 ms are held
  CHECK(model.oldest_age_us(1'800'000) == 400'000);
  say(quality::invalid, 1'900'000);
  CHECK_FALSE(model.is_recovering());
  CHECK(model.oldest_age_us(2'000'000) == 100'000);
}

} // namespace voltaic::actors::protection::protection_scan_model_test
