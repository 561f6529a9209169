#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus/modbus/line.hpp"
#include "bus/modbus/schedule.hpp"
#include "messages/modbus/pdu.hpp"

namespace voltaic::bus::modbus {

/// What went over a line beside the answers.
struct traffic {
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t strays = 0; ///< frames or bytes that nobody had asked for
  std::uint64_t late = 0;   ///< answers to requests that were given up; TCP tells them apart
};

/// The request as the protocol has it.
[[nodiscard]] messages::modbus::request request_of(const read_request& asked);

/// A way to the units of a line. Used by one thread; only
/// `abort` may come from another.
class connection {
 public:
  virtual ~connection() = default;
  [[nodiscard]] virtual bool connected() const = 0;
  /// Waits at most the response timeout. Empty when connected, else why not.
  [[nodiscard]] virtual std::string connect() = 0;
  [[nodiscard]] virtual exchange read(std::uint8_t unit, const read_request& request) = 0;
  [[nodiscard]] virtual exchange write(const write_request& request) = 0;
  /// What shows what became of a write; nothing where none is asked for.
  [[nodiscard]] virtual std::optional<read_request> read_back_of(
      const write_request& request) const {
    return read_request{table::holding, request.address,
                        static_cast<std::uint16_t>(request.registers.size())};
  }
  /// From any thread: ends a waiting exchange and refuses further ones.
  virtual void abort() = 0;
  [[nodiscard]] virtual const modbus::traffic& traffic() const = 0;
  /// What does not work as it was asked for, although the line does; told once.
  [[nodiscard]] virtual std::string take_warning() { return ""; }
};

/// A TCP connection. Each answer belongs to the request of its transaction: one
/// that comes late is drained and counted, never taken for the next one. What
/// cannot be read closes the connection, and so do three requests in a row that
/// nobody answers.
[[nodiscard]] std::unique_ptr<connection> make_tcp_connection(const line_options& options);
/// RTU frames over a serial port, or over TCP. Answers that nobody waits for are
/// drained before each request.
[[nodiscard]] std::unique_ptr<connection> make_rtu_connection(const line_options& options);

} // namespace voltaic::bus::modbus
