#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "bus/modbus/line.hpp"
#include "bus/modbus/schedule.hpp"
#include "messages/time.hpp"
#include "nodes/simulate/line_end.hpp"

namespace voltaic::nodes::simulate {

/// A line of Modbus or plain RS-485 on virtual time: the schedule that real lines have, asking
/// units that are played in this process. The same calls tell the same.
class simulated_line {
 public:
  /// What became known in one step.
  struct told {
    std::vector<bus::modbus::poll> polls;
    std::vector<bus::modbus::write_answer> answers;
  };

  /// Makes who is asked; the options that it is given stay where they are.
  using end_maker =
      std::function<std::unique_ptr<line_end>(const bus::modbus::line_options& options)>;

  simulated_line(bus::modbus::line_options options, const end_maker& make_end, std::int64_t now_us);
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
  struct running {
    std::int64_t done_us = 0;
    std::optional<bus::modbus::schedule::task> read; ///< else the write
    bus::modbus::exchange gave;
    bus::modbus::write_answer answer;
  };
  /// Counts an answer that comes too late.
  [[nodiscard]] met counted(met done);
  /// Sends what is due at `at_us`, if anything is.
  [[nodiscard]] bool begin(std::int64_t at_us, told& out);
  void begin_write(const bus::modbus::write_request& request, std::int64_t at_us, told& out);
  void exchange_write(const bus::modbus::write_request& request, std::int64_t at_us);
  void finish(std::int64_t utc_offset_us, told& out);
  /// Tells the line's time where it is wanted and due.
  void tick(messages::instant now, told& out);

  bus::modbus::line_options options_;
  std::unique_ptr<line_end> end_;
  bus::modbus::schedule schedule_;
  std::deque<bus::modbus::write_request> writes_;
  std::optional<running> running_;
  std::uint64_t late_ = 0;
  std::int64_t next_tick_us_ = 0;
};

} // namespace voltaic::nodes::simulate
