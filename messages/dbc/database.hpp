#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "messages/profiles/device_profile.hpp"

/// What a DBC file says: messages on CAN, their signals, and what is written about both.
/// The grammar is that of Vector's public description of the format, version 1.0.5, with the
/// extended multiplexing of CANdb++.
namespace voltaic::messages::dbc {

/// Both ends belong to it.
struct value_range {
  std::int64_t first = 0;
  std::int64_t last = 0;
  friend bool operator==(const value_range&, const value_range&) = default;
};

/// A word for a raw value.
struct value_text {
  std::int64_t value = 0;
  std::string text;
};

/// By name. A value of an enumeration is its word.
using attributes = std::map<std::string, std::variant<double, std::string>, std::less<>>;

/// When a multiplexed signal is there.
struct multiplexing {
  std::uint32_t selector = 0;      ///< position in `message::signals`
  std::vector<value_range> values; ///< raw values of the selector
};

/// Some bits of a message.
struct signal {
  std::string name;         ///< the long one, where the file has it
  std::uint32_t start = 0;  ///< bit as the file counts: intel's lowest, motorola's highest
  std::uint32_t length = 0; ///< 1 to 64 bits
  profiles::bit_order order = profiles::bit_order::intel;
  profiles::signal_type type = profiles::signal_type::unsigned_integer;
  double factor = 1; ///< physical = raw * factor + offset
  double offset = 0;
  double minimum = 0; ///< physical; both zero: no limit is given
  double maximum = 0;
  std::string unit;
  std::vector<std::string> receivers;
  bool is_selector = false;
  std::optional<multiplexing> when; ///< nothing: always
  std::vector<value_text> texts;
  attributes said;
  std::string comment;
  std::uint32_t line = 0; ///< of the file, from 1
  [[nodiscard]] bool has_range() const { return minimum != 0 || maximum != 0; }
};

/// One identifier.
struct message {
  std::string name;
  std::uint32_t id = 0; ///< 11 or 29 bits
  bool extended = false;
  bool is_fd = false;
  bool is_j1939 = false;    ///< the parameter group counts, not the whole identifier
  std::uint32_t length = 0; ///< bytes; beyond 64 only by a transport protocol
  std::vector<std::string> senders;
  std::vector<dbc::signal> signals; ///< as the file has them
  std::optional<double> cycle_ms;
  attributes said;
  std::string comment;
  std::uint32_t line = 0;
};

/// What an attribute says of a signal as one node receives it.
struct relation {
  std::string node;
  std::string signal; ///< empty: of a message
  std::string attribute;
  std::variant<double, std::string> value;
};

/// One file.
struct database {
  std::string version;
  std::vector<std::string> nodes;
  std::vector<dbc::message> messages; ///< as the file has them
  std::vector<relation> relations;
  attributes said;
  std::uint32_t environment_variables = 0;
};

} // namespace voltaic::messages::dbc
