#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bus/message/endpoint.hpp"
#include "bus/message/gap_counter.hpp"
#include "bus/message/last_values.hpp"

namespace voltaic::bus::message {

/// The source of what a relay says itself.
inline constexpr const char* relay_source = "relay";

/// A frame for one endpoint.
struct delivery {
  std::string to;
  frame_ptr frame;
};

/// What a relay knows and decides, without sockets, threads or clocks: last
/// values, who is alive, who lives where. Shared by the relay and the memory hub.
class relay_state {
 public:
  /// A frame that somebody published. False: refused, it must not be passed on.
  bool heard(plane from, std::span<const std::byte> frame, std::int64_t now_us);
  bool heard(plane from, const messages::frame& frame, std::int64_t now_us);

  /// What follows from a frame that was sent to the relay.
  struct routing {
    std::vector<delivery> deliveries;
    std::optional<std::string> snapshot_id; ///< the sender asks for the full state
    bool refused = false;
  };
  /// A frame that `from` sent to the relay itself.
  [[nodiscard]] routing received(const std::string& from, const frame_ptr& frame,
                                 std::int64_t now_us);
  /// `from` sent something that is no bundle of frames.
  void misbehaved(const std::string& from, std::int64_t now_us);
  /// The receiver was not there: what its sender is told, if anybody.
  [[nodiscard]] std::optional<delivery> undeliverable(const delivery& what, std::int64_t now_us);
  /// What the sender of a command that is not passed on is told; nothing where it is no command.
  [[nodiscard]] std::optional<delivery> refusal(const messages::frame& command, std::string why,
                                                std::int64_t now_us) const;
  /// Whether a node of the site is known by that name or identity, or one of its actors is.
  [[nodiscard]] bool is_taken(const std::string& name) const;
  /// The full state: a `request` marker, frames, an `end` marker whose
  /// sequence is the number of frames, both markers included.
  [[nodiscard]] std::vector<frame_ptr> snapshot(const std::string& id, std::int64_t now_us,
                                                std::int64_t utc_us) const;

  [[nodiscard]] std::uint64_t gaps() const { return counter_.gaps(); }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] std::uint64_t unroutable() const { return unroutable_; }
  /// What was passed on but not kept, because a table is full.
  [[nodiscard]] std::uint64_t not_kept() const { return not_kept_ + values_.refused(); }

 private:
  struct node {
    std::string identity;
    std::string boot;
    std::int64_t heard_us = 0;
    std::vector<std::string> actors;
    messages::header header;
    messages::health health;
  };
  bool take(plane from, const messages::message& said, std::int64_t now_us);
  void learn(const messages::header& header, const messages::health& health,
             const std::string& identity, std::int64_t now_us);
  [[nodiscard]] bool alive(const std::string& source, std::int64_t now_us) const;
  [[nodiscard]] const std::string* owner_of(const std::string& actor) const;
  [[nodiscard]] routing refuse(const std::string& from, std::int64_t now_us);
  [[nodiscard]] bool banned(const std::string& from, std::int64_t now_us) const;

  gap_counter counter_;
  last_values values_;
  std::map<std::string, node> nodes_;         ///< by node name
  std::map<std::string, std::string> owners_; ///< actor to node name
  struct lately {
    std::optional<std::int64_t> heard_us;
    std::optional<std::int64_t> telemetry_us;
  };
  std::map<std::string, lately> sources_; ///< who published
  struct misconduct {
    std::int64_t since_us = 0;
    std::uint32_t count = 0;
  };
  std::map<std::string, misconduct> misconduct_;
  std::uint64_t refused_ = 0;
  std::uint64_t unroutable_ = 0;
  std::uint64_t not_kept_ = 0;
};

/// A node whose health is older than this is not alive.
inline constexpr std::int64_t health_age_max_us = 2'000'000;
/// A source that declared a period may be silent this many of them (and never
/// less than `health_age_max_us`).
inline constexpr std::int64_t silent_periods_max = 5;
/// An endpoint that sends more bad frames than this in a minute is ignored
/// until the minute is over.
inline constexpr std::uint32_t bad_frames_per_minute_max = 10;
/// Sources that a relay remembers; what others say is passed on all the same.
inline constexpr std::size_t sources_max = 10'000;
/// Actors that commands can be routed to, over all nodes and of one.
inline constexpr std::size_t actors_max = 10'000;
inline constexpr std::size_t actors_of_node_max = 2'048;

} // namespace voltaic::bus::message
