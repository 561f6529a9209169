#pragma once

#include <span>

#include "messages/can/frame.hpp"
#include "messages/expected.hpp"
#include "messages/inverter/inverter_profile.hpp"
#include "messages/inverter/items.hpp"

/// Frames of inverter profiles: values to bytes exactly, bytes to values tolerantly.
namespace voltaic::messages::inverter {

/// The identifier on the wire of a frame that the battery sends.
[[nodiscard]] identifier sent_id(const frame_layout& layout, const wire_options& options);

/// The frame as it is sent; fails where a required item has no value. A number that the field
/// cannot say (`can_say`) counts as none: it never becomes another one on the wire.
[[nodiscard]] expected<can::frame> encode(const frame_layout& layout, const wire_options& options,
                                          const payload& values);

/// Takes what a frame says into `values`, item by item; of a shorter frame what it has
/// whole. What the frame says has no value loses the one it had. False when none of
/// `layouts` is this frame.
bool decode(std::span<const frame_layout> layouts, const wire_options& options,
            const can::frame& frame, payload& values);

/// Whether some of `layouts` says the number `which`; with a frame, its own.
[[nodiscard]] bool tells(std::span<const frame_layout> layouts, item which);
[[nodiscard]] bool tells(std::span<const frame_layout> layouts, const wire_options& options,
                         const can::frame& frame, item which);

/// Whether `frame` is this request.
[[nodiscard]] bool is_request(const request& asked, const can::frame& frame);

} // namespace voltaic::messages::inverter
