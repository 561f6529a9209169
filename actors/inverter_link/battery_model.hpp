#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/inverter_link/link_options.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/contactor_words.hpp"
#include "messages/inverter/compatibility.hpp"
#include "messages/inverter/items.hpp"
#include "messages/points/last_news.hpp"
#include "messages/points/watched_points.hpp"
#include "messages/setpoint_list.hpp"

namespace voltaic::actors::inverter_link {

/// "by anna until 2026-11-22T03:10:00Z"
[[nodiscard]] std::string set_by(const messages::setpoint& of);

/// The battery behind an inverter at one instant. What nobody says now has no value.
struct battery_state {
  std::optional<double> charge_current_a;
  std::optional<double> discharge_current_a;
  std::optional<double> charge_voltage_v;
  std::optional<double> discharge_voltage_v;
  std::optional<double> charge_power_w;
  std::optional<double> discharge_power_w;
  std::optional<double> voltage_v;
  std::optional<double> current_a; ///< positive on discharge
  bool may_carry = false; ///< some rack is joined to its DC bus, or nobody knows that it is not
  /// What holds the limits of current down: "rack_1 cell_overvoltage/alarm".
  std::string charge_reason;
  std::string discharge_reason;
  bool is_derated_charge = false; ///< by a curve or a level that leaves a part
  bool is_derated_discharge = false;
  bool is_set_charge = false; ///< by a setpoint of a rack, which the reason names with its owner
  bool is_set_discharge = false;
  /// Everything measured, counted and wrong, as items of the payload.
  messages::inverter::payload values;
};

/// Reads what the racks and the actor that makes one battery of them say. Pure. A value counts
/// only while it comes: by the time of its arrival, never by what was once said.
class battery_model {
 public:
  explicit battery_model(const model_options& options);

  void learn(const messages::catalogue& described) { points_.learn(described); }
  void take(const messages::telemetry& said, std::int64_t now_us);
  void take(const messages::limits& said, std::int64_t now_us);
  /// What a rack's controller says of itself, where its profile reads it; `position` is one
  /// in the options.
  [[nodiscard]] messages::inverter::told_identity identity_of(std::size_t position) const;
  /// Whether a rack is joined to its DC bus; nothing: nobody says that now.
  [[nodiscard]] std::optional<messages::joining> standing_of(std::size_t position,
                                                             std::int64_t now_us) const {
    return standing(racks_[position], now_us);
  }
  [[nodiscard]] battery_state step(std::int64_t now_us);
  /// Of what stands for this point the one with that value; nullptr: none.
  [[nodiscard]] const messages::setpoint* find_setpoint(const std::string& point,
                                                        double value) const;

 private:
  struct rack {
    std::string name;
    std::string device;
    double capacity_ah = 0;
    std::size_t contactor, charge_limit, discharge_limit;
    std::size_t cell_min, cell_min_index, cell_max, cell_max_index;
    std::size_t cold, cold_index, warm, warm_index, mean_temperature;
    std::size_t manufacturer, model, firmware;
    std::size_t joined;
    std::size_t module_min, module_min_index, module_max, module_max_index;
  };
  /// Where it stands what all racks of the group are together.
  struct battery_places {
    std::size_t charge_limit, discharge_limit, charge_voltage, discharge_voltage;
    std::size_t charge_power, discharge_power, voltage, current, soc, soh;
    std::size_t charged, discharged;
  };
  /// The newest limits of a rack with their reasons.
  struct reasons {
    messages::limits said;
    std::int64_t heard_us = 0;
  };
  using field = std::size_t rack::*;
  /// Where charge and discharge have their own.
  struct direction {
    double messages::limits::*current_a;
    std::optional<double> battery_state::*told_a;        ///< of the battery as a whole
    std::vector<std::string> messages::limits::*reasons; ///< of this direction
    std::string battery_state::*reason;
    bool battery_state::*is_derated;
    bool battery_state::*is_set;
    const char* point;           ///< that a setpoint names
    std::string_view cap_reason; ///< as a rack's limits say that it is below its rating
  };

  [[nodiscard]] std::size_t watch(const std::string& name);
  void watch_rack(const rack_facts& facts);
  [[nodiscard]] std::optional<double> number(std::size_t place, std::int64_t now_us) const;
  [[nodiscard]] bool is_current(std::size_t place, std::int64_t now_us) const;
  /// Nothing: nobody says it now.
  [[nodiscard]] std::optional<messages::joining> standing(const rack& of,
                                                          std::int64_t now_us) const;
  void take_battery(battery_state& state, std::int64_t now_us) const;
  void add_extremes(battery_state& state, std::int64_t now_us) const;
  void add_counts(battery_state& state, std::int64_t now_us) const;
  void add_alarms(battery_state& state, std::int64_t now_us) const;
  static void add_remaining(messages::inverter::payload& values);
  void explain(battery_state& state, std::int64_t now_us) const;
  void explain_rack(battery_state& state, const direction& of, const rack& binding,
                    const messages::limits& said) const;
  void keep_soh(std::int64_t now_us);

  std::vector<rack> racks_;
  battery_places battery_{};
  messages::points::watched_points points_;
  std::vector<messages::points::last_news> news_; ///< by place
  std::map<std::string, reasons> reasons_;        ///< by rack
  std::size_t setpoints_place_ = 0;
  std::vector<messages::setpoint> setpoints_; ///< all that stand, whoever set them
  std::optional<double> soh_;                 ///< last known: it moves in months
};

} // namespace voltaic::actors::inverter_link
