#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/property/equipment.hpp"

namespace voltaic::tests::property {

/// What can happen to a site.
enum class deed_kind : std::uint8_t {
  cell_value, ///< `value` volts from cell `index`, `count` of them
  cell_invalid,
  cell_freeze,
  cell_silent,
  cell_release,
  current,      ///< the rack's current, as long as it conducts
  value,        ///< `value` from `count` elements of point `text`, from `index` on
  invalid,      ///< the sentinel from them
  freeze,       ///< what they said last
  silent,       ///< nothing
  release,      ///< what they measure
  device_limit, ///< what the device reports as its limits
  lose_in,      ///< every `count`th frame from the rack is lost
  lose_all_in,  ///< the rack's frames are lost
  wrong_length, ///< every `count`th frame from the rack has a wrong length
  lose_out,     ///< orders are lost
  corrupt_out,  ///< every `count`th frame to the rack has a wrong bit
  replay,       ///< orders that were recorded `value` ms ago are sent to the rack again
  crash,        ///< the actor `text` throws; `count` says where
  kill,         ///< the node `text` is gone at once, and back after the duration
  stall,        ///< the node `text` stands still for the duration
  partition,    ///< the node `text` (empty: all) is cut off from the relay
  disk_refuses, ///< the disk of node `text` is full for the duration
  command,      ///< `text` is the operation
  harm,         ///< `text` of contactor `index` is wrong for the duration
  input,        ///< the rack's input `text` is active for the duration
  lag,          ///< the actor `text` gets nothing for the duration, and all of it then
  inverter_silent,
  switch_on ///< somebody sets the rack's output for the duration; a command otherwise
};

/// Where an actor throws.
enum class crash_place : std::uint8_t { message, after_message, batch, wake, stored, construction };
inline constexpr std::uint32_t crash_places = 6;

/// What a node finds in place of its journal after it was killed.
enum class journal_fate : std::uint8_t { kept, corrupt, lost };

/// One thing that happens at one time.
struct deed {
  std::int64_t t_ms = 0;
  deed_kind kind = deed_kind::cell_value;
  int rack = 0;
  std::uint32_t index = 0;
  std::uint32_t count = 1;
  double value = 0;
  std::int64_t duration_ms = 0;
  std::string text;
  journal_fate journal = journal_fate::kept;
  // Of commands.
  std::string key;
  std::string role;
  std::int64_t deadline_ms = 0; ///< from `t_ms`
  std::int64_t delay_ms = 0;    ///< it is sent so much later than it was given
  std::int64_t length_ms = 0;   ///< of a set for a time; 0: it stays
  std::uint32_t repeats = 1;
  bool direct = false; ///< to the last hop, past the dispatcher
};

/// A whole scenario as plain data.
struct schedule {
  std::uint64_t seed = 0;
  int racks = 1;
  std::uint32_t watched = 0; ///< a bit each: racks that take no orders, and that others closed
  equipment has;
  std::int64_t duration_ms = 60'000;
  double hub_loss = 0;
  double hub_duplication = 0;
  double hub_reordering = 0;
  std::int64_t hub_delay_max_us = 0;
  std::int64_t disk_latency_us = 0;
  std::vector<deed> deeds; ///< by rising time
};

/// The scenario of a seed; the same on every machine.
[[nodiscard]] schedule make_schedule(std::uint64_t seed);

[[nodiscard]] constexpr bool is_watched(const schedule& of, int rack) {
  return (of.watched >> rack & 1U) != 0;
}

/// For people, one line a deed.
[[nodiscard]] std::string to_string(const schedule& what);

} // namespace voltaic::tests::property
