#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "actors/simulator/serial_battery_model.hpp"
#include "messages/serial/receiver.hpp"

namespace voltaic::actors::simulator {

/// The batteries of one line of plain RS-485. Each hears all of it by itself, as on a wire. Pure:
/// time is told.
class serial_line_model {
 public:
  /// The profile is one of plain RS-485; at each address one battery.
  void add(std::uint8_t address,
           const std::shared_ptr<const messages::profiles::device_profile>& profile);

  /// These bytes went over the line: what is said to them, by address.
  [[nodiscard]] std::vector<serial_battery_model::reply> hear(std::span<const std::uint8_t> bytes);
  /// As `serial_battery_model::set`; false also where no battery has the address.
  [[nodiscard]] bool set(std::uint8_t address, std::string_view point,
                         std::optional<std::uint32_t> index, equipment_effect effect, double value);
  /// All live until `now_us`, monotonic.
  void step(std::int64_t now_us);

 private:
  struct station {
    station(std::uint8_t address,
            const std::shared_ptr<const messages::profiles::device_profile>& profile)
        : battery(profile, address),
          heard(*profile->framing, messages::serial::direction::request) {}
    serial_battery_model battery;
    messages::serial::receiver heard;
  };
  std::map<std::uint8_t, station> stations_;
};

} // namespace voltaic::actors::simulator
