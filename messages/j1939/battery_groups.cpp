#include "messages/j1939/battery_groups.hpp"

#include <algorithm>
#include <array>

namespace voltaic::messages::j1939 {
namespace {

constexpr slot volts{1, 20, 0, "V", 2};           // 0.05 V
constexpr slot cell_volts{1, 1'000, 0, "V", 3};   // 1 mV
constexpr slot amperes{1, 20, -1'600, "A", 2};    // 0.05 A from -1600 A
constexpr slot small_amperes{1, 1, -125, "A", 0}; // 1 A from -125 A
constexpr slot generator_amperes{1, 1, 0, "A", 0};
constexpr slot kilowatts{1, 20, 0, "kW", 2};          // 0.05 kW
constexpr slot kilowatt_hours{1, 1'000, 0, "kWh", 3}; // 0.001 kWh
constexpr slot fast_percent{1, 640, 0, "%", 7};       // 1/640 %
constexpr slot percent{2, 5, 0, "%", 1};              // 0.4 %
constexpr slot fine_celsius{1, 32, -273, "degC", 5};  // 1/32 degC from -273 degC
constexpr slot celsius{1, 1, -40, "degC", 0};
constexpr slot states{1, 1, 0, "", 0};

constexpr std::uint32_t hvessd1 = 61'584;
constexpr std::uint32_t hvessd2 = 61'585;
constexpr std::uint32_t hvessd3 = 61'586;
constexpr std::uint32_t hvessd6 = 61'589;
constexpr std::uint32_t hvesss1 = 61'590;
constexpr std::uint32_t hvessd7 = 61'600;
constexpr std::uint32_t hvesshist = 64'606;
constexpr std::uint32_t charger_1 = 64'789;
constexpr std::uint32_t battery_temperature = 65'104;
constexpr std::uint32_t vep1 = 65'271;

constexpr std::array groups = {
    battery_group{hvessd1, "HVESSD1"},         battery_group{hvessd2, "HVESSD2"},
    battery_group{hvessd3, "HVESSD3"},         battery_group{hvessd6, "HVESSD6"},
    battery_group{hvesss1, "HVESSS1"},         battery_group{hvessd7, "HVESSD7"},
    battery_group{hvesshist, "HVESSHIST"},     battery_group{charger_1, "CHARGER1"},
    battery_group{battery_temperature, "BT1"}, battery_group{vep1, "VEP1"}};

// Where a place is missing, public sources name the parameter and its slot, and contradict each
// other or are silent about the place.
constexpr std::array signals = {
    battery_signal{hvessd1, 0, "HVESS available discharge power", 0, 16, kilowatts},
    battery_signal{hvessd1, 0, "HVESS available charge power", 16, 16, kilowatts},
    battery_signal{hvessd1, 5'919, "HVESS voltage", 32, 16, volts},
    battery_signal{hvessd1, 5'920, "HVESS current", 48, 16, amperes},
    battery_signal{hvessd2, 5'921, "HVESS fast state of charge", 0, 16, fast_percent},
    battery_signal{hvessd2, 0, "HVESS highest cell voltage", std::nullopt, 16, cell_volts},
    battery_signal{hvessd2, 0, "HVESS lowest cell voltage", std::nullopt, 16, cell_volts},
    battery_signal{hvessd3, 0, "HVESS highest cell temperature", 0, 16, fine_celsius},
    battery_signal{hvessd3, 0, "HVESS lowest cell temperature", 16, 16, fine_celsius},
    battery_signal{hvessd3, 0, "HVESS average cell temperature", 32, 16, fine_celsius},
    battery_signal{hvessd6, 0, "HVESS bus voltage", 0, 16, volts},
    battery_signal{hvessd6, 0, "HVESS ignition voltage", 16, 16, volts},
    battery_signal{hvessd6, 0, "HVESS coolant inlet temperature", 32, 8, celsius},
    battery_signal{hvessd6, 0, "HVESS coolant outlet temperature", 40, 8, celsius},
    battery_signal{hvesss1, 0, "HVESS interlock status", 20, 2, states},
    battery_signal{hvesss1, 0, "HVESS bus connection status", 40, 4, states},
    battery_signal{hvesss1, 0, "HVESS operational status", 44, 4, states},
    battery_signal{hvessd7, 0, "HVESS discharge energy", 0, 24, kilowatt_hours},
    battery_signal{hvessd7, 0, "HVESS charge energy", 24, 24, kilowatt_hours},
    battery_signal{hvessd7, 0, "HVESS maximum charge voltage", 48, 16, volts},
    battery_signal{hvesshist, 0, "HVESS state of health", 0, 8, percent},
    battery_signal{charger_1, 4'992, "Charger voltage", std::nullopt, 16, volts},
    battery_signal{charger_1, 4'993, "Charger current", std::nullopt, 16, amperes},
    battery_signal{battery_temperature, 1'800, "Battery 1 temperature", 0, 8, celsius},
    battery_signal{vep1, 114, "Net battery current", 0, 8, small_amperes},
    battery_signal{vep1, 115, "Alternator current", 8, 8, generator_amperes},
    battery_signal{vep1, 167, "Charging system potential", 16, 16, volts},
    battery_signal{vep1, 168, "Battery potential", 32, 16, volts},
    battery_signal{vep1, 158, "Keyswitch battery potential", 48, 16, volts},
};

std::uint64_t take_bits(std::span<const std::uint8_t> payload, std::uint32_t start,
                        std::uint32_t bits) {
  constexpr std::uint32_t byte_bits = 8;
  std::uint64_t raw = 0;
  for (std::uint32_t i = bits; i-- > 0;) {
    const auto at = start + i;
    raw = raw << 1 | (payload[at / byte_bits] >> at % byte_bits & 1u);
  }
  return raw;
}

} // namespace

std::span<const battery_signal> battery_signals() {
  return signals;
}

std::string_view battery_group_name(std::uint32_t pgn) {
  const auto found = std::ranges::find(groups, pgn, &battery_group::pgn);
  return found == groups.end() ? std::string_view() : found->acronym;
}

std::vector<battery_reading> read_battery_group(std::uint32_t pgn,
                                                std::span<const std::uint8_t> payload) {
  constexpr std::size_t byte_bits = 8;
  std::vector<battery_reading> all;
  for (const auto& one : signals) {
    if (one.pgn != pgn || !one.start) continue;
    if (*one.start + one.bits > payload.size() * byte_bits) continue;
    all.push_back({&one, take_bits(payload, *one.start, one.bits)});
  }
  return all;
}

} // namespace voltaic::messages::j1939
