#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/simulator/simulated_rack_model.hpp"
#include "messages/can/frame.hpp"
#include "scenarios/property/history.hpp"
#include "scenarios/property/schedule.hpp"
#include "scenarios/property/world.hpp"

namespace voltaic::tests::property {

/// Identifiers of one rack after the other.
inline constexpr std::uint32_t rack_ids = 0xC0;
/// Of the first rack.
inline constexpr std::uint32_t first_rack_id = 0x080;

/// What a rack of these sites is.
struct wire_options {
  bool watched = false; ///< it takes no orders, and somebody else closed it
  bool nmc = false;     ///< its cells are NMC
  bool emptier = false; ///< its voltage is too low to join a full one
};

/// One rack and the wire to it, which loses, changes and repeats frames. What
/// it tells was read from the bytes by the test itself.
class wire {
 public:
  wire(int number, wire_options options, std::function<void(const fact&)> tell, hit_counters& hits);

  /// A fault that begins now.
  void begin(const deed& fault, std::int64_t now_us);
  /// What a deed lays over the rack's values.
  void lay(const deed& over);
  /// Something is wrong with its contactors, until the deed is over.
  void harm(const deed& what, std::int64_t now_us);
  /// What others make of the DC bus that it shares with them.
  void share(const std::optional<actors::simulator::live_bus>& others) { rack_.share(others); }
  /// Its voltage while it is joined to that bus.
  [[nodiscard]] std::optional<double> joined_v() const { return rack_.joined_v(); }

  /// A node sends: tells it, and lets it arrive with the next step. Throws std::logic_error on an
  /// order for a rack that takes none.
  void send(const messages::can::frame& sent, std::int64_t now_us);
  /// The rack lives on; what reaches the ports of the nodes.
  [[nodiscard]] std::vector<messages::can::frame> step(std::int64_t now_us, std::int64_t clock_us);
  /// A frame was given to the rack's own node: tells what it says.
  void heard(const messages::can::frame& from, std::int64_t now_us) const;

 private:
  struct window {
    deed_kind kind;
    std::int64_t end_us = 0;
    std::uint32_t every = 1;
    std::int64_t back_us = 0; ///< replay
  };
  struct recorded {
    std::int64_t time_us = 0;
    messages::can::frame frame;
  };
  [[nodiscard]] bool strikes(deed_kind kind, std::int64_t now_us, std::uint32_t number) const;
  void replay(std::int64_t now_us);
  void set_harm(const deed& what, bool is_there);
  void tell_contactors(std::int64_t now_us);

  int number_;
  bool watched_;
  std::function<void(const fact&)> tell_;
  hit_counters& hits_;
  actors::simulator::simulated_rack_model rack_;
  std::vector<window> faults_;
  std::vector<std::pair<std::int64_t, deed>> harms_; ///< with the time at which they are over
  int welds_ = 0;                                    ///< of main contactors
  std::vector<messages::can::frame> arriving_;
  std::deque<recorded> arrived_; ///< orders, for replays
  std::int64_t clock_us_ = 0;
  std::uint32_t in_ = 0;
  std::uint32_t out_ = 0;
  contactors shown_;
};

} // namespace voltaic::tests::property
