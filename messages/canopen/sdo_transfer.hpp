#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "messages/canopen/block_transfer.hpp"
#include "messages/canopen/sdo_frame.hpp"

namespace voltaic::messages::canopen {

/// What holds for the transfers of a client or server.
struct sdo_options {
  /// Without an answer for so long a transfer is aborted.
  std::int64_t timeout_us = 500'000;
  /// A receiver of blocks asks again for what it lacks after so long a silence; well below
  /// the timeout of the other side.
  std::int64_t segment_timeout_us = 100'000;
  std::uint8_t block_size = block_size_max;   ///< segments, 1 to 127
  std::uint8_t protocol_switch_threshold = 0; ///< bytes; 0: a block upload stays one
  bool tells_size = true;                     ///< of segmented downloads
};

/// What both ends of a transfer do alike: what waits to be sent, silence, and data in segments
/// and blocks in either direction.
class sdo_transfer {
 public:
  explicit sdo_transfer(const sdo_options& options) : options_(options) {}
  virtual ~sdo_transfer() = default;

  /// Notices what did not come.
  void tick(std::int64_t now_us);
  /// The next frame to send, if there is one.
  [[nodiscard]] std::optional<sdo_frame> next_frame(std::int64_t now_us);
  [[nodiscard]] virtual bool is_busy() const = 0;

 protected:
  [[nodiscard]] virtual bool sends_blocks() const = 0;
  [[nodiscard]] virtual bool receives_blocks() const = 0;
  /// Of the frames by which this end confirms blocks.
  [[nodiscard]] virtual std::uint8_t confirming_specifier() const = 0;
  virtual void abort(abort_code why) = 0;
  /// The last block is there and confirmed.
  virtual void blocks_received() = 0;

  void say(const sdo_frame& frame) { to_send_ = frame; }
  /// Forgets what was under way, but for the data.
  void restart();
  /// The frame with the bytes that some leave out; nothing for what is none of SDO.
  [[nodiscard]] std::optional<sdo_frame> heard(std::span<const std::uint8_t> payload,
                                               std::int64_t now_us);
  /// The segment, with its data taken; nothing: the transfer was aborted.
  [[nodiscard]] std::optional<segment> take_segment(const sdo_frame& said);
  void take_block_segment(const sdo_frame& said);
  void acknowledge_block();
  /// The whole data by the frame that ends its blocks; nothing: the transfer was aborted.
  [[nodiscard]] std::optional<object_bytes> end_of_blocks(const sdo_frame& said);
  /// The frame that ends the blocks that were sent.
  [[nodiscard]] sdo_frame make_end_of_blocks(std::uint8_t specifier) const;

  sdo_options options_;
  object_address of_;
  object_bytes data_;
  std::size_t offset_ = 0;            ///< of the data in segments
  bool toggle_ = false;               ///< of the segment that comes next
  std::optional<std::uint32_t> size_; ///< told by the other end
  std::optional<block_sender> sender_;
  std::optional<block_receiver> receiver_;
  bool has_crc_ = false;
  std::int64_t last_us_ = 0; ///< when anything last happened
  std::optional<sdo_frame> to_send_;
};

} // namespace voltaic::messages::canopen
