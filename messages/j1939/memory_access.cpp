#include "messages/j1939/memory_access.hpp"

#include "messages/j1939/group_field.hpp"
#include "messages/j1939/groups.hpp"

namespace voltaic::messages::j1939 {
namespace {

constexpr std::size_t request_bytes = 8;
constexpr unsigned length_high_shift = 5;
constexpr unsigned pointer_type_shift = 4;
constexpr unsigned code_shift = 1; // of commands and states
constexpr unsigned code_mask = 7;
constexpr std::uint8_t reserved_bit = 1;

std::uint16_t length_of(std::span<const std::uint8_t> payload) {
  return static_cast<std::uint16_t>(payload[0] | (payload[1] >> length_high_shift) << 8);
}

std::uint8_t code_of(std::span<const std::uint8_t> payload) {
  return static_cast<std::uint8_t>(payload[1] >> code_shift & code_mask);
}

bool is_of(const message& heard, std::uint32_t pgn) {
  return heard.pgn == pgn && heard.payload.size() == request_bytes;
}

} // namespace

std::optional<memory_request> read_memory_request(const message& heard) {
  if (!is_of(heard, groups::memory_request)) return std::nullopt;
  memory_request read;
  read.length = length_of(heard.payload);
  read.direct_spatial = (heard.payload[1] >> pointer_type_shift & 1) != 0;
  read.command = static_cast<memory_command>(code_of(heard.payload));
  read.pointer = static_cast<std::uint32_t>(get_number(std::span(heard.payload).subspan(2, 4)));
  read.key = static_cast<std::uint16_t>(get_number(std::span(heard.payload).subspan(6, 2)));
  return read;
}

std::optional<memory_answer> read_memory_answer(const message& heard) {
  if (!is_of(heard, groups::memory_status)) return std::nullopt;
  memory_answer read;
  read.length = length_of(heard.payload);
  read.state = static_cast<memory_state>(code_of(heard.payload));
  read.error = static_cast<std::uint32_t>(get_number(std::span(heard.payload).subspan(2, 3)));
  read.extension = heard.payload[5];
  read.seed = static_cast<std::uint16_t>(get_number(std::span(heard.payload).subspan(6, 2)));
  return read;
}

std::optional<std::vector<std::uint8_t>> read_memory_data(const message& heard) {
  if (heard.pgn != groups::memory_data || heard.payload.empty()) return std::nullopt;
  const std::size_t count = heard.payload[0];
  if (count + 1 > heard.payload.size()) return std::nullopt;
  const auto begin = heard.payload.begin() + 1;
  return std::vector<std::uint8_t>(begin, begin + static_cast<std::ptrdiff_t>(count));
}

message memory_message(const memory_request& said, std::uint8_t source, std::uint8_t destination) {
  message made;
  made.pgn = groups::memory_request;
  made.source = source;
  made.destination = destination;
  made.payload.resize(request_bytes);
  made.payload[0] = static_cast<std::uint8_t>(said.length & 0xFF);
  made.payload[1] = static_cast<std::uint8_t>(
      (said.length >> 8 & code_mask) << length_high_shift |
      (said.direct_spatial ? 1u : 0u) << pointer_type_shift |
      (static_cast<unsigned>(said.command) & code_mask) << code_shift | reserved_bit);
  put_number(std::span(made.payload).subspan(2, 4), said.pointer);
  put_number(std::span(made.payload).subspan(6, 2), said.key);
  return made;
}

} // namespace voltaic::messages::j1939
