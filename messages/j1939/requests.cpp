#include "messages/j1939/requests.hpp"

#include "messages/j1939/group_field.hpp"
#include "messages/j1939/groups.hpp"

namespace voltaic::messages::j1939 {
namespace {

// An acknowledgement's bytes (J1939-21 5.4.4): what it says first, then who asked, and for what.
constexpr std::uint8_t refused = 1;
constexpr std::size_t asker_at = 4;
constexpr std::size_t group_at = 5;

} // namespace

std::optional<std::uint32_t> requested_group(const packet& heard) {
  if (heard.id.pgn != groups::request || heard.length < group_bytes) return std::nullopt;
  return take_group(heard.payload(), 0);
}

packet request_for(std::uint32_t pgn, std::uint8_t source, std::uint8_t destination) {
  packet made;
  made.id = {default_priority, groups::request, destination, source};
  made.length = group_bytes;
  put_group(made.bytes, 0, pgn);
  return made;
}

packet refusal_of(std::uint32_t pgn, std::uint8_t source, std::uint8_t asker) {
  packet made;
  made.id = {default_priority, groups::acknowledgement, global_address, source};
  made.bytes.fill(0xFF);
  made.bytes[0] = refused;
  made.bytes[asker_at] = asker;
  put_group(made.bytes, group_at, pgn);
  return made;
}

bool acknowledges(const packet& heard, std::uint8_t asker) {
  if (heard.id.pgn != groups::acknowledgement || heard.length < packet_bytes_max) return false;
  return heard.bytes[asker_at] == asker || heard.bytes[asker_at] == global_address;
}

} // namespace voltaic::messages::j1939
