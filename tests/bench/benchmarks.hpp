#pragma once

#include "bench/harness.hpp"

/// Every benchmark of the project. One line here and one in `all_benchmarks`
/// adds another.
namespace voltaic::bench {

[[nodiscard]] std::vector<row> bus_throughput();
[[nodiscard]] std::vector<row> bus_latency();
[[nodiscard]] std::vector<row> node_inside();
[[nodiscard]] std::vector<row> node_latency();

[[nodiscard]] inline std::vector<benchmark> all_benchmarks() {
  return {
      {"bus_throughput", bus_throughput},
      {"bus_latency", bus_latency},
      {"node_inside", node_inside},
      {"node_latency", node_latency},
  };
}

} // namespace voltaic::bench
