#include "messages/j1939/requests.hpp"

#include "messages/j1939/group_field.hpp"
#include "messages/j1939/groups.hpp"

namespace voltaic::messages::j1939 {

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

} // namespace voltaic::messages::j1939
