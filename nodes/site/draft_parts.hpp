#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nodes/site/draft.hpp"

/// The parts of the site file's reader; only draft*.cpp include this, and who judges its names.
namespace voltaic::nodes::site {

// A progress page keeps "NAME/protection" in 56 bytes.
inline constexpr std::size_t name_length_max = 40;

/// How a range with fewer values than its table has members is spread over them.
enum class spread : std::uint8_t {
  none,   ///< it is not: a mistake
  blocks, ///< neighbours share a value: 8 members over can{0..1} are 4 on each
  cycle   ///< the values begin again: {0..3} over 8 members is 0 1 2 3 0 1 2 3
};

/// One key of a table after its range: as many values as members, or one for all.
struct ranged {
  std::string key;
  std::vector<std::string> values;
  position at;
  site::spread spread = site::spread::none;
  [[nodiscard]] bool present() const { return !values.empty(); }
  [[nodiscard]] const std::string& of(std::size_t member) const {
    return values.size() == 1 ? values.front() : values[member];
  }
};

[[nodiscard]] bool is_name(std::string_view text);
[[nodiscard]] ranged read_ranged(section& table, std::string_view key);
/// A key that must hold a name, or names by a range.
[[nodiscard]] ranged read_name(section& table, std::string_view key);
/// A number, or a text with a range of numbers.
[[nodiscard]] ranged read_numbers(section& table, std::string_view key);
/// How many members a table stands for; 0 when its ranges disagree. Shorter
/// ranges that may be spread, and fit a whole number of times, are.
[[nodiscard]] std::size_t member_count(section& table, const std::vector<ranged*>& all);

/// An earlier member of the table is the same: `can{rack/2}` names each bus twice.
[[nodiscard]] bool is_repeat(const std::vector<const ranged*>& all, std::size_t member);

/// Who we are on a bus of J1939; where the first of its keys stands, if there is one.
[[nodiscard]] std::optional<position> read_self(section& table, j1939_self& result);
/// Of a device's NAME; larger ones than it has bits for stay so, for `judge_j1939` to tell.
void take_identity(const ranged& stated, std::size_t member, draft_device& result);
/// The identifiers of a device's key id_map.
[[nodiscard]] std::vector<messages::profiles::id_change> read_id_map(section& table);
/// What a device's table says of its place on a line.
struct modbus_unit {
  ranged unit;             ///< or its address, on a line of plain RS-485
  bool is_address = false; ///< by the key address
  std::uint32_t min_gap_ms = 0;
  std::string simulate;
};
[[nodiscard]] modbus_unit read_modbus_unit(section& table, bool on_line);
/// A table [[inverter]].
void read_inverter(section& table, draft& result);
/// A table [[modbus]].
void read_line(section& table, draft& result);
/// A table [[serial]]: a line of plain RS-485.
void read_serial_line(section& table, draft& result);
/// A table [[digital]].
void read_digital(section& table, draft& result);
/// A table [profiles]: whose signatures the site's files need.
void read_trust(section& table, plan& base);
/// What a rack's table says of its DC bus and of the inputs that open or reset it.
struct rack_inputs {
  ranged dc_bus;
  ranged emergency_stop;
  ranged interlock;
  ranged fire;
  ranged reset_key;
};
[[nodiscard]] rack_inputs read_rack_inputs(section& table);
/// The same for one member.
void take_rack_inputs(const rack_inputs& from, std::size_t member, draft_rack& into);

} // namespace voltaic::nodes::site
