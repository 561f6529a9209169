#include "messages/j1939/assembly.hpp"

#include <algorithm>

#include "messages/j1939/transfer_control.hpp"

namespace voltaic::messages::j1939 {

assembly::assembly(std::uint16_t size) : bytes_(size), packets_(packets_for(size)) {}

assembly::outcome assembly::put(std::span<const std::uint8_t> frame) {
  if (frame.empty() || frame[0] == 0 || frame[0] > packets_) return outcome::outside;
  const unsigned sequence = frame[0];
  const auto at = (sequence - 1) * transfer_packet_bytes;
  const auto count = std::min(transfer_packet_bytes, bytes_.size() - at);
  if (frame.size() < count + 1) return outcome::outside;
  const auto to = bytes_.begin() + static_cast<std::ptrdiff_t>(at);
  const auto from = frame.subspan(1, count);
  if (there_[sequence])
    return std::equal(from.begin(), from.end(), to) ? outcome::repeated : outcome::contradicts;
  std::ranges::copy(from, to);
  there_[sequence] = true;
  return outcome::taken;
}

unsigned assembly::first_missing() const {
  unsigned sequence = 1;
  while (sequence <= packets_ && there_[sequence]) ++sequence;
  return sequence;
}

} // namespace voltaic::messages::j1939
