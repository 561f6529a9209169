#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "actors/simulator/equipment_model.hpp"
#include "bus/modbus/line.hpp"
#include "bus/modbus/schedule.hpp"
#include "messages/modbus/pdu.hpp"
#include "messages/time.hpp"

namespace voltaic::nodes::simulate {

/// A Modbus TCP line on virtual time: the schedule that real lines have, asking
/// units that are played in this process. An answer takes no time unless its
/// unit is late; silence takes the line's timeout. The same calls tell the same.
class simulated_line {
 public:
  /// Not owned: what answers as each unit. One that is not there is silent.
  using unit_map = std::map<std::uint8_t, actors::simulator::equipment_model*>;
  /// What became known in one step.
  struct told {
    std::vector<bus::modbus::poll> polls;
    std::vector<bus::modbus::write_answer> answers;
  };

  simulated_line(bus::modbus::line_options options, unit_map units, std::int64_t now_us);
  // The schedule refers to the options.
  simulated_line(const simulated_line&) = delete;
  simulated_line& operator=(const simulated_line&) = delete;

  /// As `bus::modbus::line::write`.
  [[nodiscard]] bool write(bus::modbus::write_request request);
  /// Everything that is due until now.
  [[nodiscard]] told step(messages::instant now);
  /// Answers that came after their request was given up.
  [[nodiscard]] std::uint64_t late() const { return late_; }

 private:
  /// A request that has been sent, and what will become of it.
  struct exchange {
    bus::modbus::exchange gave;
    std::int64_t took_us = 0;
  };
  struct running {
    std::int64_t done_us = 0;
    std::optional<bus::modbus::schedule::task> read; ///< else the write
    bus::modbus::exchange gave;
    bus::modbus::write_answer answer;
  };
  [[nodiscard]] exchange ask(std::uint8_t unit, const messages::modbus::request& asked);
  /// Sends what is due at `at_us`, if anything is.
  [[nodiscard]] bool begin(std::int64_t at_us, told& out);
  [[nodiscard]] bool begin_write(std::int64_t at_us, told& out);
  void exchange_write(const bus::modbus::write_request& request, std::int64_t at_us);
  void finish(std::int64_t utc_offset_us, told& out);

  bus::modbus::line_options options_;
  unit_map units_;
  bus::modbus::schedule schedule_;
  std::deque<bus::modbus::write_request> writes_;
  std::optional<running> running_;
  std::uint64_t late_ = 0;
};

} // namespace voltaic::nodes::simulate
