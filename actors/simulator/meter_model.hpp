#pragma once

#include "actors/simulator/equipment_model.hpp"

namespace voltaic::actors::simulator {

/// A three-phase meter where the site meets the grid, with a load of its own
/// behind it. Its registers are those of configs/profiles/demo_meter.json.
class meter_model final : public equipment_model {
 public:
  meter_model();
  void observe(double power_w) override { given_w_ = power_w; }

 private:
  void advance(double seconds) override;
  [[nodiscard]] bool accepts(const std::vector<std::uint16_t>& wanted) const override;
  void show_all();

  double lived_s_ = 0;
  double given_w_ = 0; ///< by the site's equipment
  double taken_w_ = 0; ///< from the grid
  double imported_wh_ = 0;
  double exported_wh_ = 0;
};

} // namespace voltaic::actors::simulator
