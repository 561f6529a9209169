#pragma once

#include <bitset>
#include <cstdint>
#include <span>
#include <vector>

#include "messages/j1939/transport_limits.hpp"

namespace voltaic::messages::j1939 {

/// A message that is put together of packets (J1939-21 5.10.1.2), which are numbered from 1.
class assembly {
 public:
  enum class outcome : std::uint8_t {
    taken,
    repeated,    ///< it was there, with the same bytes
    contradicts, ///< it was there, with others
    outside      ///< the message has no such packet, or the frame is too short for it
  };

  /// Of a message of so many bytes, at most `transfer_bytes_max`.
  explicit assembly(std::uint16_t size);

  /// A TP.DT frame: the sequence number and the bytes behind it. What pads the last one counts
  /// for nothing.
  outcome put(std::span<const std::uint8_t> frame);
  [[nodiscard]] std::uint8_t packets() const { return packets_; }
  /// Which packet is the first that is not there; one more than there are: none.
  [[nodiscard]] unsigned first_missing() const;
  [[nodiscard]] bool is_complete() const { return first_missing() > packets_; }
  [[nodiscard]] bool has(unsigned sequence) const { return there_[sequence]; }
  /// The message, once.
  [[nodiscard]] std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
  std::uint8_t packets_ = 0;
  std::bitset<transfer_packets_max + 2> there_;
};

} // namespace voltaic::messages::j1939
