#include "actors/runtime/command_record.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <variant>

#include "messages/codec/codec.hpp"

namespace voltaic::actors::runtime {
namespace {

using messages::failure;

// Length of the command's bytes, then these, then those of the result if any.
constexpr std::size_t length_bytes = 8;

void append(std::string& to, const messages::payload& payload) {
  const auto frame = messages::encode(messages::header{}, payload);
  const auto bytes = frame->bytes();
  to.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

template <class Payload>
messages::expected<Payload> take(std::string_view body) {
  auto opened = messages::open(std::as_bytes(std::span(body)));
  if (!opened) return opened.error();
  auto* const payload = std::get_if<Payload>(&opened->payload);
  if (payload == nullptr) return failure{"a command record holds another kind of message"};
  return std::move(*payload);
}

} // namespace

std::string command_stream(std::string_view actor) {
  return fmt::format("commands/{}", actor);
}

std::string encode_command_record(const command_record& kept) {
  std::string body(length_bytes, '\0');
  append(body, kept.command);
  const std::uint64_t length = body.size() - length_bytes;
  std::memcpy(body.data(), &length, length_bytes);
  if (kept.done) append(body, *kept.done);
  return body;
}

messages::expected<command_record> decode_command_record(std::string_view body) {
  std::uint64_t length = 0;
  if (body.size() < length_bytes) return failure{"a command record is too short"};
  std::memcpy(&length, body.data(), length_bytes);
  body.remove_prefix(length_bytes);
  if (length > body.size()) return failure{"a command record is cut off"};
  auto command = take<messages::command>(body.substr(0, length));
  if (!command) return command.error();
  command_record kept{*std::move(command), std::nullopt};
  if (length == body.size()) return kept;
  auto done = take<messages::result>(body.substr(length));
  if (!done) return done.error();
  kept.done = *std::move(done);
  return kept;
}

} // namespace voltaic::actors::runtime
