#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/inverter/items.hpp"

/// How one family of inverters wants to be told about its battery, as a file in
/// configs/inverters says it.
namespace voltaic::messages::inverter {

enum class wire : std::uint8_t { can, modbus };

/// Of numbers wider than a byte.
enum class byte_order : std::uint8_t { little, big };

/// A piece of a frame and what stands in it.
struct field {
  enum class kind : std::uint8_t { number, flag, text, constant };
  kind what = kind::constant;
  inverter::item item = 0;
  std::uint8_t byte = 0;  ///< where it begins
  std::uint8_t bit = 0;   ///< in that byte, of a flag
  std::uint8_t bits = 16; ///< of a text 8 for each character
  // A number on the wire is value / scale + raw_offset.
  bool is_signed = false;
  bool is_magnitude = false; ///< a negative number from the wire means its magnitude
  double scale = 1;
  std::int64_t raw_offset = 0;
  bool uses_current_offset = false;    ///< the option's offset instead
  std::optional<std::int64_t> missing; ///< on the wire where the item has no value
  std::optional<double> minimum;       ///< what lies below is sent as this
  bool is_required = false;            ///< without it the frame is not sent
  // A flag on the wire; what is none of the first two means nothing.
  std::int64_t active = 1;
  std::int64_t inactive = 0;
  std::int64_t unknown = 0;
  // A text.
  std::uint8_t from = 0; ///< its first character that stands here
  char padding = '\0';
  std::int64_t constant = 0;
};

struct identifier {
  std::uint32_t id = 0;
  bool extended = false;
  friend bool operator==(const identifier&, const identifier&) = default;
};

/// A frame of either direction.
struct frame_layout {
  identifier id;
  std::uint8_t length = 8;
  std::uint32_t period_ms = 0; ///< 0: only as an answer
  std::uint32_t phase_ms = 0;  ///< after the start of the period
  std::string on_request;      ///< the request that it answers; empty: it is sent by time
  std::vector<field> fields;
};

/// The inverter asks for frames by this one.
struct request {
  std::string name;
  identifier id;
  std::uint8_t byte = 0;
  std::uint8_t value = 0;
};

/// What the inverter sends as long as it listens.
struct keep_alive {
  identifier id;
  std::optional<std::uint8_t> counter_byte; ///< changes with each; one that stands still is a loss
};

/// Of a Modbus inverter: an item and the point of its device that takes it or tells it.
struct device_point {
  inverter::item item = 0;
  std::string point;
};

/// What a site may choose, with the profile's defaults.
struct wire_options {
  byte_order order = byte_order::little;
  std::int64_t current_raw_offset = 0;
  std::uint8_t address = 0; ///< added to identifiers of 29 bits that are sent
  friend bool operator==(const wire_options&, const wire_options&) = default;
};

/// Counters that a Modbus inverter wants to see grow, and by which it shows that it lives.
struct device_heartbeat {
  std::string write;           ///< the point that takes ours; empty: it wants none
  std::string read;            ///< the point whose change shows its life; empty: any answer does
  std::uint32_t period_ms = 0; ///< of ours
};

struct inverter_profile {
  std::string name;
  std::uint32_t version = 1;
  inverter::wire wire = inverter::wire::can;
  std::uint32_t bitrate = 0; ///< that the family speaks; 0: any
  wire_options options;
  std::vector<frame_layout> frames;   ///< that the battery sends, in the order of sending
  std::vector<frame_layout> received; ///< that the inverter sends
  std::vector<request> requests;
  std::optional<inverter::keep_alive> keep_alive;
  std::vector<device_point> writes;  ///< Modbus
  std::vector<device_point> reads;   ///< Modbus
  device_heartbeat heartbeat;        ///< Modbus
  bool reads_charge_voltage = false; ///< the inverter tells its absorption voltage
};

} // namespace voltaic::messages::inverter
