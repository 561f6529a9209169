#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "messages/codec/codec.hpp"

namespace voltaic::messages {

/// One message as it was said around a fault.
struct captured_message {
  std::int64_t time_us = 0; ///< its source time
  bool is_event = false;    ///< else telemetry
  frame_ptr frame;
};

/// Some of them, in order of time. Shared, because copying each of
/// many thousands takes longer than a reaction may.
using captured_piece = std::shared_ptr<const std::vector<captured_message>>;

} // namespace voltaic::messages
