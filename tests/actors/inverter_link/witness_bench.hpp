#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "actors/inverter_link/current_witness_model.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::inverter_link::testing {

inline constexpr std::int64_t rack_period_us = 100 * messages::us_per_ms;
inline constexpr std::int64_t measured_period_us = 200 * messages::us_per_ms;

/// A rack as it is played: what it shows, of a rack that is not heard nothing.
struct played_rack {
  std::optional<double> shown_a = {};
  bool is_apart = false;
};

/// Racks of 100 Ah each, heard every 100 ms, and what is measured, heard every 200 ms.
struct witness_bench {
  explicit witness_bench(std::size_t racks)
      : played(racks), heard(racks), model(std::vector<double>(racks, 100)) {}

  void run(std::int64_t ms) {
    for (const auto end_us = now_us + ms * messages::us_per_ms; now_us < end_us;) {
      now_us += 10 * messages::us_per_ms;
      if (measures && now_us % measured_period_us == 0) {
        ripple_a = -ripple_a;
        last = measured_a ? std::optional(heard_current{*measured_a + ripple_a, now_us})
                          : std::nullopt;
      }
      for (std::size_t each = 0; each < played.size(); ++each) {
        heard[each].is_apart = played[each].is_apart;
        if (!speaks || now_us % rack_period_us != 0) continue;
        heard[each].current.reset();
        if (played[each].shown_a) heard[each].current = {{*played[each].shown_a, now_us}};
      }
      model.step(last, heard, now_us);
    }
  }
  void show(const std::vector<double>& shown_a, std::optional<double> truth_a) {
    for (std::size_t each = 0; each < shown_a.size(); ++each) played[each].shown_a = shown_a[each];
    measured_a = truth_a;
  }
  std::vector<messages::current_agreement> words() const {
    std::vector<messages::current_agreement> all;
    for (std::size_t each = 0; each < played.size(); ++each) all.push_back(model.of(each));
    return all;
  }
  /// For how long from now on nobody is meant; nothing: longer than 15 s.
  std::optional<std::int64_t> first_contradiction_ms() {
    const auto begin_us = now_us;
    while (now_us - begin_us < 15'000 * messages::us_per_ms) {
      run(10);
      for (const auto each : words())
        if (each == messages::current_agreement::contradicts)
          return (now_us - begin_us) / messages::us_per_ms;
    }
    return std::nullopt;
  }

  std::int64_t now_us = 100 * messages::us_per_s;
  std::vector<played_rack> played;
  std::vector<shown_current> heard;
  std::optional<double> measured_a;
  double ripple_a = 0; ///< each measured value is so much more or less than the one before
  std::optional<heard_current> last;
  bool measures = true; ///< the inverter's values come
  bool speaks = true;   ///< the racks' do
  current_witness_model model;
};

} // namespace voltaic::actors::inverter_link::testing
