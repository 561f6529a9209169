#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/can/checksum.hpp"
#include "messages/can/frame.hpp"
#include "messages/modbus/registers.hpp"
#include "messages/profiles/canopen_rule.hpp"
#include "messages/profiles/j1939_rule.hpp"
#include "messages/profiles/serial_question.hpp"
#include "messages/protection/derating.hpp"
#include "messages/tighter.hpp"

/// A device profile as it stands in its file, checked and with defaults filled
/// in: what a kind of device measures and takes, and how that looks on its wire.
/// `load.hpp` makes one; the plans beside it compile one.
namespace voltaic::messages::profiles {

/// How a point's raw values are kept. f64 points are kept in engineering units; a
/// text point is one text, as a serial number.
enum class raw_type : std::uint8_t { u16, i16, u32, i32, i64, f64, text };
/// "u16" and so on, as profile and catalogue spell it.
[[nodiscard]] std::string_view to_string(raw_type type);
/// The smallest raw value of an integer type (of i64 for f64 and text).
[[nodiscard]] std::int64_t raw_minimum(raw_type type);
/// The largest one.
[[nodiscard]] std::int64_t raw_maximum(raw_type type);

/// What a point tells: how the device does, or how it is set up.
enum class category : std::uint8_t { operational, configuration };
/// "operational" or "configuration".
[[nodiscard]] std::string_view to_string(category value);

/// Both ends belong to it; in engineering units.
struct value_range {
  double minimum = 0;
  double maximum = 0;
  friend bool operator==(const value_range&, const value_range&) = default;
};

/// The aggregate of an array of cells whose modules are summed: `cell_voltage` makes
/// `module_voltage_min` and `module_voltage_max` with their indices.
inline constexpr std::string_view module_sum = "module_sum";
/// What such an array's name begins with.
inline constexpr std::string_view cell_prefix = "cell_";
/// "module_voltage" of "cell_voltage".
[[nodiscard]] std::string module_point(std::string_view cells);

/// One named value or array of values of the device.
struct point {
  std::string name;    ///< "cell_voltage"; the owner puts "rack_0/" in front
  std::string channel; ///< "CellVoltage"
  raw_type type = raw_type::u16;
  std::uint32_t count = 1;
  std::uint32_t group_size = 0; ///< elements a module; 0: not grouped
  double scale = 1;             ///< value = raw * scale + offset
  double offset = 0;
  std::string unit; ///< "" for counts, bits and texts
  profiles::category category = profiles::category::operational;
  std::uint32_t period_ms = 0;
  std::optional<value_range> valid;
  std::vector<std::int64_t> sentinels; ///< raw values on the wire that mean "no value"
  std::uint8_t decimals = 0;           ///< that a value is shown with
  std::vector<std::string> aggregates; ///< of min, max, average, `module_sum`
  /// Candidates that it is meant for. Which point a known candidate is judged by is fixed, and not
  /// for the profile to say; `POINT_high` and `POINT_low` judge this point, whatever it is
  /// (`messages/protection/own_candidate.hpp`).
  std::vector<std::string> protection;
  /// What its own candidates take their default limits from; empty: what its unit says.
  std::string quantity;
  /// Of those candidates, where it is not the profile's.
  std::optional<std::uint32_t> reaction_limit_ms;
  std::vector<std::string> texts; ///< names of the raw values from 0; a text point if any
  friend bool operator==(const point&, const point&) = default;
};

/// How a field goes on across bytes: intel towards higher ones, from its least significant bit.
enum class bit_order : std::uint8_t { intel, motorola };
/// How the bits of a field are a number; a float has 32 or 64 of them.
enum class signal_type : std::uint8_t { unsigned_integer, signed_integer, ieee_float };

/// Bits of a frame. Bit k is bit k mod 8 of byte k/8; `start` is the least
/// significant bit (intel) or the most significant one (motorola), as in DBC.
struct bit_field {
  std::uint16_t start = 0;
  std::uint8_t length = 8;
  bit_order order = bit_order::intel;
  signal_type type = signal_type::unsigned_integer;
  friend bool operator==(const bit_field&, const bit_field&) = default;
};

/// One element of a point inside a message.
struct signal {
  std::uint16_t point = 0; ///< position in device_profile::points
  std::uint32_t index = 0;
  bit_field bits;
  double scale = 1; ///< of the bits, the point's unless stated
  double offset = 0;
  std::optional<std::int64_t> mux; ///< present only when the multiplexer says this
  std::uint32_t spn = 0;           ///< J1939: its number, for people; 0: not stated
  bool indicators = false;         ///< J1939: its highest raw values are none (J1939-71 5.1.4)
  /// Raw values, one bit each, for which it is 1 or 0; others are none. Both 0: it is the number.
  std::uint64_t on = 0;
  std::uint64_t off = 0;
  /// It says 1 or 0, and not the number.
  [[nodiscard]] bool is_choice() const { return (on | off) != 0; }
  friend bool operator==(const signal&, const signal&) = default;
};

using can::checksum_rule;

/// How frames go on the wire: classic ones up to 8 bytes, CAN FD up to 64, its data at the bus's
/// other bit rate if switched.
enum class frame_format : std::uint8_t { classic, fd, fd_switched };

/// A number in each frame that tells whether one was lost, doubled, or is always the same.
struct counter_rule {
  bit_field bits;
  std::uint32_t last = 0; ///< 0 follows on it
  std::uint32_t step = 1; ///< from one frame to the next
  std::uint32_t jump = 1; ///< most steps from one frame to the next: 1, none may be missing
  friend bool operator==(const counter_rule&, const counter_rule&) = default;
};

/// An answer that the device gives only when it is asked: ISO 14229's ReadDataByIdentifier over
/// ISO 15765-2. The message's identifier is that of the answers, its bytes are the data.
struct read_rule {
  std::uint32_t request_id = 0;
  bool request_extended = false;
  std::uint16_t data_identifier = 0;
  std::uint32_t timeout_ms = 150;      ///< for the begin of an answer
  std::uint32_t pending_ms = 5'000;    ///< once the device said that it needs longer
  std::optional<std::uint8_t> padding; ///< our frames have 8 bytes, filled by this
  std::uint8_t block_size = 0;         ///< frames until we say go on; 0: all at once
  std::uint8_t separation_ms = 0;      ///< that we want between them
  friend bool operator==(const read_rule&, const read_rule&) = default;
};

/// A frame that we send again and again, for devices that speak only then.
struct cyclic_request {
  std::string name;
  std::uint32_t id = 0;
  bool extended = false;
  std::vector<std::uint8_t> data;
  frame_format format = frame_format::classic;
  std::uint32_t period_ms = 0;
  std::uint32_t phase_ms = 0; ///< its first one comes so long after the begin
  /// J1939: the group that the device is asked for. `id` and `data` are those of the request from
  /// nobody to nobody, for the load of the bus.
  std::optional<std::uint32_t> group;
  friend bool operator==(const cyclic_request&, const cyclic_request&) = default;
};

/// The message is sent `count` times, each with the next identifier and index.
struct repeat {
  std::uint32_t count = 1;
  std::uint32_t id_step = 0;
  std::uint32_t index_step = 0;
  friend bool operator==(const repeat&, const repeat&) = default;
};

/// A frame that the device sends.
struct message {
  std::string name;
  std::uint32_t id = 0;
  bool extended = false;
  std::uint16_t length = 8;                    ///< bytes; a frame of another length is refused
  frame_format format = frame_format::classic; ///< up to 8 bytes are taken in either
  std::uint32_t period_ms = 0;                 ///< of each frame
  profiles::repeat repeat;
  std::optional<bit_field> multiplexer;
  std::optional<checksum_rule> checksum;
  std::optional<counter_rule> counter;
  std::uint32_t early_ms = 0;    ///< frames nearer to each other than this are too many; 0: any are
  std::uint32_t late_ms = 0;     ///< a value of it is stale after this; 0: after 1.5 periods
  std::optional<read_rule> read; ///< it is an answer; longer ones than `length` are taken as well
  /// It is the value of an object of a CANopen node, which is uploaded each `period_ms`.
  std::optional<canopen::object_address> object;
  /// J1939: its parameter group. `id` is `known_id` of it, whoever sends it with what priority.
  std::optional<std::uint32_t> group;
  std::uint32_t frozen_ms = 0; ///< the same content for longer says nothing; 0: it may
  std::vector<signal> signals;
  /// J1939: it needs the transport protocol.
  [[nodiscard]] bool is_transported() const { return group && length > can::classic_bytes_max; }
  /// It does not come as one frame: most of these only when they are asked for.
  [[nodiscard]] bool is_answer() const { return read || object || is_transported(); }
  friend bool operator==(const message&, const message&) = default;
};

/// What fills one field of a command frame: "value" (engineering units) of a set
/// command, "epoch", "counter", "contactor", "lease" of an order; or a constant.
struct command_field {
  std::string field;
  bit_field bits;
  double scale = 1;
  double offset = 0;
  bool rolling = false;                 ///< takes the low bits of a larger number
  std::uint32_t last = 0;               ///< rolling: 0 follows on it; 0: all its bits are ones
  std::optional<std::int64_t> constant; ///< raw; `field` is empty then
  std::vector<std::int64_t> codes;      ///< raw ones of open, precharge, close; empty: 0, 1, 2
  friend bool operator==(const command_field&, const command_field&) = default;
};

using modbus::register_type;
using modbus::word_order;
/// Which of a Modbus unit's tables of registers: read and written, or read only.
enum class register_table : std::uint8_t { holding, input };

/// Some bits of an unsigned number in registers; `start` is the least significant.
struct register_bits {
  std::uint8_t start = 0;
  std::uint8_t length = 1;
  friend bool operator==(const register_bits&, const register_bits&) = default;
};

/// How the number in a scale register counts.
enum class scale_kind : std::uint8_t { power_of_ten, factor };
/// A signed register of the same table by which the device itself scales a value.
struct scale_register {
  std::uint16_t address = 0;
  scale_kind kind = scale_kind::power_of_ten;
  friend bool operator==(const scale_register&, const scale_register&) = default;
};

/// Where and how a value lies in registers; addresses count from 0.
struct register_field {
  register_table table = register_table::holding;
  std::uint16_t address = 0;
  std::uint16_t words = 1; ///< registers that one value takes
  register_type type = register_type::u16;
  profiles::word_order word_order = profiles::word_order::abcd;
  double scale = 1;
  double offset = 0;
  std::optional<register_bits> bits;
  std::optional<profiles::scale_register> scale_register;
  friend bool operator==(const register_field&, const register_field&) = default;
};

/// `count` consecutive elements of a point in consecutive registers.
struct register_entry {
  std::uint16_t point = 0;
  std::uint32_t index = 0;
  std::uint32_t count = 1;
  register_field field;
  friend bool operator==(const register_entry&, const register_entry&) = default;
};

/// Registers that always hold the same values: whoever reads them right is in
/// step with the device.
struct guard_registers {
  register_table table = register_table::holding;
  std::uint16_t address = 0;
  std::vector<std::uint16_t> values;
  friend bool operator==(const guard_registers&, const guard_registers&) = default;
};

/// What a command does.
enum class command_purpose : std::uint8_t {
  set,      ///< sets a value
  order,    ///< carries the chain's orders to the contactors
  heartbeat ///< shows the device that its link lives; nobody's to set, and in no journal
};

/// What the device takes: one order command at most, and set commands.
struct command {
  std::string name;
  command_purpose purpose = command_purpose::set;
  // a frame
  std::uint32_t id = 0;
  bool extended = false;
  std::uint8_t length = 8;
  frame_format format = frame_format::classic;
  /// J1939: its parameter group, and how urgent it is. `id` is `ordered_id` of it; one of more than
  /// 8 bytes is transported. Bits without a field are 1.
  std::optional<std::uint32_t> group;
  std::uint8_t priority = j1939::default_priority;
  std::vector<command_field> fields;
  std::optional<checksum_rule> checksum;
  // or registers
  std::optional<register_field> target_register;
  // or a frame of plain RS-485
  std::optional<serial_setting> setting;
  // set commands only
  std::string channel;         ///< "SetChargeCurrent"
  std::string point;           ///< "charge_current_limit": the name that it sets
  std::string unit;            ///< that of the read-back
  std::uint8_t decimals = 0;   ///< that of the read-back
  std::uint16_t read_back = 0; ///< position in device_profile::points
  double resolution = 1;       ///< smallest step; a read-back this near is equal
  value_range allowed;         ///< others are refused, never clamped
  std::optional<double> default_value;
  tighter side = tighter::toward_zero; ///< where values lie that ask for less
  // set commands of a CAN device only
  std::uint32_t period_ms = 0; ///< what is in force is sent again this often; 0: when it changes
  std::uint32_t phase_ms = 0;  ///< so long after each multiple of the period
  std::uint32_t minimum_gap_ms = 0; ///< from one of its frames to the next, whatever asks for it
  friend bool operator==(const command&, const command&) = default;
};

/// Who opens when orders stop: the device by itself, or nobody.
enum class lease_mode : std::uint8_t { none, device };
/// Whether the device opens by itself after the last valid order.
struct lease {
  lease_mode mode = lease_mode::none;
  std::uint32_t timeout_ms = 0;
  friend bool operator==(const lease&, const lease&) = default;
};

/// How many of what the device consists of.
struct topology {
  std::uint32_t modules = 0;
  std::uint32_t cells_per_module = 0;
  std::uint32_t temperatures_per_module = 0;
  friend bool operator==(const topology&, const topology&) = default;
};

/// Bounds of how soon a closing may follow another, and what holds where nothing is stated.
inline constexpr double closing_spacing_min_s = 0.001;
inline constexpr double closing_spacing_max_s = 3600;
inline constexpr double closing_spacing_default_s = 10;

/// What the battery is built for.
struct ratings {
  double capacity_ah = 0;
  double charge_current_a = 0;
  double discharge_current_a = 0;
  double break_current_a = 0;          ///< the largest current that the contactors may interrupt
  double precharge_resistance_ohm = 0; ///< 0: not stated
  double precharge_energy_j = 0;       ///< that the resistor takes cold; 0: not stated
  double closing_spacing_s =
      closing_spacing_default_s; ///< from one closing's begin to the next one's at least
  friend bool operator==(const ratings&, const ratings&) = default;
};

/// What the device speaks.
enum class protocol : std::uint8_t { can, modbus, serial };
/// As people say it: "CAN", "Modbus", "plain RS-485".
[[nodiscard]] std::string_view spoken(protocol which);

/// The whole of a profile.
struct device_profile {
  std::string name;
  std::uint32_t version = 0;
  profiles::protocol protocol = profiles::protocol::can;
  bool commissioned = false; ///< false: must not close real contactors
  profiles::lease lease;
  std::optional<profiles::topology> topology;
  std::optional<profiles::ratings> ratings;
  protection::stated_derating derating; ///< of a rack; what is not stated has defaults
  std::string chemistry;                ///< "lfp", "nmc" or empty
  /// Names of the points that say which device it is: serial numbers, versions.
  std::vector<std::string> identity;
  /// Longest time from a fault to open contactors, where a point states none of its own.
  std::optional<std::uint32_t> reaction_limit_ms;
  std::vector<point> points;              ///< in the file's order
  std::vector<message> messages;          ///< CAN only
  std::vector<cyclic_request> requests;   ///< CAN only
  std::optional<canopen_rule> canopen;    ///< CAN only: the device is a node of CANopen
  std::optional<j1939_rule> j1939;        ///< CAN only: the device speaks J1939
  std::vector<register_entry> registers;  ///< Modbus only
  std::optional<guard_registers> guard;   ///< Modbus only
  std::optional<serial::framing> framing; ///< plain RS-485 only
  std::vector<serial_question> questions; ///< plain RS-485 only
  std::vector<command> commands;

  /// Position of a point, or nullopt.
  [[nodiscard]] std::optional<std::uint16_t> find_point(std::string_view name) const;
  /// The command with purpose order, or nullptr.
  [[nodiscard]] const command* order_command() const;
};

} // namespace voltaic::messages::profiles
