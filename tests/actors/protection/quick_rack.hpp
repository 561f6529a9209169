#pragma once

#include <vector>

#include "actors/protection/bench_rack.hpp"

/// A rack of two candidates, whose levels have no delays, and whose silence nobody minds.
namespace voltaic::actors::protection::testing {

inline protection_options quick_options(std::uint32_t cell_count = 32) {
  auto options = options_for("lfp", cell_count);
  std::erase_if(options.table.candidates, [](const auto& watched) {
    return watched.name != "cell_overvoltage" && watched.name != "cell_undervoltage";
  });
  for (auto& watched : options.table.candidates) {
    watched.period_ms = 0;
    for (auto& limit : watched.limits) limit.set_ms = limit.clear_ms = 0;
  }
  options.disabled = {"communication_loss"};
  return options;
}

class quick_rack {
 public:
  explicit quick_rack(const protection_options& options = quick_options())
      : model(options), values(options.cells().count, *millionths(3.3)) {
    model.load_latches({}, false);
    for (std::uint32_t scans = 0; scans < scans_for_ready; ++scans) scan();
  }

  /// A microsecond later one cell has another voltage. The first of what is told; an empty
  /// report where nothing is.
  const report& scan(std::size_t cell, double volt) {
    values.at(cell) = *millionths(volt);
    return scan();
  }
  const report& scan() {
    ++now_us;
    const element_block blocks[] = {{0, now_us, values, quality::good, {}}};
    inputs news;
    news.blocks = blocks;
    const auto& said = model.step(news, {now_us, now_us});
    told = said.reports.empty() ? report{} : said.reports.front();
    return told;
  }
  const outputs& tick() {
    ++now_us;
    return model.step({}, {now_us, now_us});
  }

  protection_model model;
  std::vector<std::int32_t> values;
  std::int64_t now_us = 1'000'000;
  report told;
};

} // namespace voltaic::actors::protection::testing
