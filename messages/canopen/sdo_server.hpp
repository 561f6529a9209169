#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "messages/canopen/block_transfer.hpp"
#include "messages/canopen/sdo_client.hpp"

namespace voltaic::messages::canopen {

/// Serves an object dictionary to one client (CiA 301, 7.2.4.3). A new request in the middle of
/// a transfer begins anew; an object is written once, when its value is complete.
class sdo_server {
 public:
  /// `objects` must live as long as the server.
  explicit sdo_server(object_dictionary& objects, const sdo_options& options = {})
      : objects_(objects), options_(options) {}

  /// Takes a frame of the client.
  void receive(std::span<const std::uint8_t> payload, std::int64_t now_us);
  /// Notices what did not come.
  void tick(std::int64_t now_us);
  /// The next frame to send, if there is one.
  [[nodiscard]] std::optional<sdo_frame> next_frame(std::int64_t now_us);
  [[nodiscard]] bool is_busy() const { return state_ != state::idle; }

 private:
  enum class state : std::uint8_t {
    idle,
    downloading_segments,
    uploading_segments,
    receiving_blocks,
    block_download_received,
    block_upload_begun,
    sending_blocks,
    block_upload_sent
  };

  void say(const sdo_frame& frame) { to_send_ = frame; }
  void abort(abort_code why);
  void end();
  void dispatch(const sdo_frame& said);
  [[nodiscard]] bool write(std::span<const std::uint8_t> data);
  [[nodiscard]] std::optional<object_bytes> read();
  void on_download(const sdo_frame& said);
  void on_download_segment(const sdo_frame& said);
  void on_upload();
  void answer_upload();
  void on_upload_segment(const sdo_frame& said);
  void on_block_download(const sdo_frame& said);
  void on_block_segment(const sdo_frame& said);
  void acknowledge_block();
  void on_block_download_end(const sdo_frame& said);
  void on_block_upload(const sdo_frame& said);
  void begin_block_upload(const sdo_frame& said);
  void on_block_acknowledged(const sdo_frame& said);

  object_dictionary& objects_;
  sdo_options options_;
  state state_ = state::idle;
  object_address of_;
  object_bytes data_;
  std::size_t offset_ = 0; ///< of the data in segments
  bool toggle_ = false;    ///< of the segment that comes next
  std::optional<std::uint32_t> size_;
  std::optional<block_sender> sender_;
  std::optional<block_receiver> receiver_;
  bool has_crc_ = false;
  std::int64_t last_us_ = 0;
  std::optional<sdo_frame> to_send_;
};

} // namespace voltaic::messages::canopen
