#pragma once

#include "bench/harness.hpp"

/// Every benchmark of the project. One line here and one in `all_benchmarks`
/// adds another.
namespace voltaic::bench {

[[nodiscard]] std::vector<row> bus_throughput();
[[nodiscard]] std::vector<row> bus_latency();
[[nodiscard]] std::vector<row> node_inside();
[[nodiscard]] std::vector<row> node_latency();
[[nodiscard]] std::vector<row> trip(std::size_t trips);
[[nodiscard]] std::vector<row> restart();
[[nodiscard]] std::vector<row> protection_step();
/// Of `voltaic simulate` and of its models alone: virtual seconds a second.
[[nodiscard]] std::vector<row> simulated_time();
/// Needs the database of foxBMS in VOLTAIC_TEST_DATA; else no row.
[[nodiscard]] std::vector<row> dbc_decode();
/// Needs the recording of a car in VOLTAIC_TEST_DATA and the laboratory's machine; else no row.
[[nodiscard]] std::vector<row> can_laboratory();
/// Four virtual buses at 80 % of 1 Mbit/s, for so long.
[[nodiscard]] std::vector<row> can_load(std::int64_t seconds);
/// 32 devices on each of four buses, for so long.
[[nodiscard]] std::vector<row> can_slaves(std::int64_t seconds);
/// On virtual time, so that it is the same on any machine.
[[nodiscard]] std::vector<row> sdo_download();
/// Also on virtual time: eight transfers of 1785 bytes at once beside other traffic.
[[nodiscard]] std::vector<row> j1939_transfers();
/// The same: batteries of three languages for ten minutes.
[[nodiscard]] std::vector<row> twelve_batteries();
[[nodiscard]] std::vector<row> modbus_dead_units();
[[nodiscard]] std::vector<row> serial_latency();
[[nodiscard]] std::vector<row> site_32_racks();
[[nodiscard]] std::vector<row> points_100k();
[[nodiscard]] std::vector<row> soak(std::int64_t minutes);
/// Rows `growth` and `start`.
[[nodiscard]] std::vector<row> growth();

[[nodiscard]] inline std::vector<benchmark> all_benchmarks(const settings& asked) {
  return {
      {"bus_throughput", bus_throughput},
      {"bus_latency", bus_latency},
      {"node_inside", node_inside},
      {"node_latency", node_latency},
      {"trip", [asked] { return trip(asked.trips); }},
      {"restart", restart},
      {"protection_step", protection_step},
      {"simulate", simulated_time},
      {"dbc_decode", dbc_decode},
      {"can_laboratory", can_laboratory},
      {"can_load", [asked] { return can_load(asked.seconds); }},
      {"can_slaves", [asked] { return can_slaves(asked.seconds); }},
      {"sdo_download", sdo_download},
      {"j1939_transfers", j1939_transfers},
      {"twelve_batteries", twelve_batteries},
      {"modbus_dead_units", modbus_dead_units},
      {"serial_latency", serial_latency},
      {"site_32_racks", site_32_racks},
      {"growth start", growth},
      {"points_100k", points_100k},
      {"soak", [asked] { return soak(asked.minutes); }, true},
  };
}

} // namespace voltaic::bench
