#include "nodes/view/bus_sum.hpp"

#include <algorithm>

namespace voltaic::nodes::view {

void add(messages::bus_health& known, const messages::bus_health& other) {
  known.load_percent = std::max(known.load_percent, other.load_percent);
  known.rx = std::max(known.rx, other.rx);
  known.tx += other.tx;
  known.errors = std::max(known.errors, other.errors);
  known.rx_overflow += other.rx_overflow;
  known.bus_off = std::max(known.bus_off, other.bus_off);
  known.transmit_errors = std::max(known.transmit_errors, other.transmit_errors);
  known.receive_errors = std::max(known.receive_errors, other.receive_errors);
  if (known.babbler.empty()) {
    known.babbler = other.babbler;
    known.babbler_rate = other.babbler_rate;
  }
  known.unknown_ids = std::max(known.unknown_ids, other.unknown_ids);
  known.tx_dropped += other.tx_dropped;
  if (known.trouble.empty()) known.trouble = other.trouble;
  if (known.last_error.empty()) known.last_error = other.last_error;
  if (known.state == "error-active") known.state = other.state;
}

} // namespace voltaic::nodes::view
