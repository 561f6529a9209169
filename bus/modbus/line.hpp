#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "messages/expected.hpp"

/// The seam to a Modbus line: one thread per host or serial port, one request
/// at a time, answers told to the actor that owns the device.
namespace voltaic::bus::modbus {

enum class table : std::uint8_t { holding, input, coil, discrete };

/// Registers (or bits) in one request.
inline constexpr std::size_t read_registers_max = 120;
inline constexpr std::uint32_t response_timeout_ms_min = 10;
inline constexpr std::uint32_t response_timeout_ms_max = 60'000;

/// A contiguous read, at most `read_registers_max`.
struct read_request {
  modbus::table table = modbus::table::holding;
  std::uint16_t address = 0;
  std::uint16_t count = 0;
};

/// What became of one request. `expired`: a write that was not sent in time.
enum class outcome : std::uint8_t { done, exception, timeout, disconnected, bad_answer, expired };

struct read_answer {
  read_request request;
  modbus::outcome outcome = modbus::outcome::disconnected;
  std::uint8_t exception_code = 0;
  std::vector<std::uint16_t> registers; ///< empty unless done
  std::int64_t time_us = 0;             ///< when the answer (or its absence) was known, monotonic
  std::string reason;
};

/// One round of polling one unit, told in one piece.
struct poll {
  std::uint8_t unit = 1;
  std::vector<read_answer> answers;
  std::int64_t now_us = 0;
  std::int64_t utc_offset_us = 0;
};

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

struct line_statistics {
  bool connected = false;
  std::uint64_t requests = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t exceptions = 0;
  std::uint64_t bad_answers = 0;
  std::uint64_t reconnects = 0;
};

struct unit_plan {
  std::uint8_t unit = 1;
  std::uint32_t period_ms = 500;
  std::vector<read_request> reads;
};

struct line_options {
  std::string name;
  std::string host; ///< IPv4 address in numbers: no name is resolved here
  std::uint16_t port = 502;
  std::uint32_t response_timeout_ms = 1000;
  std::uint32_t reconnect_min_ms = 200; ///< doubles up to reconnect_max_ms
  std::uint32_t reconnect_max_ms = 10'000;
  std::size_t writes_max = 32; ///< bounded queue of writes
  std::vector<unit_plan> units;
};

/// Both handlers are called on the line's thread and must not block.
using poll_handler = std::function<void(poll&&)>;
using write_handler = std::function<void(write_answer&&)>;

class line {
 public:
  virtual ~line() = default;
  /// Any thread; false when the bounded queue is full.
  [[nodiscard]] virtual bool write(write_request request) = 0;
  [[nodiscard]] virtual line_statistics read_statistics() const = 0;
};

/// Starts the thread. The peer may be absent: that is a state, not an error.
[[nodiscard]] messages::expected<std::unique_ptr<line>> open_line(const line_options& options,
                                                                  poll_handler on_poll,
                                                                  write_handler on_write);

} // namespace voltaic::bus::modbus
