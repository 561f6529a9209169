#include "bus/message/zmq/origin.hpp"

namespace voltaic::bus::message {

origin origin_of(zmq::message_t& message) {
  const char* address = zmq_msg_gets(message.handle(), "Peer-Address");
  if (address == nullptr) {
    // What came through a file has one, also where nothing else is known of it.
    const bool has_file = zmq_msg_get(message.handle(), ZMQ_SRCFD) >= 0;
    return {!has_file, false, {}};
  }
  return {false, is_of_network(address), peer_in(address)};
}

} // namespace voltaic::bus::message
