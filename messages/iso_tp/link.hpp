#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "messages/iso_tp/frame.hpp"

/// One conversation by ISO 15765-2: messages of up to 4095 bytes each way between two partners,
/// without clock and bus. Data fields and times in microseconds go in, data fields and messages
/// come out.
namespace voltaic::messages::iso_tp {

/// How a link speaks, with the standard's names and its largest times.
struct link_options {
  std::optional<std::uint8_t> send_address;    ///< of extended addressing: before each data field
  std::optional<std::uint8_t> receive_address; ///< and that of what is for us
  std::optional<std::uint8_t> padding;         ///< frames have 8 bytes, filled by this
  std::uint8_t block_size = 0;                 ///< that we ask for
  std::uint8_t separation = 0;                 ///< STmin that we ask for
  std::uint32_t receive_bytes_max = message_bytes_max;
  std::int64_t n_as_us = 1'000'000; ///< until the bus takes a frame
  std::int64_t n_bs_us = 1'000'000; ///< until a flow control comes
  std::int64_t n_cr_us = 1'000'000; ///< until the next consecutive frame comes
  std::uint8_t waits_max = 8;       ///< flow controls in a row that say wait (N_WFTmax)
};

/// Why a message was not sent, or not received.
enum class failure : std::uint8_t {
  timeout_a,      ///< the bus took no frame
  timeout_bs,     ///< no flow control came
  timeout_cr,     ///< no consecutive frame came
  wrong_sequence, ///< a consecutive frame was lost, doubled or overtaken
  unexpected,     ///< a new message begins in the middle of another
  overflow,       ///< the receiver has no room for it
  wait_overrun    ///< the receiver says wait for ever
};
/// "N_Bs: no flow control came".
[[nodiscard]] std::string_view to_words(failure what);

/// One direction at a time or both at once: a message that is sent and one that is received.
class tp_link {
 public:
  explicit tp_link(const link_options& options) : options_(options) {}

  /// Begins to send. False: it has 0 bytes or too many, or another one is being sent.
  [[nodiscard]] bool send(std::vector<std::uint8_t> message, std::int64_t now_us);
  [[nodiscard]] bool is_sending() const { return sending_.has_value(); }
  [[nodiscard]] bool is_receiving() const { return receiving_.has_value(); }

  /// A data field of the partner. What is no frame of the protocol or for another address is passed
  /// over.
  void take(std::span<const std::uint8_t> bytes, std::int64_t now_us);
  /// What the time brings: the next consecutive frames, and what waited too long.
  void step(std::int64_t now_us);
  /// When `step` has something to do; nothing: not before something comes.
  [[nodiscard]] std::optional<std::int64_t> due_us() const;

  /// The data fields that are to be sent now, in their order.
  [[nodiscard]] std::vector<std::vector<std::uint8_t>> take_frames();
  /// The bus did not take these frames: they are to be sent again, before all others. None: it took
  /// all.
  void put_back(std::vector<std::vector<std::uint8_t>> frames, std::int64_t now_us);
  /// Messages that have come whole.
  [[nodiscard]] std::vector<std::vector<std::uint8_t>> take_messages();
  /// What failed; the message that it was about is gone.
  [[nodiscard]] std::vector<failure> take_failures();

 private:
  struct outgoing {
    std::vector<std::uint8_t> message;
    std::size_t sent = 0;        ///< bytes
    std::uint8_t number = 1;     ///< of the next consecutive frame
    bool awaits_control = false; ///< of the receiver
    std::uint32_t left = 0;      ///< frames of this block, where `limited`
    bool limited = false;
    std::int64_t separation_us = 0;
    std::int64_t due_us = 0; ///< next frame, or the end of waiting
    std::uint8_t waits = 0;
  };
  struct incoming {
    std::vector<std::uint8_t> message;
    std::uint32_t length = 0;
    std::uint8_t number = 1;
    std::uint8_t left = 0; ///< frames until we say go on, where there is a block size
    std::int64_t due_us = 0;
  };
  void hear(const single_frame& what);
  void hear(const first_frame& what, std::int64_t now_us);
  void hear(const consecutive_frame& what, std::int64_t now_us);
  void hear(const flow_control& what, std::int64_t now_us);
  void say(const frame& what);
  void say_next(std::int64_t now_us);
  void end_reception(failure why);
  void end_sending(failure why);

  link_options options_;
  std::optional<outgoing> sending_;
  std::optional<incoming> receiving_;
  std::vector<std::vector<std::uint8_t>> frames_;
  std::vector<std::vector<std::uint8_t>> messages_;
  std::vector<failure> failures_;
  std::optional<std::int64_t> refused_us_; ///< the bus takes no frame since then
};

} // namespace voltaic::messages::iso_tp
