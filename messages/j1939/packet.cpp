#include "messages/j1939/packet.hpp"

#include <algorithm>
#include <cassert>

namespace voltaic::messages::j1939 {

std::optional<packet> packet_of(const can::frame& frame) {
  if (!frame.extended || frame.remote || frame.error || frame.fd) return std::nullopt;
  if (frame.length > packet_bytes_max) return std::nullopt;
  packet made;
  made.id = split(frame.id);
  made.length = frame.length;
  std::copy_n(frame.data.begin(), frame.length, made.bytes.begin());
  return made;
}

can::frame frame_of(const packet& one) {
  can::frame made;
  made.id = join(one.id);
  made.extended = true;
  made.length = one.length;
  std::ranges::copy(one.payload(), made.data.begin());
  return made;
}

packet packet_of(const message& one) {
  assert(one.payload.size() <= packet_bytes_max);
  packet made;
  made.id = {one.priority, one.pgn, one.destination, one.source};
  made.length = static_cast<std::uint8_t>(one.payload.size());
  std::ranges::copy(one.payload, made.bytes.begin());
  return made;
}

message message_of(const packet& one) {
  const auto payload = one.payload();
  return {one.id.pgn,
          one.id.priority,
          one.id.source,
          one.id.destination,
          {payload.begin(), payload.end()}};
}

} // namespace voltaic::messages::j1939
