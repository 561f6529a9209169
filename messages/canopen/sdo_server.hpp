#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "messages/canopen/object_dictionary.hpp"
#include "messages/canopen/sdo_transfer.hpp"

namespace voltaic::messages::canopen {

/// Serves an object dictionary to one client (CiA 301, 7.2.4.3). A new request in the middle of
/// a transfer begins anew; an object is written once, when its value is complete.
class sdo_server final : public sdo_transfer {
 public:
  /// `objects` must live as long as the server.
  explicit sdo_server(object_dictionary& objects, const sdo_options& options = {})
      : sdo_transfer(options), objects_(objects) {}

  /// Takes a frame of the client.
  void receive(std::span<const std::uint8_t> payload, std::int64_t now_us);
  [[nodiscard]] bool is_busy() const override { return state_ != state::idle; }

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

  [[nodiscard]] bool sends_blocks() const override { return state_ == state::sending_blocks; }
  [[nodiscard]] bool receives_blocks() const override { return state_ == state::receiving_blocks; }
  [[nodiscard]] std::uint8_t confirming_specifier() const override {
    return from_server::block_download;
  }
  void blocks_received() override { state_ = state::block_download_received; }
  void abort(abort_code why) override;
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
  void on_block_download_end(const sdo_frame& said);
  void on_block_upload(const sdo_frame& said);
  void begin_block_upload(const sdo_frame& said);
  void on_block_acknowledged(const sdo_frame& said);

  object_dictionary& objects_;
  state state_ = state::idle;
};

} // namespace voltaic::messages::canopen
