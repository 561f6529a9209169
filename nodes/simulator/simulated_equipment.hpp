#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/simulator/equipment_model.hpp"
#include "bus/modbus/server.hpp"
#include "messages/expected.hpp"
#include "nodes/simulate/targets.hpp"

namespace voltaic::nodes::simulator {

/// One piece of equipment.
struct equipment_unit {
  std::string device;                  ///< its name in the site
  std::string kind;                    ///< "inverter", "hvac" or "meter"
  std::vector<std::string> racks = {}; ///< behind an inverter, where all are simulated; else empty
};

/// A line whose units are simulated: they are served where the site looks for them.
struct equipment_line {
  std::string name; ///< of the line
  std::string host;
  std::uint16_t port = 0; ///< 0 takes any that is free
  std::map<std::uint8_t, equipment_unit> units;
};

/// The power equipment of a site, each line a Modbus server of its own. What
/// one piece gives or takes, the meters see.
class simulated_equipment {
 public:
  /// Serves from now on.
  [[nodiscard]] static messages::expected<std::unique_ptr<simulated_equipment>> open(
      const std::vector<equipment_line>& lines);

  /// Lays something over what a device shows. False: there is no such device or
  /// point, or it refuses the value.
  bool set(const simulate::equipment_overlay& what);
  /// What flows through the racks behind a device from now on.
  void carry(const std::string& device, double current_a);
  /// Lets all of it live until now (monotonic).
  void step(std::int64_t now_us);
  /// Where the lines are served, in their order.
  [[nodiscard]] std::vector<std::uint16_t> ports() const;

 private:
  struct site_part {
    std::map<std::string, std::uint8_t> devices; ///< name to unit
    std::map<std::uint8_t, std::unique_ptr<actors::simulator::equipment_model>> units;
    std::unique_ptr<bus::modbus::server> server; ///< ends before what it serves
  };
  simulated_equipment() = default;

  std::mutex mutex_; ///< of all models
  std::vector<std::unique_ptr<site_part>> lines_;
};

} // namespace voltaic::nodes::simulator
