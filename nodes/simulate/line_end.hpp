#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "actors/simulator/equipment_model.hpp"
#include "actors/simulator/serial_line_model.hpp"
#include "bus/modbus/line.hpp"
#include "bus/modbus/schedule.hpp"

namespace voltaic::nodes::simulate {

/// What a request on a played line comes to.
struct met {
  bus::modbus::exchange gave;
  std::int64_t took_us = 0;
  bool is_late = false; ///< an answer came after it was given up
};

/// Who is asked on a played line.
class line_end {
 public:
  virtual ~line_end() = default;
  [[nodiscard]] virtual met read(std::uint8_t unit, const bus::modbus::read_request& request) = 0;
  [[nodiscard]] virtual met write(const bus::modbus::write_request& request) = 0;
  /// What shows what became of a write; nothing where none is asked for.
  [[nodiscard]] virtual std::optional<bus::modbus::read_request> read_back_of(
      const bus::modbus::write_request& request) const = 0;
};

/// Not owned: what answers as each unit. One that is not there is silent.
using unit_map = std::map<std::uint8_t, actors::simulator::equipment_model*>;

/// Modbus units. An answer takes no time unless its unit is late; silence takes the timeout.
[[nodiscard]] std::unique_ptr<line_end> make_modbus_end(std::int64_t response_timeout_us,
                                                        unit_map units);
/// Batteries of plain RS-485. Each byte takes its time on the wire. Both are kept, not copied.
[[nodiscard]] std::unique_ptr<line_end> make_serial_end(const bus::modbus::line_options& options,
                                                        actors::simulator::serial_line_model& line);

} // namespace voltaic::nodes::simulate
