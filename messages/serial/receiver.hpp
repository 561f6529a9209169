#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "messages/serial/framing.hpp"

namespace voltaic::messages::serial {

/// Finds frames in what comes over a line, whatever stands before, between and in them. It keeps at
/// most `frame_bytes_max` bytes beside those that were pushed last.
class receiver {
 public:
  /// `rules` have no mistakes and are kept, not copied.
  receiver(const framing& rules, direction which) : rules_(rules), which_(which) {}

  void push(std::span<const std::uint8_t> bytes);
  using found = std::variant<frame, broken_frame>;
  /// The next frame that is complete, or what was one and broke; nothing: more bytes are needed.
  [[nodiscard]] std::optional<found> next();
  /// The line fell silent: a frame that has begun will not be completed. Gives what its bytes hold
  /// beside it; nothing: no more frames are in them.
  [[nodiscard]] std::optional<found> next_after_silence();
  void clear() { bytes_.clear(); }
  /// A frame has begun, and its end is missing.
  [[nodiscard]] bool is_within_frame() const { return !bytes_.empty(); }
  /// Bytes that were part of no frame.
  [[nodiscard]] std::uint64_t noise_bytes() const { return noise_bytes_; }

 private:
  enum class progress : std::uint8_t { complete, incomplete, impossible };
  struct extent {
    progress state = progress::incomplete;
    std::size_t body_bytes = 0;
  };
  void skip_to_start();
  void drop(std::size_t count);
  /// Of the frame at the front, whose start is there.
  [[nodiscard]] extent measure() const;
  [[nodiscard]] extent measure_by_end() const;
  [[nodiscard]] extent measure_by_length() const;

  const framing& rules_;
  direction which_;
  std::vector<std::uint8_t> bytes_;
  std::uint64_t noise_bytes_ = 0;
};

} // namespace voltaic::messages::serial
