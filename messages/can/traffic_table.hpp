#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>

#include "messages/can/frame.hpp"

namespace voltaic::messages::can {

/// Whose frames stand in one row; data and remote frames of an identifier are two.
struct traffic_key {
  bool extended = false;
  std::uint32_t id = 0;
  bool remote = false;
  friend auto operator<=>(const traffic_key&, const traffic_key&) = default;
};

/// What came with one identifier.
struct traffic_row {
  std::uint64_t count = 0;
  frame last;
  /// Bits of the last frame that differ from the one before; bytes that one of them lacks, wholly.
  std::array<std::uint8_t, 64> changed{};
  std::array<std::uint8_t, 64> ever_changed{}; ///< the same of all frames together
  // Between frames, in microseconds; 0 before the second one. A stamp that lies before the last
  // one, where a recording begins again, makes no gap.
  std::uint64_t gaps = 0;
  std::int64_t gaps_sum_us = 0;
  std::int64_t shortest_us = 0;
  std::int64_t longest_us = 0;

  /// The mean gap; 0: there is none.
  [[nodiscard]] std::int64_t period_us() const;
  /// How far the gaps lie apart: the longest less the shortest.
  [[nodiscard]] std::int64_t jitter_us() const { return longest_us - shortest_us; }
};

/// What is on a bus, identifier by identifier. Pure; bounded: what comes with more identifiers than
/// there is room for is counted and left out.
class traffic_table {
 public:
  /// All 2,048 of 11 bits have room. Who makes up identifiers of 29 bits fills no memory.
  static constexpr std::size_t rows_max = 2'048;

  explicit traffic_table(std::size_t room = rows_max) : room_(room) {}

  /// Whether it is the first of its row.
  bool take(const frame& one);
  /// In the order of identifiers, those of 11 bits first.
  [[nodiscard]] const std::map<traffic_key, traffic_row>& rows() const { return rows_; }
  [[nodiscard]] std::uint64_t frames() const { return frames_; }     ///< all, error frames apart
  [[nodiscard]] std::uint64_t errors() const { return errors_; }     ///< error frames
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; } ///< frames without a row

 private:
  const std::size_t room_;
  std::map<traffic_key, traffic_row> rows_;
  std::uint64_t frames_ = 0;
  std::uint64_t errors_ = 0;
  std::uint64_t left_out_ = 0;
};

} // namespace voltaic::messages::can
