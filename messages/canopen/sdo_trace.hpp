#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "messages/canopen/sdo_frame.hpp"

namespace voltaic::messages::canopen {

/// A transfer that a listener saw to its end.
struct sdo_record {
  object_address of;
  bool is_download = false;
  bool is_block = false;
  object_bytes data; ///< what came over; of an aborted one nothing
  std::optional<abort_code> aborted;
  bool aborted_by_client = false;
  std::string defect; ///< why the data is not to be trusted; empty: it is
  friend bool operator==(const sdo_record&, const sdo_record&) = default;
};

/// Listens to one client and its server (CiA 301, 7.2.4.3) and tells each transfer once. It
/// judges nobody: what a listener missed, or what was sent again, is no fault of the two.
class sdo_trace {
 public:
  /// A transfer that ended by this frame, or that a new one ends.
  [[nodiscard]] std::optional<sdo_record> take(bool from_client,
                                               std::span<const std::uint8_t> payload);
  /// The transfer under way.
  [[nodiscard]] const std::optional<sdo_record>& open() const { return open_; }

 private:
  struct block_segment {
    bool is_there = false;
    bool is_last = false;
    std::array<std::uint8_t, segment_bytes> data{};
  };
  enum class data_from : std::uint8_t { nobody, client, server };

  [[nodiscard]] std::optional<sdo_record> from_client(const sdo_frame& said);
  [[nodiscard]] std::optional<sdo_record> from_server(const sdo_frame& said);
  [[nodiscard]] std::optional<sdo_record> begin(const sdo_frame& said, bool is_download,
                                                bool is_block);
  [[nodiscard]] std::optional<sdo_record> end();
  [[nodiscard]] std::optional<sdo_record> on_abort(bool by_client, const sdo_frame& said);
  [[nodiscard]] std::optional<sdo_record> on_block_download(const sdo_frame& said);
  [[nodiscard]] std::optional<sdo_record> on_block_upload(const sdo_frame& said);
  [[nodiscard]] std::optional<sdo_record> on_upload_answer(const sdo_frame& said);
  void add(std::span<const std::uint8_t> data);
  void take_segment(const sdo_frame& said);
  void take_block_segment(const sdo_frame& said);
  void acknowledge(std::uint8_t last);
  void finish_block(const sdo_frame& said);

  std::optional<sdo_record> open_;
  std::optional<std::uint32_t> size_;
  bool is_expedited_ = false;
  bool toggle_ = false;   ///< of the next segment that is new
  bool has_last_ = false; ///< the last segment was seen
  bool server_has_crc_ = false;
  bool client_has_crc_ = false;
  data_from blocks_ = data_from::nobody; ///< who is sending a sub-block
  std::vector<block_segment> sub_block_;
};

} // namespace voltaic::messages::canopen
