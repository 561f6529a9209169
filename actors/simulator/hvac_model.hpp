#pragma once

#include "actors/simulator/equipment_model.hpp"

namespace voltaic::actors::simulator {

/// An air conditioner of a container. Its registers are those of
/// configs/profiles/demo_hvac.json.
class hvac_model final : public equipment_model {
 public:
  hvac_model();
  [[nodiscard]] double power_w() const override { return -power_w_; }

 private:
  void advance(double seconds) override;
  [[nodiscard]] bool accepts(const std::vector<std::uint16_t>& wanted) const override;
  void show_all();

  double room_c_;
  double cooling_ = 0; ///< 0 to 1; below 0 it heats
  double power_w_ = 0;
};

} // namespace voltaic::actors::simulator
