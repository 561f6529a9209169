#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/codec/payloads.hpp"
#include "messages/expected.hpp"

/// Messages to bytes and back: the only code that knows Cap'n Proto.
namespace voltaic::messages {

/// Of the messages that this version encodes; newer ones are read as far as they are known.
inline constexpr std::uint16_t schema_version = 1;
/// A longer message is refused before anything is read from it.
inline constexpr std::size_t frame_bytes_max = 256 * 1024;
/// Words that a reader may follow in one message.
inline constexpr std::size_t traversal_words_max = 64 * 1024;
/// Pointers deep that it may follow.
inline constexpr int nesting_max = 16;
/// Bytes of one text.
inline constexpr std::size_t text_bytes_max = 16 * 1024;
/// Entries of a list of texts or structs.
inline constexpr std::size_t list_entries_max = 4096;
/// No point has an element at or beyond this index.
inline constexpr std::uint32_t element_index_max = 1u << 20;

/// Who speaks, when, and which of its messages this is.
struct header {
  std::string source;
  std::uint32_t incarnation = 1;
  std::uint64_t sequence = 0;
  instant time;
  messages::utc_quality utc_quality = messages::utc_quality::unknown;
  friend bool operator==(const header&, const header&) = default;
};

/// One message, decoded.
struct message {
  messages::header header;
  messages::payload payload;
  friend bool operator==(const message&, const message&) = default;
};

/// A message that readers share.
using message_ptr = std::shared_ptr<const message>;

/// One encoded message, immutable, 8-byte aligned, shared between subscribers.
class frame {
 public:
  /// `said`: the message, if the bytes read back as exactly that; see `content_of`.
  explicit frame(std::vector<std::uint64_t> words, message_ptr said = nullptr)
      : words_(std::move(words)), said_(std::move(said)) {}
  [[nodiscard]] std::span<const std::byte> bytes() const {
    return std::as_bytes(std::span(words_));
  }
  /// Null: only the bytes are known.
  [[nodiscard]] const message_ptr& said() const { return said_; }

 private:
  std::vector<std::uint64_t> words_;
  message_ptr said_;
};
using frame_ptr = std::shared_ptr<const frame>;

/// Encodes one message. Deterministic: equal messages give equal bytes. Throws
/// std::length_error for a message that every receiver would have to refuse.
[[nodiscard]] frame_ptr encode(const header& header, const payload& content);
/// The same; the frame keeps the message for readers in this process, if its bytes read back
/// as it is.
[[nodiscard]] frame_ptr encode(message_ptr content);

/// The same of what somebody else said. Fails where that is too long to be said again: pointers
/// that share what they point to make a short message of it.
[[nodiscard]] expected<frame_ptr> encode_again(const header& header, const payload& content);

/// Copies received bytes, aligned or not, into a frame. Refuses an empty,
/// oversized or odd-sized (not a multiple of 8) buffer.
[[nodiscard]] expected<frame_ptr> adopt(std::span<const std::byte> bytes);

/// Decodes wholly, with bounds on size, traversal and nesting; every enum and
/// number is in range afterwards, or the frame is refused. Never throws on any
/// input. A payload that this version does not know comes back as monostate.
[[nodiscard]] expected<message> decode(const frame& frame);
/// What decoding gives; where the frame still has the message that it was made from, without it.
[[nodiscard]] expected<message_ptr> content_of(const frame& frame);
/// What encoding and then decoding gives, without bytes where they would read back as it is:
/// for what never leaves its process.
[[nodiscard]] expected<message_ptr> read_back(const message_ptr& content);
/// The same from bytes of any alignment.
[[nodiscard]] expected<message> open(std::span<const std::byte> bytes);

} // namespace voltaic::messages
