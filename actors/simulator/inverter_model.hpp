#pragma once

#include <optional>

#include "actors/simulator/equipment_model.hpp"

namespace voltaic::actors::simulator {

/// An inverter of 100 kW on a DC bus of 1,580 V. Its registers are those of
/// configs/profiles/demo_inverter.json.
///
/// It starts within a second, follows its power setpoint by 50 kW a second, and
/// keeps within the limits of power, current and voltage that it was given. Once a
/// heartbeat was written it wants another value every ten seconds, or goes to zero
/// power. Its current is what flows through the racks behind it, where that is told, else what its
/// power needs. Who it is stands in a common model of SunSpec from register 40,000 on.
class inverter_model final : public equipment_model {
 public:
  inverter_model();
  [[nodiscard]] double power_w() const override { return power_w_; }
  void carry(double current_a) override { carried_a_ = current_a; }

  enum class state : std::uint8_t { off, starting, running, fault };

 private:
  void advance(double seconds) override;
  [[nodiscard]] bool accepts(const std::vector<std::uint16_t>& wanted) const override;
  void written(std::uint16_t address, std::size_t count) override;
  [[nodiscard]] double wanted_power_w() const;
  void show_all();

  state state_ = state::off;
  double starting_s_ = 0;
  double power_w_ = 0;
  std::optional<double> carried_a_;
  double discharged_wh_ = 0;
  double charged_wh_ = 0;
  double temperature_c_ = 30;
  double heartbeat_age_s_ = 0;
  bool heartbeat_known_ = false;
  double heartbeat_ = 0;
  double lived_s_ = 0;
};

} // namespace voltaic::actors::simulator
