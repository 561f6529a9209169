#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "bus/can/port.hpp"
#include "scenarios/property/world.hpp"

namespace voltaic::tests::property {

/// What waits at a node's port, and how it is handed over. A node that keeps up
/// gets one batch a step. After a standstill there is a backlog, and a port may
/// hand that over at once or tick by tick or cut anywhere, each batch with the
/// time of then, and may take its time for it: all of this is drawn.
class lagging_port {
 public:
  /// Nodes with the same seed draw the same.
  lagging_port(std::uint64_t seed, std::int64_t utc_offset_us, hit_counters& hits)
      : seed_(seed), utc_offset_us_(utc_offset_us), hits_(hits) {}

  /// These came, and it is `now_us`.
  void wait(std::vector<messages::can::frame> frames, std::int64_t now_us);
  /// What the node gets now.
  [[nodiscard]] std::vector<bus::can::batch> take();
  /// The last batch was not of the present.
  [[nodiscard]] bool lags() const { return !waiting_.empty(); }
  /// Whether the node handles a batch before it gets the next one.
  [[nodiscard]] bool is_one_by_one() const { return how_.one_by_one; }
  /// The process is gone, and its socket with it.
  void forget();

 private:
  enum class grouping : std::uint8_t { whole, by_tick, anywhere };
  struct manner {
    grouping by = grouping::whole;
    std::size_t frames_max = 0;      ///< in a batch that is cut anywhere
    std::size_t steps_at_a_time = 0; ///< of the past that are handed over in one step
    bool one_by_one = false;
  };
  struct step {
    std::int64_t now_us = 0;
    std::vector<messages::can::frame> frames;
  };
  void draw();
  [[nodiscard]] bus::can::batch make_batch(std::int64_t now_us) const;
  void put(const step& from, std::vector<bus::can::batch>& to) const;

  std::uint64_t seed_;
  std::int64_t utc_offset_us_;
  hit_counters& hits_;
  std::deque<step> waiting_;
  bool lagged_ = false; ///< at the step before
  manner how_;
};

} // namespace voltaic::tests::property
