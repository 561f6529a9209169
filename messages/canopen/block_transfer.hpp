#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "messages/canopen/sdo_frame.hpp"

/// The data phase of a block transfer (CiA 301, 7.2.4.3.8 to 7.2.4.3.15): the same from the
/// client and from the server.
namespace voltaic::messages::canopen {

/// Acknowledgements in a row that confirm nothing, after which a transfer is given up.
inline constexpr unsigned fruitless_acknowledgements_max = 8;

/// Cuts data into sub-blocks of numbered segments, and sends again what was lost.
class block_sender {
 public:
  /// `block_size` is 1 to 127.
  block_sender(object_bytes data, std::uint8_t block_size);

  /// The next segment; nothing while an acknowledgement is awaited.
  [[nodiscard]] std::optional<sdo_frame> next_segment();
  [[nodiscard]] bool awaits_acknowledgement() const;
  /// Takes what the receiver has got of the sub-block, and how long the next may be. What is
  /// missing is sent again, numbered from 1.
  [[nodiscard]] std::optional<abort_code> acknowledge(std::uint8_t last, std::uint8_t block_size);
  /// Everything was confirmed.
  [[nodiscard]] bool is_finished() const { return confirmed_ == segments_; }
  /// Bytes of the very last segment without data.
  [[nodiscard]] std::uint8_t unused_bytes() const;
  [[nodiscard]] const object_bytes& data() const { return data_; }

 private:
  object_bytes data_;
  std::size_t segments_;
  std::size_t confirmed_ = 0; ///< segments
  std::uint8_t block_size_;
  std::uint8_t sent_ = 0; ///< of the sub-block
  unsigned fruitless_ = 0;
};

/// Puts data together from numbered segments.
class block_receiver {
 public:
  explicit block_receiver(std::uint8_t block_size) : block_size_(block_size) {}

  /// Takes a segment; what is out of order is dropped and will come again.
  [[nodiscard]] std::optional<abort_code> take(const sdo_frame& from);
  /// The sender will send no more of the sub-block.
  [[nodiscard]] bool is_complete() const { return is_complete_; }
  /// Whether anything of the sub-block came at all.
  [[nodiscard]] bool has_begun() const { return has_begun_; }
  /// The number of the last segment that came in order; begins the next sub-block. Nothing:
  /// too many were fruitless.
  [[nodiscard]] std::optional<std::uint8_t> acknowledge();
  /// The very last segment is there.
  [[nodiscard]] bool has_all() const { return has_all_; }
  [[nodiscard]] std::uint8_t block_size() const { return block_size_; }
  /// The data without the unused bytes of the last segment; nothing unless all is there.
  [[nodiscard]] std::optional<object_bytes> finish(std::uint8_t unused_bytes) const;

 private:
  object_bytes data_;
  std::uint8_t block_size_;
  std::uint8_t last_ = 0; ///< in order
  unsigned fruitless_ = 0;
  bool has_begun_ = false;
  bool is_complete_ = false;
  bool has_all_ = false;
};

} // namespace voltaic::messages::canopen
