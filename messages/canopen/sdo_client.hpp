#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "messages/canopen/sdo_transfer.hpp"

namespace voltaic::messages::canopen {

/// How data travels.
enum class sdo_way : std::uint8_t {
  segments, ///< up to 4 bytes in one frame, else by acknowledged segments
  blocks    ///< by blocks with a CRC; a server may answer an upload in segments
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
class sdo_client final : public sdo_transfer {
 public:
  explicit sdo_client(const sdo_options& options = {}) : sdo_transfer(options) {}

  /// Begins; what was under way is forgotten. At most `sdo_data_bytes_max` bytes.
  void download(const object_address& to, object_bytes data, sdo_way way, std::int64_t now_us);
  void upload(const object_address& from, sdo_way way, std::int64_t now_us);

  /// Takes a frame of the server; what is none of the transfer's is ignored outside of one.
  void receive(std::span<const std::uint8_t> payload, std::int64_t now_us);
  [[nodiscard]] bool is_busy() const override { return state_ != state::idle; }
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
  [[nodiscard]] bool sends_blocks() const override { return state_ == state::sending_blocks; }
  [[nodiscard]] bool receives_blocks() const override { return state_ == state::receiving_blocks; }
  [[nodiscard]] std::uint8_t confirming_specifier() const override {
    return from_client::block_upload;
  }
  void blocks_received() override { state_ = state::block_upload_ended; }
  void abort(abort_code why) override;
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
  void on_block_upload_ended(const sdo_frame& said);
  [[nodiscard]] bool is_of_this(const sdo_frame& said);

  state state_ = state::idle;
  std::optional<sdo_outcome> outcome_;
};

} // namespace voltaic::messages::canopen
