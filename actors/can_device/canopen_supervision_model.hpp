#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "messages/canopen/network_management.hpp"
#include "messages/profiles/canopen_rule.hpp"

namespace voltaic::actors::can_device {

/// So many distances between heartbeats are averaged.
inline constexpr std::size_t heartbeat_distances = 4;
/// Heartbeats that come this much sooner than one does, as many in a row, are those of two nodes.
inline constexpr double heartbeat_share_min = 0.75;
/// So many times more than one answer to a guard request.
inline constexpr int guard_answers_twice = 3;

/// Whether a node lives, by its heartbeat or its answers to guarding, and whether it is one. Pure.
class node_supervision {
 public:
  node_supervision(const messages::profiles::canopen_rule& rule, std::uint8_t node);

  /// Begins anew: the next sign is awaited from now on.
  void arm(std::int64_t now_us);
  /// A heartbeat or an answer to guarding, but no boot-up.
  void take(const messages::canopen::error_control& said, std::int64_t now_us);
  /// At each grid instant; a frame that asks, where the node is guarded and that is due.
  [[nodiscard]] std::optional<messages::can::frame> step(std::int64_t now_us);
  /// It is watched, and nothing came for too long.
  [[nodiscard]] bool is_lost(std::int64_t now_us) const;
  [[nodiscard]] bool is_watched() const { return limit_us_ != 0; }
  /// What speaks for two nodes, from the last sign; empty: nothing does.
  [[nodiscard]] const std::string& doubled() const { return doubled_; }

 private:
  std::uint8_t node_;
  std::int64_t heartbeat_us_ = 0;
  std::int64_t guard_us_ = 0;
  std::int64_t limit_us_ = 0;                                ///< 0: nobody watches
  std::int64_t sign_us_ = 0;                                 ///< of life
  std::array<std::int64_t, heartbeat_distances> times_us_{}; ///< a ring
  std::size_t seen_ = 0;
  std::size_t fast_ = 0; ///< in a row
  std::optional<std::int64_t> asked_us_;
  std::optional<bool> toggle_; ///< of the last answer
  int answers_ = 0;            ///< to the last request
  int answered_twice_ = 0;
  std::string doubled_;
};

} // namespace voltaic::actors::can_device
