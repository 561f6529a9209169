#include "messages/j1939/identifier.hpp"

namespace voltaic::messages::j1939 {
namespace {

constexpr std::uint32_t pgn_mask = 0x3'FFFF;
constexpr std::uint32_t byte_mask = 0xFF;
constexpr std::uint32_t priority_mask = 7;
constexpr std::uint32_t addressed_end = 240;
constexpr int format_shift = 8;
constexpr int data_page_shift = 16;
constexpr int extended_page_shift = 17;
constexpr int pgn_shift = 8;
constexpr int priority_shift = 26;

} // namespace

bool is_addressed(std::uint32_t pgn) {
  return (pgn >> format_shift & byte_mask) < addressed_end;
}

std::uint32_t pgn_of(const group_parts& parts) {
  const std::uint32_t specific = parts.format < addressed_end ? 0 : parts.specific;
  return std::uint32_t{parts.extended_data_page & 1u} << extended_page_shift |
         std::uint32_t{parts.data_page & 1u} << data_page_shift |
         std::uint32_t{parts.format} << format_shift | specific;
}

group_parts parts_of(std::uint32_t pgn) {
  return {static_cast<std::uint8_t>(pgn >> extended_page_shift & 1u),
          static_cast<std::uint8_t>(pgn >> data_page_shift & 1u),
          static_cast<std::uint8_t>(pgn >> format_shift & byte_mask),
          static_cast<std::uint8_t>(pgn & byte_mask)};
}

identifier split(std::uint32_t id) {
  identifier made;
  made.priority = static_cast<std::uint8_t>(id >> priority_shift & priority_mask);
  made.source = static_cast<std::uint8_t>(id & byte_mask);
  made.pgn = id >> pgn_shift & pgn_mask;
  if (is_addressed(made.pgn)) {
    made.destination = static_cast<std::uint8_t>(made.pgn & byte_mask);
    made.pgn &= ~byte_mask;
  }
  return made;
}

std::uint32_t join(const identifier& id) {
  auto pgn = id.pgn & pgn_mask;
  if (is_addressed(pgn)) pgn = (pgn & ~byte_mask) | id.destination;
  return (id.priority & priority_mask) << priority_shift | pgn << pgn_shift | id.source;
}

} // namespace voltaic::messages::j1939
