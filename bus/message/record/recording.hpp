#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "bus/message/endpoint.hpp"
#include "messages/captured_message.hpp"
#include "messages/expected.hpp"

/// A tap on the bus, and what it wrote played again.
///
/// The file: 8 bytes "VLTREC01", then records. A record is a header of 24
/// bytes, little-endian: u32 length of the frame, u32 CRC-32 (IEEE, of the
/// header's last 16 bytes and the frame), i64 time in microseconds, u8 plane,
/// 7 bytes zero; then the frame. A torn tail, as a power cut leaves it, ends
/// the recording; everything before it counts.
namespace voltaic::bus::message {

/// One record: a frame, when it was heard and on which plane.
struct recorded {
  std::int64_t time_us = 0;
  plane from = plane::telemetry;
  messages::frame_ptr frame;
};

/// How many bytes a recording of these has.
[[nodiscard]] std::uint64_t size_of(std::span<const messages::captured_piece> pieces);
/// Writes a whole recording of these to an open, empty file, piece by piece: who asks for megabytes
/// at once, and gives them back, holds up what every other thread of the process asks of its
/// memory. False: `errno` says why not.
[[nodiscard]] bool write_recording(int file, std::span<const messages::captured_piece> pieces);

/// Writes everything it hears. Listens in the place of, or before, another listener.
class recorder final : public listener {
 public:
  using clock = std::function<std::int64_t()>;
  /// Creates the file, or goes on after the last whole record of an old one.
  [[nodiscard]] static messages::expected<std::unique_ptr<recorder>> open(const std::string& path,
                                                                          clock now_us,
                                                                          listener* next = nullptr);
  ~recorder() override;
  void on_frame(plane from, const frame_ptr& frame) override;
  void on_batch_end() override;
  void on_link(bool up) override;
  /// Records written; what did not fit on the disk is not counted.
  [[nodiscard]] std::uint64_t written() const;
  [[nodiscard]] std::uint64_t failed() const;

 private:
  recorder(int file, clock now_us, listener* next);
  int file_ = -1;
  clock now_us_;
  listener* next_ = nullptr;
  mutable std::mutex mutex_;
  std::string pending_;
  std::uint64_t written_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t pending_records_ = 0;
  void flush();
};

/// Reads a recording record by record.
class recording {
 public:
  [[nodiscard]] static messages::expected<recording> open(const std::string& path);
  recording(recording&& other) noexcept;
  recording& operator=(recording&& other) noexcept;
  recording(const recording&) = delete;
  recording& operator=(const recording&) = delete;
  ~recording();
  /// False at the end, whole or torn.
  [[nodiscard]] bool next(recorded& into);
  /// True once `next` met bytes that are no whole record.
  [[nodiscard]] bool torn() const { return torn_; }
  /// Bytes up to the end of the last whole record read.
  [[nodiscard]] std::uint64_t good_bytes() const { return good_bytes_; }

 private:
  explicit recording(int file) : file_(file) {}
  int file_ = -1;
  bool torn_ = false;
  std::uint64_t good_bytes_ = 0;
};

/// An endpoint whose bus is a recording. What is published goes nowhere.
class replay_endpoint final : public endpoint {
 public:
  replay_endpoint(recording source, const endpoint_options& options, listener& to);
  publish_result publish(plane to, frame_ptr frame) override;
  publish_result send(frame_ptr frame) override;
  [[nodiscard]] endpoint_statistics statistics() const override;
  /// Tells the listener everything recorded up to this time. False at the end.
  bool play_until(std::int64_t time_us);

 private:
  recording source_;
  endpoint_options options_;
  listener& to_;
  recorded pending_;
  bool has_pending_ = false;
  bool ended_ = false;
  endpoint_statistics statistics_;
};

} // namespace voltaic::bus::message
