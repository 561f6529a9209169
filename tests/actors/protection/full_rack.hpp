#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/protection/bench_rack.hpp"

/// A rack on a table whose device reports everything that it is judged by.
namespace voltaic::actors::protection::testing {

inline constexpr std::uint32_t full_cells = 32;

inline protection_options full_options(const std::string& chemistry = "lfp",
                                       std::uint32_t cell_count = full_cells) {
  auto options = options_for(chemistry, cell_count);
  options.points = {{{cell_count, 16, 200},
                     {cell_count / 2, 8, 1'000},
                     {2, 0, 1'000},
                     {1, 0, 100},
                     {1, 0, 100},
                     {1, 0, 100},
                     {1, 0, 1'000}}};
  options.discharge_current_a = 140;
  return options;
}

class full_rack {
 public:
  explicit full_rack(const protection_options& options = full_options())
      : model(options), options_(options) {
    const double rest[] = {3.3, 25, 25, 3.3 * options.cells().count, 0, 50, 5e6, 0, 0};
    for (std::size_t each = 0; each < known_count; ++each) {
      const auto count = options.points[each].count;
      values[each].assign(count, *fixed(rest[each], measured_points[each].parts));
      qualities[each].assign(count, quality::good);
    }
    model.load_latches({}, false);
  }

  void set(measured what, double value, std::optional<std::size_t> index = {}) {
    auto& all = values[position_of(what)];
    const auto raw = *fixed(value, describe(what).parts);
    if (index) {
      all.at(*index) = raw;
    } else {
      std::ranges::fill(all, raw);
    }
  }
  void set_quality(measured what, quality is, std::optional<std::size_t> index = {}) {
    auto& all = qualities[position_of(what)];
    if (index) {
      all.at(*index) = is;
    } else {
      std::ranges::fill(all, is);
    }
  }
  void silence(measured what, bool silent = true) { silent_[position_of(what)] = silent; }

  /// Time goes on; each point comes with its period, time itself each 50 ms.
  const outputs& run(std::int64_t ms) {
    const auto end_us = now_us + ms * messages::us_per_ms;
    while (now_us < end_us) {
      now_us += tick_us;
      step();
    }
    return model.last();
  }
  const outputs& step() {
    blocks_.clear();
    for (std::size_t each = 0; each < known_count; ++each) {
      const auto period_us = options_.points[each].period_ms * messages::us_per_ms;
      if (options_.points[each].count == 0 || silent_[each] || now_us % period_us != 0) continue;
      element_block block{
          0, now_us, values[each], quality::good, qualities[each], static_cast<measured>(each)};
      const auto good = [](quality one) { return one == quality::good; };
      if (std::ranges::all_of(qualities[each], good)) block.element_quality = {};
      blocks_.push_back(block);
    }
    inputs news;
    news.blocks = blocks_;
    const auto& said = model.step(news, {now_us, now_us});
    static constexpr const char* names[] = {"set", "clear", "latch", "reset", "shelve", "unshelve"};
    for (const auto& told : said.reports) {
      log.push_back(fmt::format("{} {} {} {}", (now_us - since_us) / messages::us_per_ms,
                                names[static_cast<std::size_t>(told.edge)],
                                model.rows()[told.row].reason, told.scope));
    }
    return said;
  }
  void settle() {
    run(4'000);
    mark();
  }
  void mark() {
    since_us = now_us;
    log.clear();
  }

  static constexpr std::int64_t tick_us = 50'000;
  protection_model model;
  std::array<std::vector<std::int32_t>, measured_count> values;
  std::array<std::vector<quality>, measured_count> qualities;
  std::int64_t now_us = 1'000'000;
  std::int64_t since_us = 0;
  std::vector<std::string> log;

 private:
  protection_options options_;
  std::array<bool, measured_count> silent_{};
  std::vector<element_block> blocks_;
};

/// Whether some line of what the rack told holds these words.
[[nodiscard]] inline bool has(const full_rack& rack, std::string_view words) {
  return std::ranges::any_of(
      rack.log, [&](const auto& line) { return line.find(words) != std::string::npos; });
}

} // namespace voltaic::actors::protection::testing
