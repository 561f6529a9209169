#include "messages/uds/read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace voltaic::messages::uds {
namespace {

constexpr std::size_t identified_bytes = 3;
constexpr std::size_t refusal_bytes = 3;

struct known_code {
  std::uint8_t code;
  std::string_view words;
};
constexpr std::array known_codes{
    known_code{0x10, "general reject"},
    known_code{0x11, "service not supported"},
    known_code{0x12, "sub-function not supported"},
    known_code{0x13, "incorrect message length or invalid format"},
    known_code{0x14, "response too long"},
    known_code{0x21, "busy, repeat request"},
    known_code{0x22, "conditions not correct"},
    known_code{0x24, "request sequence error"},
    known_code{0x31, "request out of range"},
    known_code{0x33, "security access denied"},
    known_code{response_pending, "response pending"},
    known_code{0x7E, "sub-function not supported in active session"},
    known_code{0x7F, "service not supported in active session"},
};

std::vector<std::uint8_t> identified(std::uint8_t service, std::uint16_t data_identifier) {
  return {service, static_cast<std::uint8_t>(data_identifier >> 8),
          static_cast<std::uint8_t>(data_identifier & 0xFF)};
}

std::uint16_t identifier_in(std::span<const std::uint8_t> message) {
  return static_cast<std::uint16_t>(message[1] << 8 | message[2]);
}

} // namespace

std::vector<std::uint8_t> encode_read(std::uint16_t data_identifier) {
  return identified(read_service, data_identifier);
}

std::optional<std::variant<data_record, refusal>> decode_answer(
    std::span<const std::uint8_t> message) {
  if (message.empty()) return std::nullopt;
  if (message[0] == negative_answer && message.size() >= refusal_bytes)
    return refusal{message[1], message[2]};
  if (message[0] != read_answer || message.size() < identified_bytes) return std::nullopt;
  const auto data = message.subspan(identified_bytes);
  return data_record{identifier_in(message), {data.begin(), data.end()}};
}

std::string to_words(const refusal& what) {
  const auto known = std::ranges::find(known_codes, what.code, &known_code::code);
  if (known == known_codes.end()) return fmt::format("0x{:02X}", what.code);
  return fmt::format("0x{:02X} {}", what.code, known->words);
}

std::vector<std::uint8_t> encode_answer(const data_record& what) {
  auto message = identified(read_answer, what.data_identifier);
  message.reserve(message.size() + what.data.size());
  std::ranges::copy(what.data, std::back_inserter(message));
  return message;
}

std::vector<std::uint8_t> encode_refusal(const refusal& what) {
  return {negative_answer, what.service, what.code};
}

std::optional<std::uint16_t> decode_read(std::span<const std::uint8_t> request) {
  if (request.size() != identified_bytes || request[0] != read_service) return std::nullopt;
  return identifier_in(request);
}

void read_exchange::answer_begins(std::int64_t now_us) {
  due_us_ = std::max(due_us_, now_us + times_.p2_extended_us);
}

read_exchange::state read_exchange::take(std::span<const std::uint8_t> message,
                                         std::int64_t now_us) {
  if (state_ != state::waiting) return state_;
  const auto what = decode_answer(message);
  if (!what) return state_;
  if (const auto* record = std::get_if<data_record>(&*what)) {
    if (record->data_identifier != data_identifier_) return state_;
    data_ = record->data;
    return state_ = state::answered;
  }
  const auto& no = std::get<refusal>(*what);
  if (no.service != read_service) return state_;
  if (no.code == response_pending && ++pendings_ <= times_.pendings_max) {
    due_us_ = now_us + times_.p2_extended_us;
    return state_;
  }
  why_ = no;
  return state_ = state::refused;
}

read_exchange::state read_exchange::step(std::int64_t now_us) {
  if (state_ == state::waiting && now_us > due_us_) state_ = state::timed_out;
  return state_;
}

} // namespace voltaic::messages::uds
