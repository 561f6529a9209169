#pragma once

#include "messages/profiles/frame_watch.hpp"

/// What judges the frames of a device stands in `messages/profiles/frame_watch.hpp`, since logs are
/// judged by it as well; this is what the models here call it.
namespace voltaic::actors::can_device {

using messages::profiles::frame_fault;
using messages::profiles::frame_faults;
using messages::profiles::frame_watch;
using messages::profiles::notice;

} // namespace voltaic::actors::can_device
