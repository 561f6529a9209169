#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/process.hpp"
#include "nodes/site/plan.hpp"

/// Four virtual buses full of devices that speak in sequence numbers, and the node that makes
/// points of what they say: what of it was lost, how late it came, and what the node costs.
namespace voltaic::bench::can_field {

inline constexpr std::uint32_t buses = 4;
/// Bytes 2 to 7 of each frame; byte 0 names the page, byte 1 counts frames of the identifier.
inline constexpr std::uint32_t values_a_frame = 3;
/// What an element says counts up by one with each of its frames, below this.
inline constexpr std::uint32_t rounds_max = 4'000;

/// A message of a device: pages of one identifier, and the array of values that they hold.
struct paged_message {
  std::string point;
  std::uint32_t pages = 1;
  std::int64_t period_us = 0; ///< of each page; a second is a multiple of it
  [[nodiscard]] std::uint32_t values() const { return pages * values_a_frame; }
};

/// The same devices on each bus, with identifiers one behind the other.
struct field_layout {
  std::string name;
  std::uint32_t devices = 0; ///< of a bus
  std::vector<paged_message> messages;
  std::int64_t packing_us = 0; ///< how long the virtual buses gather frames
};

/// What an element said in this round: its number is in it, so that none passes for another.
[[nodiscard]] constexpr std::uint16_t value_of(std::uint64_t round, std::uint32_t element) {
  return static_cast<std::uint16_t>((round + element) % rounds_max);
}

inline constexpr std::size_t samples_max = 500'000;

/// How much later than it should something came, microseconds, noted by one thread of any process.
class delays {
 public:
  void note(std::int64_t us);
  /// What was noted, in equal parts of the time in between.
  [[nodiscard]] std::vector<double> all() const;

 private:
  std::atomic<std::size_t> count_{0};
  std::array<std::int32_t, samples_max> us_{};
};

/// What the processes of a field tell each other. Nothing is noted while `noting` is not set.
struct blackboard {
  std::atomic<int> ready{0};
  std::atomic<bool> playing{false};
  std::atomic<bool> noting{false};
  std::atomic<std::uint64_t> sent{0};  ///< that the buses took
  std::atomic<std::uint64_t> again{0}; ///< sent again, since a bus had no room
  std::atomic<std::uint64_t> bits{0};  ///< on the wires, stuffing included
  delays said;                         ///< stamp of the frame to the point on the node's bus
  delays bare;                         ///< frames of one bus to the handler of a port alone
  delays late;                         ///< the player's wakes
};

/// The site file and its profile, loaded, in a folder of its own.
class field_site {
 public:
  explicit field_site(const field_layout& layout);
  ~field_site();
  field_site(const field_site&) = delete;
  field_site& operator=(const field_site&) = delete;
  [[nodiscard]] const nodes::site::plan& plan() const { return plan_; }

 private:
  scratch_folder folder_;
  nodes::site::plan plan_;
};

// Each runs in a process of its own, until it is killed.
void run_buses(const field_site& site, const field_layout& layout, blackboard& board);
void run_relay(const field_site& site, blackboard& board);
void run_node(const field_site& site, blackboard& board);
void run_bare_ports(const field_site& site, blackboard& board);
void run_player(const field_site& site, const field_layout& layout, blackboard& board);

/// What a field was seen to do.
struct outcome {
  std::vector<double> said, bare, heard, late; ///< microseconds, in order
  /// CPU of each block, of one core: the node's process, one with bare ports on the same buses, and
  /// the relay's.
  std::vector<double> node_percent, bare_percent, relay_percent;
  double load_percent = 0;   ///< of a bus
  double frames_per_s = 0;   ///< of all buses
  std::uint64_t sent = 0;    ///< since the beginning, as all below
  std::uint64_t again = 0;   ///< sends that a bus had no room for, and that came later
  std::uint64_t arrived = 0; ///< by the counters of the node's ports
  std::uint64_t decoded = 0; ///< by the rounds that a client of the message bus saw
  std::uint64_t skipped = 0; ///< rounds missing between two that it saw
  std::uint64_t overflow = 0;
  std::uint64_t bad_counter = 0; ///< frames that the profile's check refused
  std::uint64_t missed = 0;      ///< messages that the client did not get
};

/// Everything above for so long, after some seconds to settle.
[[nodiscard]] outcome watch(const field_layout& layout, std::int64_t measure_us);

} // namespace voltaic::bench::can_field
