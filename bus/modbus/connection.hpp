#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bus/modbus/line.hpp"
#include "bus/modbus/schedule.hpp"

namespace voltaic::bus::modbus {

/// What went over a line beside the answers.
struct traffic {
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t strays = 0; ///< frames or bytes that nobody had asked for
};

/// A way to the units of a line, spoken by libmodbus. Used by one thread; only
/// `abort` may come from another.
class connection {
 public:
  virtual ~connection() = default;
  [[nodiscard]] virtual bool connected() const = 0;
  /// Waits at most the response timeout. Empty when connected, else why not.
  [[nodiscard]] virtual std::string connect() = 0;
  [[nodiscard]] virtual exchange read(std::uint8_t unit, const read_request& request) = 0;
  [[nodiscard]] virtual exchange write(const write_request& request) = 0;
  /// From any thread: ends a waiting exchange and refuses further ones.
  virtual void abort() = 0;
  [[nodiscard]] virtual const modbus::traffic& traffic() const = 0;
  /// What does not work as it was asked for, although the line does; told once.
  [[nodiscard]] virtual std::string take_warning() { return ""; }
};

/// A TCP connection. Any outcome but done and exception closes it: an answer
/// that comes late finds no one who could take it for the next one.
[[nodiscard]] std::unique_ptr<connection> make_tcp_connection(const line_options& options);
/// RTU frames over a serial port, or over TCP. Answers that nobody waits for are
/// drained before each request.
[[nodiscard]] std::unique_ptr<connection> make_rtu_connection(const line_options& options);

} // namespace voltaic::bus::modbus
