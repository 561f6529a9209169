#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "actors/protection/measured.hpp"
#include "actors/protection/scan_model.hpp"

namespace voltaic::actors::protection {

/// What a profile's values are compared by: no cell of any chemistry and no sensor beside it says
/// anything else and means it.
inline constexpr double cell_v_min = 0.5;
inline constexpr double cell_v_max = 5.0;
inline constexpr double cell_c_min = -60;
inline constexpr double cell_c_max = 150;
/// The cells' sum and the rack's voltage differ by so much of the latter where one of both is read
/// by another scale or byte order, or is another number of cells. A current of 3 C moves newer
/// voltages by some 5 % away from older cells; what differs by less a table's
/// `voltage_sum_mismatch` judges.
inline constexpr double misfit_percent = 10;

/// Whether a device's values can be what its profile takes them for (F-074, F-093): most of them
/// within what is physical, cells that add up to the rack. Pure.
///
/// A profile fits for as long as the device stays: it is judged until three scans in a row fitted,
/// and again after the cells were silent for so long that another device may be there. What goes
/// wrong later are sensors, which others judge.
class profile_fit_model {
 public:
  /// The points that are looked at; null: the device does not have it.
  struct seen {
    const scan_model* cells = nullptr;
    const scan_model* temperatures = nullptr;
    const scan_model* voltage = nullptr;
    const scan_model* current = nullptr;
  };

  /// Something of it is new.
  void step(const seen& now);
  /// Another device may be there.
  void forget();

  /// How many things do not fit, since it was judged first and until three scans fitted.
  [[nodiscard]] std::int32_t misfits() const { return misfits_; }
  /// What did not fit, as it was seen last: "32 of 32 cell_voltage outside 0.5 to 5 V".
  [[nodiscard]] std::string words() const;

 private:
  struct outside {
    measured of = measured::cell_voltage;
    std::uint32_t outside = 0;
    std::uint32_t count = 0;
    [[nodiscard]] bool are_most() const { return outside * 2 > count; }
  };
  /// What all cells may add up to, whatever those have that nobody knows.
  struct sum {
    double lowest_v = 0;
    double highest_v = 0;
    double rack_v = 0;
    bool differs = false;
  };
  [[nodiscard]] static outside outside_of(measured what, const scan_model* scan);
  [[nodiscard]] static sum sum_of(const seen& now);

  std::array<outside, 4> outside_{};
  sum sum_;
  std::int32_t misfits_ = 0;
  std::uint32_t scans_at_misfit_ = 0; ///< complete scans when it did not fit last
  bool is_proven_ = false;
};

} // namespace voltaic::actors::protection
