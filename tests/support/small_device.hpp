#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "messages/can/frame.hpp"
#include "messages/profiles/load.hpp"

namespace voltaic::tests {

// A device of eight cells in two frames, a float and an order command.
inline constexpr std::string_view small_device_text = R"({
  "name": "small", "version": 1, "protocol": "can", "commissioned": true,
  "lease": {"mode": "device", "timeout_ms": 500},
  "topology": {"modules": 2, "cells_per_module": 4, "temperatures_per_module": 0},
  "ratings": {"capacity_ah": 280, "charge_current_a": 140, "discharge_current_a": 140,
              "break_current_a": 20},
  "chemistry": "lfp",
  "points": {
    "cell_voltage": {"channel": "CellVoltage", "type": "u16", "count": 8, "group_size": 4,
      "scale": 0.001, "unit": "V", "category": "operational", "period_ms": 200,
      "valid": [0.5, 5.0], "sentinels": [65535], "aggregates": ["min", "max", "average",
      "module_sum"]},
    "power": {"channel": "Power", "type": "f64", "unit": "W", "category": "operational",
      "period_ms": 100, "valid": [-1000000, 1000000]},
    "reported_limit": {"channel": "ReportedLimit", "type": "u16", "scale": 0.1, "unit": "A",
      "category": "operational", "period_ms": 100}
  },
  "messages": [
    {"name": "cells", "id": "0x088", "length": 8, "period_ms": 200,
     "repeat": {"count": 2, "id_step": 1, "index_step": 4},
     "signals": [
       {"point": "cell_voltage", "index": 0, "start": 0, "length": 16, "order": "intel"},
       {"point": "cell_voltage", "index": 1, "start": 16, "length": 16, "order": "intel"},
       {"point": "cell_voltage", "index": 2, "start": 32, "length": 16, "order": "intel"},
       {"point": "cell_voltage", "index": 3, "start": 48, "length": 16, "order": "intel"}]},
    {"name": "power", "id": "0x085", "length": 4, "period_ms": 100,
     "signals": [{"point": "power", "start": 0, "length": 32, "order": "intel",
                  "type": "float", "scale": 1}]},
    {"name": "limits", "id": "0x086", "length": 2, "period_ms": 100,
     "signals": [{"point": "reported_limit", "start": 0, "length": 16, "order": "intel"}]}
  ],
  "commands": [
    {"name": "contactor_order", "id": "0x080", "length": 8, "purpose": "order",
     "signals": [{"field": "epoch", "start": 0, "length": 16, "rolling": true},
       {"field": "counter", "start": 16, "length": 16, "rolling": true}, {"field": "contactor", "start": 32, "length": 8},
       {"field": "lease", "start": 40, "length": 8}],
     "checksum": {"kind": "crc8_j1850", "byte": 7}},
    {"name": "set_limit", "channel": "SetLimit", "point": "limit", "read_back": "reported_limit",
     "id": "0x082", "length": 2, "signals": [{"field": "value", "start": 0, "length": 16,
       "scale": 0.1}], "minimum": 0, "maximum": 140, "default": 140}
  ]
})";

inline constexpr std::uint16_t cell_voltage = 0;
inline constexpr std::uint16_t power = 1;
inline constexpr std::uint16_t reported_limit = 2;

/// Throws with the first finding if it is no profile. `set_keys`: more keys of its set command.
inline std::shared_ptr<const messages::profiles::device_profile> small_device(
    const std::string& set_keys = "") {
  std::string text(small_device_text);
  constexpr std::string_view last_key = R"("default": 140)";
  text.insert(text.find(last_key) + last_key.size(), set_keys);
  auto loaded = messages::profiles::load_profile(text, "small.json");
  if (const auto* findings = std::get_if<messages::findings>(&loaded)) {
    throw std::runtime_error(std::to_string(findings->front().line) + ": " +
                             findings->front().text);
  }
  return std::make_shared<const messages::profiles::device_profile>(
      std::get<messages::profiles::device_profile>(std::move(loaded)));
}

inline messages::can::frame cells_frame(std::uint32_t part, std::uint16_t raw,
                                        std::int64_t time_us) {
  messages::can::frame frame;
  frame.id = 0x088 + part;
  frame.length = 8;
  frame.time_us = time_us;
  for (std::size_t i = 0; i < 8; i += 2) {
    frame.data[i] = static_cast<std::uint8_t>(raw & 0xFF);
    frame.data[i + 1] = static_cast<std::uint8_t>(raw >> 8);
  }
  return frame;
}

inline messages::can::frame power_frame(float value, std::int64_t time_us) {
  messages::can::frame frame;
  frame.id = 0x085;
  frame.length = 4;
  frame.time_us = time_us;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  for (std::size_t i = 0; i < 4; ++i) {
    frame.data[i] = static_cast<std::uint8_t>(bits >> (8 * i));
  }
  return frame;
}

inline messages::can::frame limit_frame(std::uint16_t raw, std::int64_t time_us) {
  messages::can::frame frame;
  frame.id = 0x086;
  frame.length = 2;
  frame.time_us = time_us;
  frame.data[0] = static_cast<std::uint8_t>(raw & 0xFF);
  frame.data[1] = static_cast<std::uint8_t>(raw >> 8);
  return frame;
}

} // namespace voltaic::tests
