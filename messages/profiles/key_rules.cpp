#include "messages/profiles/load.hpp"

namespace voltaic::messages::profiles {
namespace {

constexpr bool required = true;

constexpr key_rule rules[] = {
    {"profile", "$schema"},
    {"profile", "name", required},
    {"profile", "version", required},
    {"profile", "protocol", required},
    {"profile", "commissioned", required},
    {"profile", "description"},
    {"profile", "lease"},
    {"profile", "topology"},
    {"profile", "ratings"},
    {"profile", "chemistry"},
    {"profile", "reaction_limit_ms"},
    {"profile", "derating"},
    {"profile", "points", required},
    {"profile", "messages"},
    {"profile", "registers"},
    {"profile", "guard"},
    {"profile", "commands"},

    {"lease", "mode", required},
    {"lease", "timeout_ms"},

    {"topology", "modules", required},
    {"topology", "cells_per_module", required},
    {"topology", "temperatures_per_module", required},

    {"ratings", "capacity_ah", required},
    {"ratings", "charge_current_a", required},
    {"ratings", "discharge_current_a", required},
    {"ratings", "break_current_a", required},
    {"ratings", "precharge_resistance_ohm"},
    {"ratings", "precharge_energy_j"},

    {"derating", "charge_by_cell_voltage"},
    {"derating", "discharge_by_cell_voltage"},
    {"derating", "charge_by_temperature"},
    {"derating", "discharge_by_temperature"},
    {"derating", "charge_by_soc"},
    {"derating", "discharge_by_soc"},
    {"derating", "recovery_percent_per_s"},
    {"derating", "hysteresis_percent"},
    {"derating", "trend_window_s"},
    {"derating", "trend_horizon_s"},
    {"derating", "charge_target_cell_v"},
    {"derating", "discharge_target_cell_v"},

    {"point", "channel", required},
    {"point", "type", required},
    {"point", "count"},
    {"point", "group_size"},
    {"point", "scale"},
    {"point", "offset"},
    {"point", "unit", required},
    {"point", "category"},
    {"point", "period_ms"},
    {"point", "period_reason"},
    {"point", "valid"},
    {"point", "sentinels"},
    {"point", "decimals"},
    {"point", "aggregates"},
    {"point", "protection"},
    {"point", "quantity"},
    {"point", "reaction_limit_ms"},
    {"point", "texts"},
    {"point", "description"},

    {"message", "name", required},
    {"message", "id", required},
    {"message", "length", required},
    {"message", "period_ms"},
    {"message", "repeat"},
    {"message", "multiplexer"},
    {"message", "checksum"},
    {"message", "signals", required},
    {"message", "description"},

    {"repeat", "count", required},
    {"repeat", "id_step"},
    {"repeat", "mux_step"},
    {"repeat", "index_step", required},

    {"multiplexer", "start", required},
    {"multiplexer", "length", required},
    {"multiplexer", "order"},

    {"checksum", "kind", required},
    {"checksum", "byte", required},

    {"signal", "point", required},
    {"signal", "index"},
    {"signal", "index_step"},
    {"signal", "start", required},
    {"signal", "length", required},
    {"signal", "order"},
    {"signal", "type"},
    {"signal", "scale"},
    {"signal", "offset"},
    {"signal", "mux"},

    {"register", "point", required},
    {"register", "index"},
    {"register", "count"},
    {"register", "table", required},
    {"register", "address", required},
    {"register", "type", required},
    {"register", "words"},
    {"register", "word_order"},
    {"register", "start"},
    {"register", "length"},
    {"register", "scale"},
    {"register", "offset"},
    {"register", "scale_register"},

    {"scale_register", "address", required},
    {"scale_register", "kind", required},

    {"guard", "table", required},
    {"guard", "address", required},
    {"guard", "values", required},

    {"command", "name", required},
    {"command", "purpose"},
    {"command", "id"},
    {"command", "length"},
    {"command", "signals"},
    {"command", "checksum"},
    {"command", "register"},
    {"command", "channel"},
    {"command", "point"},
    {"command", "read_back"},
    {"command", "minimum"},
    {"command", "maximum"},
    {"command", "default"},
    {"command", "tighter"},
    {"command", "description"},

    {"field", "field"},
    {"field", "constant"},
    {"field", "start", required},
    {"field", "length", required},
    {"field", "order"},
    {"field", "type"},
    {"field", "scale"},
    {"field", "offset"},
    {"field", "rolling"},

    {"target_register", "address", required},
    {"target_register", "type", required},
    {"target_register", "word_order"},
    {"target_register", "scale"},
    {"target_register", "offset"},
};

} // namespace

std::span<const key_rule> key_rules() {
  return rules;
}

} // namespace voltaic::messages::profiles
