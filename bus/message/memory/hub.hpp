#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bus/message/endpoint.hpp"
#include "bus/message/relay_state.hpp"

namespace voltaic::bus::message {

/// Faults of the way between an endpoint and the relay; ratios from 0 to 1.
/// Commands and results are as exposed as everything else.
struct memory_hub_options {
  std::uint64_t seed = 1;
  std::int64_t delay_min_us = 0;
  std::int64_t delay_max_us = 0;
  double loss = 0;
  double duplication = 0;
  double reordering = 0; ///< a frame overtakes or is overtaken
};

/// The bus without threads, sockets or clocks, relay included: what is
/// published waits until `deliver_due`. Same seed and same calls, same
/// deliveries in the same order.
class memory_hub {
 public:
  explicit memory_hub(memory_hub_options options = {});
  ~memory_hub();
  memory_hub(const memory_hub&) = delete;
  memory_hub& operator=(const memory_hub&) = delete;

  /// The endpoint must not outlive the hub. Its link comes with the next
  /// delivery; with the `snapshot` plane the full state follows first.
  [[nodiscard]] std::unique_ptr<endpoint> make_endpoint(const endpoint_options& options,
                                                        listener& to);
  /// Sets the time and delivers everything that is due, also what the
  /// deliveries cause. Returns how many frames were delivered.
  std::size_t deliver_due(std::int64_t now_us);
  /// Delivers one frame that is due. False when there is none.
  bool step(std::int64_t now_us);
  /// When the next frame is due; negative when none waits.
  [[nodiscard]] std::int64_t next_due_us() const;
  /// Cuts an endpoint off, or joins it again (it then gets a new snapshot).
  void partition(const std::string& identity, bool cut);
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] std::uint64_t lost() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Frames on their way, of all endpoints together; more are lost and counted.
inline constexpr std::size_t memory_hub_frames_max = 1'000'000;

} // namespace voltaic::bus::message
