#pragma once

#include <array>
#include <vector>

#include "actors/contactor/contactor_model.hpp"
#include "actors/protection/protection_model.hpp"
#include "actors/simulator/cell_pack_model.hpp"

namespace voltaic::bench {

/// One rack of pure models: cells, all of protection with its limits, contactor. No frames, no
/// messages, no actors; its contactors do at once what they are ordered.
class model_rack {
 public:
  /// Cells and temperatures come each period, the rack's own values each 100 ms, time itself
  /// each 50 ms.
  model_rack(std::uint32_t cell_period_ms, double current_a);
  /// Runs until it is closed; throws if it does not come about.
  void close();
  /// Lets a time pass.
  void run(std::int64_t duration_us);

 private:
  void step();
  void read(actors::protection::measured what);
  void judge();
  void obey();

  double current_a_;
  std::int64_t now_us_;
  actors::simulator::cell_pack_model pack_;
  actors::protection::protection_model protection_;
  actors::contactor::contactor_model contactor_;
  actors::contactor::device_values device_;
  messages::permit permit_;
  std::array<std::vector<std::int32_t>, actors::protection::measured_count> values_;
  std::vector<actors::protection::element_block> news_;
};

} // namespace voltaic::bench
