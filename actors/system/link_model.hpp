#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "messages/codec/payloads.hpp"

/// The field buses and lines of a site, as all nodes together see them.
namespace voltaic::actors::system {

/// What a node said of its links counts this long; it says so four times a second.
inline constexpr std::int64_t health_age_us_max = messages::us_per_s;
/// Silences of a CAN bus, and of a Modbus line whose polls are seldom, from this
/// length on are gaps.
inline constexpr std::int64_t bus_gap_us_min = messages::us_per_s;
inline constexpr std::int64_t line_gap_us_min = 3 * messages::us_per_s;

enum class link_kind : std::uint8_t { bus, line };

struct link_options {
  std::string name; ///< "can0"
  link_kind kind = link_kind::bus;
  std::uint32_t baud = 0; ///< of a line of RTU frames; 0: it has no load in percent
};

/// Pure. Several nodes look at one bus: its state is the worst that one of them
/// sees, its load and counters are the largest, what each of them lost is added.
class link_model {
 public:
  link_model(const std::string& system, std::vector<link_options> links);

  /// The points of all links: `system/link/can0/state` and so on; of CAN buses also what the
  /// controller tells, `links/can0/error_frames` and so on.
  [[nodiscard]] const std::vector<messages::point_description>& points() const { return points_; }
  /// What a node said of its links at `said_us`; what is older than the last is passed over.
  void take(const messages::health& said, std::int64_t said_us);
  /// The values of all points at `now_us`, the first at position `first`. A link
  /// of which no node speaks any more is stale, one of which none ever did `never`.
  [[nodiscard]] std::vector<messages::block> step(std::size_t first, std::int64_t now_us) const;

 private:
  /// A link as one node sees it, or as all of them do.
  struct view {
    std::int64_t heard_us = 0;
    std::string state;
    double load_percent = 0;
    std::uint64_t bytes = 0;
    std::uint64_t errors = 0; ///< of the link
    std::uint64_t lost = 0;   ///< by this node alone
    std::uint16_t transmit_errors = 0;
    std::uint16_t receive_errors = 0;
    std::int32_t unknown_ids = -1; ///< -1: nobody watches for them
    std::string trouble;
    std::string babbler;          ///< "0x000, 3900 frames/s"; empty: none
    std::uint64_t received = 0;   ///< grows with whatever comes from the link
    std::int64_t measured_us = 0; ///< when `measured_bytes` were counted, for a line's load
    std::uint64_t measured_bytes = 0;
  };
  struct link {
    link_options options;
    std::map<std::string, view> views; ///< by node
    std::int64_t active_us = 0;        ///< when something last came from it; 0: never
    std::int64_t gap_us = 0;           ///< the newest that is over
    std::int64_t heard_us = 0;         ///< when a node last spoke of it; 0: never
  };

  [[nodiscard]] link* find(const std::string& name, link_kind kind);
  static void see(link& of, const std::string& node, view fresh, std::int64_t said_us);
  static void measure_load(const view& known, view& fresh, std::uint32_t baud);
  [[nodiscard]] static view merged(const link& of, std::int64_t now_us);
  [[nodiscard]] static std::int64_t newest_gap_us(const link& of, std::int64_t now_us);

  std::vector<link> links_;
  std::vector<messages::point_description> points_;
};

} // namespace voltaic::actors::system
