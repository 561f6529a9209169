#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/simulator/equipment_model.hpp"
#include "actors/simulator/serial_line_model.hpp"
#include "bus/modbus/server.hpp"
#include "bus/serial/pty_line.hpp"
#include "messages/expected.hpp"
#include "nodes/simulate/targets.hpp"

namespace voltaic::nodes::simulator {

/// One piece of equipment.
struct equipment_unit {
  std::string device;                  ///< its name in the site
  std::string kind;                    ///< "inverter", "hvac", "meter" or "battery"
  std::vector<std::string> racks = {}; ///< behind an inverter, where all are simulated; else empty
  std::shared_ptr<const messages::profiles::device_profile> profile = {}; ///< of a battery
};

/// A line whose units are simulated: they are served where the site looks for them.
struct equipment_line {
  std::string name; ///< of the line
  std::string host;
  std::uint16_t port = 0; ///< 0 takes any that is free
  std::map<std::uint8_t, equipment_unit> units;
  std::string path = {}; ///< of a line of plain RS-485, which has no port
};

/// The power equipment of a site, each line a Modbus server of its own, or a pseudo terminal with
/// batteries on plain RS-485. What
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
  /// A line of batteries.
  struct serial_part {
    std::map<std::string, std::uint8_t> devices;
    actors::simulator::serial_line_model line;
    std::unique_ptr<bus::serial::pty_line> wire; ///< ends before what it serves
  };
  simulated_equipment() = default;
  [[nodiscard]] messages::expected<bool> add_serial(const equipment_line& line);
  [[nodiscard]] std::vector<bus::serial::sent_piece> hear(serial_part& part,
                                                          std::span<const std::uint8_t> bytes);

  std::mutex mutex_; ///< of all models
  std::vector<std::unique_ptr<site_part>> lines_;
  std::vector<std::unique_ptr<serial_part>> serials_;
};

} // namespace voltaic::nodes::simulator
