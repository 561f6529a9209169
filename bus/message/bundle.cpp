#include "bus/message/bundle.hpp"

#include <bit>
#include <cassert>
#include <cstring>
#include <string_view>

#include "messages/digest.hpp"

namespace voltaic::bus::message {

static_assert(std::endian::native == std::endian::little, "the wire format is little-endian");

namespace {

constexpr int plane_bits = 8;
/// The second byte of the topic.
constexpr topic beside_chains_mark = 'b';

std::uint64_t read_word(std::span<const std::byte> bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data(), sizeof word);
  return word;
}

} // namespace

topic topic_of(plane which) {
  return static_cast<std::uint8_t>(which);
}

topic beside_chains_topic() {
  return topic_of(plane::telemetry) | (beside_chains_mark << plane_bits);
}

bool is_published_on(topic value, plane which) {
  return value == topic_of(which) || (which == plane::telemetry && value == beside_chains_topic());
}

topic snapshot_topic(std::string_view identity) {
  return (messages::digest_of(identity) << plane_bits) | topic_of(plane::snapshot);
}

plane plane_of(topic value) {
  return static_cast<plane>(value & 0xff);
}

void write_bundle(topic to, std::span<const frame_ptr> frames, std::span<std::byte> into) {
  std::byte* at = into.data();
  std::memcpy(at, &to, topic_bytes);
  at += topic_bytes;
  for (const auto& frame : frames) {
    const auto bytes = frame->bytes();
    const std::uint64_t length = bytes.size();
    std::memcpy(at, &length, length_bytes);
    std::memcpy(at + length_bytes, bytes.data(), bytes.size());
    at += length_bytes + bytes.size();
  }
  assert(at == into.data() + into.size());
}

bundle_reader::bundle_reader(std::span<const std::byte> bytes) {
  if (bytes.size() < topic_bytes || bytes.size() > message_bytes_max) {
    sound_ = false;
    return;
  }
  topic_ = read_word(bytes);
  rest_ = bytes.subspan(topic_bytes);
}

std::optional<std::span<const std::byte>> bundle_reader::next() {
  if (!sound_ || rest_.empty()) return std::nullopt;
  if (rest_.size() < length_bytes) {
    sound_ = false;
    return std::nullopt;
  }
  const std::uint64_t length = read_word(rest_);
  rest_ = rest_.subspan(length_bytes);
  if (length == 0 || length % sizeof(std::uint64_t) != 0 || length > rest_.size()) {
    sound_ = false;
    return std::nullopt;
  }
  const auto frame = rest_.first(length);
  rest_ = rest_.subspan(length);
  return frame;
}

bool is_bundle(std::span<const std::byte> bytes) {
  bundle_reader reader(bytes);
  bool any = false;
  while (reader.next()) any = true;
  return any && reader.sound();
}

} // namespace voltaic::bus::message
