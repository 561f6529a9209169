#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/expected.hpp"
#include "messages/modbus/served_unit.hpp"
#include "messages/serial/dialect.hpp"

/// The seam to a line, of Modbus or of plain RS-485: one thread per host or serial port, one
/// request at a time, answers told to the actor that owns the device.
namespace voltaic::bus::modbus {

using messages::modbus::table;

/// Registers (or bits) in one request.
inline constexpr std::size_t read_registers_max = 120;
/// The shortest wait for an answer.
inline constexpr std::uint32_t response_timeout_ms_min = 10;
/// The longest wait for an answer.
inline constexpr std::uint32_t response_timeout_ms_max = 60'000;
/// The longest silence after an exchange.
inline constexpr std::uint32_t min_gap_ms_max = 1'000;

/// A contiguous read, at most `read_registers_max`. Of plain RS-485 a question: `address` is its
/// position in the unit's dialect, and `count` is 1.
struct read_request {
  modbus::table table = modbus::table::holding;
  std::uint16_t address = 0;
  std::uint16_t count = 0;
  friend bool operator==(const read_request&, const read_request&) = default;
};

/// What became of one request. `expired`: a write that was not sent in time;
/// `refused`: one that the unit's plan does not permit.
enum class outcome : std::uint8_t {
  done,
  exception,
  timeout,
  disconnected,
  bad_answer,
  expired,
  refused
};

/// What came of one read.
struct read_answer {
  read_request request;
  modbus::outcome outcome = modbus::outcome::disconnected;
  std::uint8_t exception_code = 0;
  std::vector<std::uint16_t> registers; ///< empty unless done; of plain RS-485 bytes, one a word
  std::int64_t time_us = 0;             ///< when the answer (or its absence) was known, monotonic
  std::string reason;
};

/// Something about the line itself that people should know, told once, with the
/// next round of whatever unit.
struct line_notice {
  std::string line;
  std::string state; ///< "crc-alarm"
  std::string reason;
  friend bool operator==(const line_notice&, const line_notice&) = default;
};

/// One round of polling one unit, told in one piece; without answers it is the line's time alone,
/// for all that live on it (`line_options::tick_ms`).
struct poll {
  std::uint8_t unit = 1;
  std::uint16_t first_read = 0; ///< as the unit's plan has it
  std::vector<read_answer> answers;
  std::vector<line_notice> notices;
  std::int64_t now_us = 0;
  std::int64_t utc_offset_us = 0;
};

/// Registers to be written by one request. Of plain RS-485 the bytes of a value, one a word;
/// `address` is the position of its order in the unit's dialect.
struct write_request {
  std::uint64_t token = 0; ///< given back with the answer
  std::uint8_t unit = 1;
  std::uint16_t address = 0;
  std::vector<std::uint16_t> registers;
  std::int64_t deadline_us = 0; ///< monotonic; it is not sent from then on. 0: none
};

/// The outcome of a write is never guessed: a timeout is `timeout`, and the
/// register must be read again before anybody tries once more.
struct write_answer {
  std::uint64_t token = 0;
  std::uint8_t unit = 1;
  modbus::outcome outcome = modbus::outcome::disconnected;
  bool sent = false; ///< false: it certainly did not reach the peer
  std::uint8_t exception_code = 0;
  std::vector<std::uint16_t> read_back; ///< the registers afterwards; empty: not known
  std::int64_t time_us = 0;
  std::string reason;
};

/// How many of the answers of the last 10 s came broken.
enum class line_quality : std::uint8_t { good, warning, alarm };

/// What a line did since it was opened; counts of requests unless said.
struct line_statistics {
  bool connected = false;
  line_quality quality = line_quality::good;
  double error_percent = 0; ///< of the last 10 s
  std::uint64_t requests = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t exceptions = 0;
  std::uint64_t bad_answers = 0; ///< to another unit, function or count
  std::uint64_t crc_errors = 0;  ///< and frames that ended too soon
  std::uint64_t strays = 0;      ///< frames or bytes that nobody had asked for
  std::uint64_t late = 0;        ///< answers to requests that were given up (TCP)
  std::uint64_t overruns = 0;    ///< rounds that a period had no time for
  std::uint64_t reconnects = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
};

/// Holding registers that may be written.
struct register_window {
  std::uint16_t address = 0;
  std::uint16_t count = 0;
};

/// Registers that always hold these values.
struct guard_read {
  read_request request;
  std::vector<std::uint16_t> values;
};

/// What is read of a unit in one period. A unit may have several of them; the
/// last three members are the unit's, taken from the first.
struct unit_plan {
  std::uint8_t unit = 1;
  std::uint32_t period_ms = 500;
  std::vector<read_request> reads;
  std::uint16_t first_read = 0;               ///< given back with the round
  std::uint32_t min_gap_ms = 0;               ///< of silence after each exchange with the unit
  std::vector<register_window> writable = {}; ///< nothing else is ever written
  std::optional<guard_read> guard = {};
  /// How the unit is spoken to, where that is not Modbus.
  std::shared_ptr<const messages::serial::dialect> dialect = {};
};

/// How frames travel.
/// `framed`: plain RS-485, by the dialect of each unit.
enum class transport : std::uint8_t { tcp, rtu, rtu_over_tcp, framed };
/// Whether a serial port of this machine is opened.
[[nodiscard]] constexpr bool is_serial(transport how) {
  return how == transport::rtu || how == transport::framed;
}
/// "modbus-tcp", "modbus-rtu", "modbus-rtu-over-tcp", "serial".
[[nodiscard]] std::string_view kind_of(transport how);

/// The parity bit of a serial line.
enum class parity : std::uint8_t { none, even, odd };

/// How a serial port is set up.
struct serial_options {
  std::string device; ///< a path; one below /dev/serial/by-id survives renumbering
  std::uint32_t baud = 19'200;
  modbus::parity parity = parity::even;
  std::uint8_t stop_bits = 1;
  bool rs485 = false; ///< ask the driver to switch the direction
  friend bool operator==(const serial_options&, const serial_options&) = default;
};

/// How to open a line.
struct line_options {
  std::string name;
  modbus::transport transport = transport::tcp;
  std::string host; ///< IPv4 address in numbers: no name is resolved here
  std::uint16_t port = 502;
  serial_options serial; ///< for rtu and framed
  std::uint32_t response_timeout_ms = 1000;
  std::uint32_t reconnect_min_ms = 200; ///< doubles up to reconnect_max_ms
  std::uint32_t reconnect_max_ms = 10'000;
  std::uint32_t probe_min_ms = 1'000; ///< of a unit that fails; doubles up to probe_max_ms
  std::uint32_t probe_max_ms = 30'000;
  std::size_t writes_max = 32; ///< bounded queue of writes
  std::uint32_t tick_ms = 0;   ///< the line's time is told this often (framed only); 0: not
  std::vector<unit_plan> units;
};

/// Both handlers are called on the line's thread and must not block.
using poll_handler = std::function<void(poll&&)>;
using write_handler = std::function<void(write_answer&&)>;

/// An open line. Destroying it stops the thread and joins it.
class line {
 public:
  virtual ~line() = default;
  /// Any thread; false when the bounded queue is full. What the unit's plan does
  /// not permit is answered with `refused` and never sent.
  [[nodiscard]] virtual bool write(write_request request) = 0;
  [[nodiscard]] virtual line_statistics read_statistics() const = 0;
};

/// Starts the thread. The peer may be absent: that is a state, not an error.
[[nodiscard]] messages::expected<std::unique_ptr<line>> open_line(const line_options& options,
                                                                  poll_handler on_poll,
                                                                  write_handler on_write);

} // namespace voltaic::bus::modbus
