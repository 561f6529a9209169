#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "messages/canopen/block_transfer.hpp"
#include "messages/canopen/sdo_frame.hpp"

namespace voltaic::messages::canopen {

/// How data travels.
enum class sdo_way : std::uint8_t {
  segments, ///< up to 4 bytes in one frame, else by acknowledged segments
  blocks    ///< by blocks with a CRC; a server may answer an upload in segments
};

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

/// How a transfer ended.
struct sdo_outcome {
  std::optional<abort_code> aborted; ///< by either side
  object_bytes data;                 ///< of an upload that succeeded
  friend bool operator==(const sdo_outcome&, const sdo_outcome&) = default;
};

/// The client of one server: one transfer at a time (CiA 301, 7.2.4.3). Whoever drives it takes
/// frames when there is place on the bus; that alone throttles a long download.
///
/// A wrong answer aborts the transfer; data that came is complete and of the size that was
/// told. Segments carry no CRC: that of blocks also tells when frames come late.
class sdo_client {
 public:
  explicit sdo_client(const sdo_options& options = {}) : options_(options) {}

  /// Begins; what was under way is forgotten. At most `sdo_data_bytes_max` bytes.
  void download(const object_address& to, object_bytes data, sdo_way way, std::int64_t now_us);
  void upload(const object_address& from, sdo_way way, std::int64_t now_us);

  /// Takes a frame of the server; what is none of the transfer's is ignored outside of one.
  void receive(std::span<const std::uint8_t> payload, std::int64_t now_us);
  /// Notices what did not come.
  void tick(std::int64_t now_us);
  /// The next frame to send, if there is one.
  [[nodiscard]] std::optional<sdo_frame> next_frame(std::int64_t now_us);

  [[nodiscard]] bool is_busy() const { return state_ != state::idle; }
  /// Of the last transfer, once it has ended.
  [[nodiscard]] const std::optional<sdo_outcome>& outcome() const { return outcome_; }

 private:
  enum class state : std::uint8_t {
    idle,
    download_begun,
    downloading_segments,
    upload_begun,
    uploading_segments,
    block_download_begun,
    sending_blocks,
    block_download_ended,
    block_upload_begun,
    receiving_blocks,
    block_upload_ended
  };

  void begin(const object_address& of, state next, const sdo_frame& first, std::int64_t now_us);
  void say(const sdo_frame& frame) { to_send_ = frame; }
  void abort(abort_code why);
  void finish(sdo_outcome how);
  void dispatch(const sdo_frame& said);
  void on_download_begun(const sdo_frame& said);
  void on_download_segment(const sdo_frame& said);
  void send_segment();
  void on_upload_begun(const sdo_frame& said);
  void on_upload_segment(const sdo_frame& said);
  void ask_segment();
  void on_block_download_begun(const sdo_frame& said);
  void on_block_acknowledged(const sdo_frame& said);
  void on_block_download_ended(const sdo_frame& said);
  void on_block_upload_begun(const sdo_frame& said);
  void on_block_segment(const sdo_frame& said);
  void acknowledge_block();
  void on_block_upload_ended(const sdo_frame& said);
  [[nodiscard]] bool is_of_this(const sdo_frame& said);

  sdo_options options_;
  state state_ = state::idle;
  object_address of_;
  object_bytes data_;
  std::size_t offset_ = 0;            ///< of the data in segments, confirmed
  bool toggle_ = false;               ///< of the segment under way
  std::optional<std::uint32_t> size_; ///< told by the server
  std::optional<block_sender> sender_;
  std::optional<block_receiver> receiver_;
  bool has_crc_ = false;
  std::int64_t last_us_ = 0; ///< when anything last happened
  std::optional<sdo_frame> to_send_;
  std::optional<sdo_outcome> outcome_;
};

} // namespace voltaic::messages::canopen
