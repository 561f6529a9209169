#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bus/message/endpoint.hpp"

/// The wire format: 8 bytes topic, of which the first is the plane, then frames,
/// each behind its length in 8 bytes. Frames are multiples of 8 bytes, so every
/// part stays aligned when the buffer is.
namespace voltaic::bus::message {

/// Who may read: a plane, or with plane `snapshot` one endpoint, by the digest
/// of its identity.
using topic = std::uint64_t;

/// The topic of everybody who subscribed to a plane.
[[nodiscard]] topic topic_of(plane which);
/// The same of telemetry that no rack's chain says; who subscribed to the plane gets it as well.
[[nodiscard]] topic beside_chains_topic();
/// Whether it is one under which frames of that plane are published.
[[nodiscard]] bool is_published_on(topic value, plane which);
/// The topic on which one endpoint gets the full state.
[[nodiscard]] topic snapshot_topic(std::string_view identity);
/// The plane in a topic; of received bytes it may be none that is known.
[[nodiscard]] plane plane_of(topic value);

/// What the topic takes.
inline constexpr std::size_t topic_bytes = sizeof(topic);
/// What of it a subscription to a plane names, and one to what is said beside chains.
inline constexpr std::size_t plane_prefix_bytes = 1;
inline constexpr std::size_t beside_chains_prefix_bytes = 2;
/// What the length before each frame takes.
inline constexpr std::size_t length_bytes = sizeof(std::uint64_t);
/// A bundle is sent when one frame more would not fit; a longer frame goes alone.
inline constexpr std::size_t message_bytes_max =
    topic_bytes + length_bytes + messages::frame_bytes_max;

/// Bytes that a frame takes in a bundle.
[[nodiscard]] inline std::size_t bundled_bytes(const messages::frame& frame) {
  return length_bytes + frame.bytes().size();
}

/// Writes topic and frames into a buffer of exactly the right size.
void write_bundle(topic to, std::span<const frame_ptr> frames, std::span<std::byte> into);

/// Walks over the frames of a received message of any alignment.
class bundle_reader {
 public:
  explicit bundle_reader(std::span<const std::byte> bytes);
  [[nodiscard]] topic to() const { return topic_; }
  /// The next frame; empty at the end and on the first error.
  [[nodiscard]] std::optional<std::span<const std::byte>> next();
  /// Whether the bytes up to here are a bundle.
  [[nodiscard]] bool sound() const { return sound_; }

 private:
  std::span<const std::byte> rest_;
  topic topic_ = 0;
  bool sound_ = true;
};

/// Whether the whole message is a bundle of at least one frame.
[[nodiscard]] bool is_bundle(std::span<const std::byte> bytes);

} // namespace voltaic::bus::message
