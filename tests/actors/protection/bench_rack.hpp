#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <span>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "actors/protection/protection_model.hpp"
#include "messages/protection/limits_file.hpp"

/// A rack of cells on a table, for tests: values are set by hand, scans come
/// each period, steps each `tick`.
namespace voltaic::actors::protection::testing {

using messages::quality;

inline constexpr std::int64_t scan_ms = 100; // evaluation period of the cell candidates
inline constexpr std::int64_t data_ms = 200; // period of the data
inline constexpr std::int64_t margin_ms = 20;

inline messages::protection::table defaults(const std::string& chemistry) {
  const auto path =
      std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/protection/" + chemistry + ".toml";
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return std::get<messages::protection::table>(messages::protection::load(text.str(), path));
}

inline protection_options options_for(const std::string& chemistry, std::uint32_t cells = 32) {
  protection_options options;
  options.rack = "rack_0";
  options.table = defaults(chemistry);
  options.points[position_of(measured::cell_voltage)] = {cells, 16, 200};
  options.capacity_ah = 280;
  options.charge_current_a = 140;
  options.discharge_current_a = 120;
  return options;
}

/// Limits without those that follow from them: charge, discharge, reasons.
using currents = std::tuple<double, double, std::vector<std::string>>;
inline currents currents_of(const outputs& said) {
  return {said.limits.charge_a, said.limits.discharge_a, said.limits.reasons};
}

class bench_rack {
 public:
  explicit bench_rack(const protection_options& options, double rest_v = 3.3)
      : model(options),
        values(options.cells().count, *millionths(rest_v)),
        qualities(options.cells().count, quality::good),
        period_us_(options.cells().period_ms * messages::us_per_ms) {
    model.load_latches({}, false);
  }

  void set(std::size_t cell, double volt) { values.at(cell) = *millionths(volt); }
  void set_all(double volt) { std::ranges::fill(values, *millionths(volt)); }

  /// One scan that arrives now.
  const outputs& scan() {
    element_block block{0, now_us, values, quality::good, qualities};
    if (std::ranges::all_of(qualities, [](quality one) { return one == quality::good; })) {
      block.element_quality = {};
    }
    next_scan_us_ = now_us + period_us_;
    const element_block blocks[] = {block};
    return say(blocks);
  }
  /// What somebody says now.
  const outputs& say(std::span<const element_block> blocks) {
    inputs news;
    news.blocks = blocks;
    return keep(model.step(news, {now_us, now_us}));
  }

  const outputs& tick() { return keep(model.step({}, {now_us, now_us})); }

  /// Time goes on by `ms`: ticks each `tick_ms`, scans each period unless silent.
  void run(std::int64_t ms) {
    const auto end_us = now_us + ms * messages::us_per_ms;
    while (now_us < end_us) {
      now_us = std::min(end_us, now_us + tick_ms * messages::us_per_ms);
      if (!silent && now_us >= next_scan_us_) {
        if (before_scan) before_scan(*this);
        scan();
      } else {
        tick();
      }
    }
  }

  /// Ready to be closed.
  void settle() {
    scan();
    run(1'000);
    log.clear();
  }

  /// "t_ms edge candidate/level scope", t from `since_us`.
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const auto& one : log) all.push_back(one.text);
    return all;
  }
  /// When a reason first had an edge; -1: never.
  [[nodiscard]] std::int64_t time_of(const std::string& edge, const std::string& reason) const {
    for (const auto& one : log) {
      if (one.edge == edge && one.reason == reason) return (one.time_us - since_us) / 1'000;
    }
    return -1;
  }
  [[nodiscard]] std::size_t count(const std::string& edge, const std::string& reason) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        log, [&](const auto& one) { return one.edge == edge && one.reason == reason; }));
  }
  void mark() {
    since_us = now_us;
    log.clear();
  }

  struct entry {
    std::int64_t time_us;
    std::string edge;
    std::string reason;
    std::string text;
    report told;
  };

  protection_model model;
  std::vector<std::int32_t> values;
  std::vector<quality> qualities;
  std::int64_t now_us = 1'000'000;
  std::int64_t since_us = 1'000'000;
  std::int64_t tick_ms = 50;
  bool silent = false;
  std::function<void(bench_rack&)> before_scan;
  std::vector<entry> log;

 private:
  const outputs& keep(const outputs& said) {
    static constexpr const char* names[] = {"set", "clear", "latch", "reset", "shelve", "unshelve"};
    for (const auto& told : said.reports) {
      const auto& row = model.rows()[told.row];
      const auto* edge = names[static_cast<std::size_t>(told.edge)];
      log.push_back(
          {now_us, edge, row.reason,
           fmt::format("{} {} {} {}", (now_us - since_us) / 1'000, edge, row.reason, told.scope),
           told});
    }
    return said;
  }

  std::int64_t period_us_;
  std::int64_t next_scan_us_ = 0;
};

} // namespace voltaic::actors::protection::testing
