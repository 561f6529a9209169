#include "bus/can/socketcan/link_diagnosis.hpp"

#include <utility>

namespace voltaic::bus::can {

void link_diagnosis::roll(std::int64_t now_us) {
  if (now_us - began_us_ < window_us) return;
  before_ = now_us - began_us_ < 2 * window_us ? running_ : window{};
  running_ = {};
  began_us_ = now_us;
}

void link_diagnosis::heard(std::uint64_t frames, std::int64_t now_us) {
  roll(now_us);
  running_.heard += frames;
  if (frames > 0) ever_heard_ = true;
}

void link_diagnosis::reported(const error_report& said, std::int64_t now_us) {
  roll(now_us);
  if (said.distorted) ++running_.distorted;
  if (said.no_acknowledgement || said.transmit_timeout) ++running_.unacknowledged;
  if (said.transceiver) ++running_.wires;
  if (!said.state) return;
  stated_ = *said.state;
  const bool was_off = is_off_;
  is_off_ = *said.state == controller_state::bus_off;
  if (is_off_) return;
  receiving_suffers_ = said.receiving_suffers;
  sending_suffers_ = said.sending_suffers;
  // What was heard before says nothing of who is there now.
  if (was_off || *said.state == controller_state::error_active) ever_heard_ = false;
}

void link_diagnosis::stated(controller_state state) {
  if (std::exchange(stated_, state) == state) return;
  const bool was_off = std::exchange(is_off_, state == controller_state::bus_off);
  if (is_off_ || state == controller_state::error_warning ||
      state == controller_state::error_passive)
    return;
  receiving_suffers_ = sending_suffers_ = false;
  if (was_off || state == controller_state::error_active) ever_heard_ = false;
}

link_trouble link_diagnosis::trouble(std::int64_t now_us) {
  roll(now_us);
  if (running_.wires + before_.wires > 0) return link_trouble::transceiver;
  const bool silent = running_.heard + before_.heard == 0;
  const bool distorted = running_.distorted + before_.distorted >= distorted_min;
  const bool unacknowledged = running_.unacknowledged + before_.unacknowledged > 0;
  if (!silent) return distorted ? link_trouble::noise : link_trouble::none;
  if (distorted || receiving_suffers_) return link_trouble::wrong_bitrate;
  // Missing acknowledgements alone never lead to bus-off (ISO 11898-1): somebody destroys frames.
  if (is_off_)
    return ever_heard_ || unacknowledged ? link_trouble::none : link_trouble::wrong_bitrate;
  return unacknowledged || sending_suffers_ ? link_trouble::no_acknowledgement : link_trouble::none;
}

} // namespace voltaic::bus::can
