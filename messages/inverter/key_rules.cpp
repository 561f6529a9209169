#include "messages/inverter/load_inverter.hpp"

namespace voltaic::messages::inverter {
namespace {

constexpr bool required = true;

constexpr profiles::key_rule rules[] = {
    {"inverter", "$schema"},
    {"inverter", "name", required},
    {"inverter", "version", required},
    {"inverter", "protocol", required},
    {"inverter", "description"},
    {"inverter", "bitrate"},
    {"inverter", "options"},
    {"inverter", "keep_alive"},
    {"inverter", "requests"},
    {"inverter", "frames"},
    {"inverter", "received"},
    {"inverter", "writes"},
    {"inverter", "reads"},
    {"inverter", "heartbeat"},

    {"options", "byte_order"},
    {"options", "current_raw_offset"},
    {"options", "address"},

    {"keep_alive", "id", required},
    {"keep_alive", "counter_byte"},

    {"request", "name", required},
    {"request", "id", required},
    {"request", "byte", required},
    {"request", "value", required},

    {"frame", "id", required},
    {"frame", "length", required},
    {"frame", "period_ms"},
    {"frame", "phase_ms"},
    {"frame", "on_request"},
    {"frame", "description"},
    {"frame", "fields"},
    {"frame", "pairs"},

    {"field", "item"},
    {"field", "constant"},
    {"field", "byte", required},
    {"field", "bit"},
    {"field", "bits"},
    {"field", "bytes"},
    {"field", "signed"},
    {"field", "magnitude"},
    {"field", "scale"},
    {"field", "raw_offset"},
    {"field", "uses_current_offset"},
    {"field", "missing"},
    {"field", "minimum"},
    {"field", "required"},
    {"field", "active"},
    {"field", "inactive"},
    {"field", "unknown"},
    {"field", "from"},
    {"field", "padding"},

    {"point", "item", required},
    {"point", "point", required},

    {"heartbeat", "write"},
    {"heartbeat", "read"},
    {"heartbeat", "period_ms"},
};

} // namespace

std::span<const profiles::key_rule> key_rules() {
  return rules;
}

} // namespace voltaic::messages::inverter
