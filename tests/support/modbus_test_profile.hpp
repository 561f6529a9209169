#pragma once

#include <memory>
#include <stdexcept>
#include <variant>

#include "messages/profiles/load.hpp"

namespace voltaic::tests {

/// A Modbus profile that fits the registers of `pymodbus_server.py`; the last
/// point lies where that server answers with exception 02.
inline std::shared_ptr<const messages::profiles::device_profile> modbus_test_profile() {
  constexpr std::string_view text = R"({
    "name": "test-meter", "version": 1, "protocol": "modbus", "commissioned": false,
    "points": {
      "voltage": {"channel": "Voltage", "type": "u16", "scale": 0.1, "unit": "V",
                  "period_ms": 100, "valid": [0, 1000]},
      "energy": {"channel": "Energy", "type": "u32", "unit": "Wh", "period_ms": 100},
      "swapped": {"channel": "Swapped", "type": "u32", "unit": "Wh", "period_ms": 100},
      "frequency": {"channel": "Frequency", "type": "f64", "unit": "Hz", "decimals": 3,
                    "period_ms": 100},
      "string_current": {"channel": "StringCurrent", "type": "i16", "count": 4, "scale": 0.01,
                         "unit": "A", "period_ms": 100},
      "current_limit": {"channel": "CurrentLimit", "type": "u16", "scale": 0.1, "unit": "A",
                        "period_ms": 100},
      "run": {"channel": "Run", "type": "u16", "unit": "", "texts": ["stop", "start"],
              "period_ms": 100},
      "absent": {"channel": "Absent", "type": "u16", "unit": "V", "period_ms": 100},
      "heartbeat": {"channel": "Heartbeat", "type": "u16", "unit": "", "period_ms": 100}
    },
    "registers": [
      {"point": "voltage", "table": "input", "address": 0, "type": "u16"},
      {"point": "energy", "table": "holding", "address": 2, "type": "u32"},
      {"point": "swapped", "table": "holding", "address": 4, "type": "u32", "word_order": "CDAB"},
      {"point": "frequency", "table": "holding", "address": 6, "type": "f32"},
      {"point": "string_current", "table": "holding", "address": 8, "type": "i16", "count": 4},
      {"point": "current_limit", "table": "holding", "address": 50, "type": "u16"},
      {"point": "run", "table": "holding", "address": 51, "type": "u16"},
      {"point": "absent", "table": "holding", "address": 250, "type": "u16"},
      {"point": "heartbeat", "table": "holding", "address": 52, "type": "u16"}
    ],
    "commands": [
      {"name": "set_current_limit", "channel": "SetCurrentLimit", "point": "current_limit",
       "read_back": "current_limit", "register": {"address": 50, "type": "u16", "scale": 0.1},
       "minimum": 0, "maximum": 140},
      {"name": "set_run", "channel": "SetRun", "point": "run", "read_back": "run",
       "register": {"address": 51, "type": "u16"}, "minimum": 0, "maximum": 1},
      {"name": "beat", "purpose": "heartbeat", "channel": "Beat", "point": "heartbeat",
       "read_back": "heartbeat", "register": {"address": 52, "type": "u16"},
       "minimum": 0, "maximum": 65535}
    ]
  })";
  auto loaded = messages::profiles::load_profile(text, "test_meter.json");
  if (const auto* found = std::get_if<messages::findings>(&loaded))
    throw std::runtime_error(found->front().text);
  return std::make_shared<const messages::profiles::device_profile>(
      std::get<messages::profiles::device_profile>(std::move(loaded)));
}

} // namespace voltaic::tests
