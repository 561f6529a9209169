#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "nodes/simulate/event_writer.hpp"
#include "nodes/simulate/simulated_site.hpp"

namespace voltaic::nodes::simulate {

/// What the simulated inverters of a site are told: each frame that differs from the one of
/// its identifier before it.
class told_inverters {
 public:
  /// The plan must outlive it.
  explicit told_inverters(const site::plan& plan) : plan_(plan) {}
  /// Adds what is new since the last step.
  void write(const simulated_site& site, event_writer& writer);

 private:
  const site::plan& plan_;
  std::map<std::pair<std::string, std::uint32_t>, std::array<std::uint8_t, 8>> known_;
};

} // namespace voltaic::nodes::simulate
