#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/can_device/frame_watch_model.hpp"
#include "messages/can/frame.hpp"
#include "messages/codec/payloads.hpp"

namespace voltaic::actors::can_device {

/// Data that was asked for, and whose it is.
struct answer {
  std::uint16_t message = 0; ///< position in the profile
  std::vector<std::uint8_t> data;
};

/// What a device is talked with beside what it says by itself: requests, the services of CANopen.
/// Frames and times go in, frames, answers, events and points come out. Its time is the grid of
/// its device. Pure: no clock and no bus.
class conversation {
 public:
  virtual ~conversation() = default;

  /// A frame of the bus. True: it was part of the conversation, and says nothing else.
  [[nodiscard]] virtual bool take(const messages::can::frame& frame) = 0;
  /// At each grid instant.
  virtual void step(std::int64_t now_us, std::int64_t utc_offset_us) = 0;

  /// Frames to be sent now.
  [[nodiscard]] virtual std::vector<messages::can::frame> take_frames() = 0;
  [[nodiscard]] virtual std::vector<answer> take_answers() = 0;
  /// What came from the device, as frames that its profile knows, where those of the bus are
  /// others.
  [[nodiscard]] virtual std::vector<messages::can::frame> take_known() { return {}; }
  [[nodiscard]] virtual std::vector<notice> take_notices() = 0;

  /// The bus refused what `take_frames` gave last.
  virtual void unsent(std::int64_t /*now_us*/) {}

  /// Makes of a frame that the profile knows those that go out on the bus now; others follow by
  /// `take_frames`. False: nothing may be sent.
  [[nodiscard]] virtual bool prepare(std::vector<messages::can::frame>& /*frames*/,
                                     std::int64_t /*now_us*/) {
    return true;
  }
  /// Where the device is on its bus, if that may change.
  [[nodiscard]] virtual std::optional<std::uint8_t> address() const { return std::nullopt; }

  /// False: nothing that the device says is to be believed.
  [[nodiscard]] virtual bool is_trusted() const { return true; }
  /// Points that it has of its own, to be put behind the others.
  virtual void describe(const std::string& /*device*/,
                        std::vector<messages::point_description>& /*into*/) const {}
  /// Those that changed since they were said; `first` is the place of the first in the catalogue.
  [[nodiscard]] virtual std::vector<messages::block> take_blocks(std::uint16_t /*first*/,
                                                                 std::int64_t /*now_us*/) {
    return {};
  }
};

} // namespace voltaic::actors::can_device
