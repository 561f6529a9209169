#include "messages/codec/codec.hpp"

#include <capnp/message.h>
#include <kj/exception.h>

#include <cstring>
#include <stdexcept>

#include "messages/codec/reads_back.hpp"
#include "messages/codec/wire.hpp"

namespace voltaic::messages {
namespace {

constexpr std::size_t word_bytes = sizeof(std::uint64_t);
/// In front of the one segment: the number of segments less one, and its words.
constexpr std::size_t table_words = 1;

/// Where a thread builds its messages, one after the other, without allocating.
/// A builder leaves it zeroed, as the next one needs it.
kj::ArrayPtr<capnp::word> scratch() {
  thread_local std::vector<capnp::word> memory(frame_bytes_max / word_bytes);
  return {memory.data(), memory.size()};
}

/// Where a thread reads messages that came unaligned.
std::span<std::byte> aligned_copy(std::span<const std::byte> bytes) {
  thread_local std::vector<std::uint64_t> memory(frame_bytes_max / word_bytes);
  std::memcpy(memory.data(), bytes.data(), bytes.size());
  return std::as_writable_bytes(std::span(memory)).first(bytes.size());
}

failure refused(std::string_view why) {
  return {"refused message: " + std::string(why)};
}

/// Why these bytes are no frame, or nothing.
const char* misfit(std::span<const std::byte> bytes) {
  if (bytes.empty()) return "it is empty";
  if (bytes.size() > frame_bytes_max) return "it is longer than 256 KiB";
  if (bytes.size() % word_bytes != 0) return "it is cut off";
  return nullptr;
}

/// `bytes` are aligned and whole words.
expected<message> decode_aligned(std::span<const std::byte> bytes) {
  std::uint64_t table = 0;
  std::memcpy(&table, bytes.data(), sizeof table);
  const std::size_t words = bytes.size() / word_bytes - table_words;
  if (table != static_cast<std::uint64_t>(words) << 32) {
    return refused("it is not one segment of its own length");
  }
  const kj::ArrayPtr<const capnp::word> segment(
      reinterpret_cast<const capnp::word*>(bytes.data()) + table_words, words);
  capnp::ReaderOptions options;
  options.traversalLimitInWords = traversal_words_max;
  options.nestingLimit = nesting_max;
  try {
    capnp::SegmentArrayMessageReader reader(kj::arrayPtr(&segment, 1), options);
    return wire::read(reader.getRoot<schema::Envelope>());
  } catch (const wire::refusal& reason) {
    return refused(reason.text);
  } catch (const kj::Exception& reason) {
    // Never its what(): that would run a program to name the stack.
    return refused(reason.getDescription().cStr());
  }
}

} // namespace

namespace {

std::vector<std::uint64_t> encoded(const header& header, const payload& content) {
  capnp::MallocMessageBuilder builder(scratch());
  wire::write(builder.initRoot<schema::Envelope>(), header, content);
  const auto segments = builder.getSegmentsForOutput();
  if (segments.size() != 1 || segments[0].size() + table_words > frame_bytes_max / word_bytes) {
    throw std::length_error("a message is longer than the bus carries");
  }
  const std::size_t words = segments[0].size();
  std::vector<std::uint64_t> out;
  out.reserve(table_words + words);
  out.push_back(static_cast<std::uint64_t>(words) << 32);
  const auto* first = reinterpret_cast<const std::uint64_t*>(segments[0].begin());
  out.insert(out.end(), first, first + words);
  return out;
}

} // namespace

frame_ptr encode(const header& header, const payload& content) {
  return std::make_shared<const frame>(encoded(header, content));
}

expected<frame_ptr> encode_again(const header& header, const payload& content) {
  try {
    return encode(header, content);
  } catch (const std::length_error& reason) {
    return failure{reason.what()};
  }
}

frame_ptr encode(message_ptr content) {
  auto words = encoded(content->header, content->payload);
  if (!reads_back(content->header, content->payload)) content = nullptr;
  return std::make_shared<const frame>(std::move(words), std::move(content));
}

expected<frame_ptr> adopt(std::span<const std::byte> bytes) {
  if (const char* why = misfit(bytes)) return refused(why);
  std::vector<std::uint64_t> words(bytes.size() / word_bytes);
  std::memcpy(words.data(), bytes.data(), bytes.size());
  return std::make_shared<const frame>(std::move(words));
}

expected<message> decode(const frame& frame) {
  if (const char* why = misfit(frame.bytes())) return refused(why);
  return decode_aligned(frame.bytes());
}

expected<message_ptr> content_of(const frame& frame) {
  if (frame.said() != nullptr) return frame.said();
  auto decoded = decode(frame);
  if (!decoded) return decoded.error();
  return std::make_shared<const message>(*std::move(decoded));
}

expected<message_ptr> read_back(const message_ptr& content) {
  if (reads_back(content->header, content->payload)) return content;
  return content_of(*encode(content));
}

expected<message> open(std::span<const std::byte> bytes) {
  if (const char* why = misfit(bytes)) return refused(why);
  const bool aligned = reinterpret_cast<std::uintptr_t>(bytes.data()) % word_bytes == 0;
  return decode_aligned(aligned ? bytes : aligned_copy(bytes));
}

} // namespace voltaic::messages
