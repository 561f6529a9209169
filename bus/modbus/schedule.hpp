#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "bus/modbus/line.hpp"

namespace voltaic::bus::modbus {

/// A failed request of a healthy unit is asked this often again.
inline constexpr int retries_max = 2;
/// A retry or probe that is due waits for this many other requests at most.
inline constexpr int yields_max = 8;

/// What one exchange with a unit gave.
struct exchange {
  modbus::outcome outcome = modbus::outcome::disconnected;
  std::uint8_t exception_code = 0;
  std::vector<std::uint16_t> registers;
  std::string reason;
  bool checksum_error = false; ///< of a bad answer: bits of it were lost on the way
};

/// The silence before each request on a serial line of Modbus: 3.5 characters, above 19200 baud
/// 1.75 ms (MODBUS over serial line V1.02, 2.5.1.1). Of other lines none.
[[nodiscard]] std::int64_t frame_silence_us(const line_options& line);

/// Which request of a line is next, one at a time: writes before reads. Units
/// that answer come first; one that does not is asked again twice, and then only
/// once per backoff, so that dead units cost the others one timeout at most.
/// Writes to such units and reads take turns. Pure: time is told.
class schedule {
 public:
  /// `line` is kept, not copied.
  schedule(const line_options& line, std::int64_t now_us);

  struct task {
    std::size_t slot = 0;
    std::uint8_t unit = 1;
    read_request request;
    bool is_guard = false; ///< asks for the unit's guard registers
  };
  /// One of both at most.
  struct turn {
    std::optional<std::size_t> write; ///< its position; one whose deadline has passed at once
    std::optional<task> read;
  };
  /// What is to be done now, if anything is. `waiting`: writes in the order in which they came,
  /// which holds for each unit.
  [[nodiscard]] turn next(const std::deque<write_request>& waiting, std::int64_t now_us);
  /// When there may be something again; the largest number: never.
  [[nodiscard]] std::int64_t due_us(const std::deque<write_request>& waiting) const;
  /// Books what the request gave; the round that ended with it, if one did.
  [[nodiscard]] std::optional<poll> book(const task& done, exchange&& gave, std::int64_t now_us);

  /// When the unit may be written: a write leaves the same silence as a read, and the time in which
  /// an answer may still come late.
  [[nodiscard]] std::int64_t free_us(std::uint8_t unit) const;
  /// An exchange beside the schedule; one without an answer makes the unit suspect.
  void book_write(std::uint8_t unit, outcome gave, std::int64_t now_us);

  [[nodiscard]] std::uint64_t overruns() const { return overruns_; }
  /// Units that are asked only once per backoff.
  [[nodiscard]] std::size_t skipped() const;

 private:
  enum class condition : std::uint8_t { unknown, healthy, failing };
  static constexpr std::size_t no_slot = std::numeric_limits<std::size_t>::max();
  struct unit_state {
    const unit_plan* plan = nullptr;
    modbus::schedule::condition condition = condition::unknown;
    int tries = 0;                  ///< that the current request had in vain
    std::size_t retrying = no_slot; ///< the slot that asks again: no other may
    std::int64_t backoff_us = 0;
    std::int64_t quiet_us = 0; ///< silence is kept until then
    std::int64_t rest_us = 0;  ///< nothing is read before
    bool suspect = false;      ///< an answer may still come late
  };
  struct slot {
    const unit_plan* plan = nullptr;
    std::size_t unit = 0;
    std::int64_t due_us = 0;
    std::vector<read_answer> answers; ///< of the round so far
    bool was_failing = false;         ///< during the round: missed periods were meant
  };

  [[nodiscard]] std::optional<task> next_read(std::int64_t now_us);
  [[nodiscard]] const unit_state* find(std::uint8_t unit) const;
  [[nodiscard]] std::int64_t start_us(const slot& one) const;
  [[nodiscard]] bool yields(const slot& one) const;
  [[nodiscard]] task task_of(std::size_t index) const;
  void make_suspect(unit_state& unit, std::int64_t now_us) const;
  void fail(unit_state& unit, std::int64_t now_us) const;
  [[nodiscard]] std::optional<poll> book_guard(unit_state& unit, slot& one, const task& done,
                                               exchange&& gave, std::int64_t now_us);
  [[nodiscard]] std::optional<poll> book_missing(unit_state& unit, slot& one, const task& done,
                                                 exchange&& gave, std::int64_t now_us);
  void append(slot& one, exchange&& gave, std::int64_t now_us) const;
  void append_rest(slot& one, std::int64_t now_us) const;
  [[nodiscard]] std::optional<poll> finish_if_complete(slot& one, std::int64_t now_us);
  void advance(slot& one, std::int64_t now_us);

  const line_options& line_;
  std::vector<unit_state> units_;
  std::vector<slot> slots_;
  std::int64_t line_free_us_ = 0; ///< the silence before the next request
  int yielded_ = 0;               ///< requests in a row that went before one that yields
  bool read_is_due_ = false;      ///< before one more write to a unit that may not answer
  std::uint64_t overruns_ = 0;
};

} // namespace voltaic::bus::modbus
