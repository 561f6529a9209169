#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "messages/modbus/registers.hpp"
#include "messages/modbus/served_unit.hpp"

/// Power equipment as its Modbus registers show it, simulated. Pure: time is told.
namespace voltaic::actors::simulator {

/// One unit with input and holding registers.
class equipment_model : public messages::modbus::served_unit {
 public:
  /// Lives until `now_us`, monotonic; the first call only starts its clock.
  void step(std::int64_t now_us);

  /// Power that it gives to the site, in W; what it takes is negative.
  [[nodiscard]] virtual double power_w() const { return 0; }
  /// What all others give, for equipment that measures.
  virtual void observe(double power_w) { (void)power_w; }

  [[nodiscard]] std::optional<messages::modbus::exception> read(
      messages::modbus::table from, std::uint16_t address,
      std::span<std::uint16_t> values) override;
  [[nodiscard]] std::optional<messages::modbus::exception> write(
      messages::modbus::table to, std::uint16_t address,
      std::span<const std::uint16_t> values) override;

 protected:
  using register_type = messages::modbus::register_type;
  equipment_model(std::size_t inputs, std::size_t holdings) : input_(inputs), holding_(holdings) {}

  /// The time that passed since the step before.
  virtual void advance(double seconds) = 0;
  /// Whether the holding registers may become these.
  [[nodiscard]] virtual bool accepts(const std::vector<std::uint16_t>& wanted) const = 0;
  /// Called after holding registers were written.
  virtual void written(std::uint16_t address, std::size_t count);

  /// A value in input registers, limited to what its type holds.
  void show(std::uint16_t address, double value, register_type type,
            messages::modbus::word_order order = messages::modbus::word_order::abcd);
  void show_text(std::uint16_t address, std::string_view text, std::size_t registers);
  void hold(std::uint16_t address, std::int64_t value, register_type type);
  [[nodiscard]] static std::int64_t held(const std::vector<std::uint16_t>& holding,
                                         std::uint16_t address, register_type type);
  [[nodiscard]] std::int64_t held(std::uint16_t address, register_type type) const {
    return held(holding_, address, type);
  }

 private:
  std::vector<std::uint16_t> input_;
  std::vector<std::uint16_t> holding_;
  std::int64_t last_us_ = 0;
  bool started_ = false;
};

/// "inverter", "hvac" or "meter"; anything else is null.
[[nodiscard]] std::unique_ptr<equipment_model> make_equipment(std::string_view kind);

} // namespace voltaic::actors::simulator
