#include "messages/dbc/known_unit.hpp"

#include <utility>

namespace voltaic::messages::dbc {
namespace {

constexpr std::pair<std::string_view, known_unit> units[] = {
    {"V", {"V", 1}},
    {"mV", {"V", 0.001}},
    {"kV", {"V", 1000}},
    {"A", {"A", 1}},
    {"mA", {"A", 0.001}},
    {"W", {"W", 1}},
    {"kW", {"kW", 1}},
    {"VA", {"VA", 1}},
    {"var", {"var", 1}},
    {"Wh", {"Wh", 1}},
    {"kWh", {"kWh", 1}},
    {"Ah", {"Ah", 1}},
    {"mAh", {"Ah", 0.001}},
    {"Ohm", {"Ohm", 1}},
    {"ohm", {"Ohm", 1}},
    {"mOhm", {"Ohm", 0.001}},
    {"kOhm", {"kOhm", 1}},
    {"kohm", {"kOhm", 1}},
    {"Hz", {"Hz", 1}},
    {"%", {"%", 1}},
    {"s", {"s", 1}},
    {"ms", {"ms", 1}},
    {"h", {"h", 1}},
    {"degC", {"degC", 1}},
    {"deg C", {"degC", 1}},
    {"C", {"degC", 1}},
    {"\xC2\xB0"
     "C",
     {"degC", 1}},
    {"K", {"K", 1}},
    {"Pa", {"Pa", 1}},
    {"kPa", {"Pa", 1000}},
    {"bar", {"Pa", 100000}},
    {"l/min", {"l/min", 1}},
};

} // namespace

known_unit unit_of(std::string_view text) {
  for (const auto& [known, meaning] : units)
    if (known == text) return meaning;
  return {};
}

} // namespace voltaic::messages::dbc
