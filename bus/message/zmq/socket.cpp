#include "bus/message/zmq/socket.hpp"

#include <fmt/format.h>

#include <charconv>

#include "bus/control/control_socket.hpp"
#include "bus/message/bundle.hpp"
#include "bus/message/client.hpp"
#include "bus/message/zmq/context.hpp"

namespace voltaic::bus::message {
namespace {

/// sun_path has 108 bytes, the last of which ends the string.
constexpr std::size_t ipc_path_bytes_max = 107;
constexpr std::string_view ipc = "ipc://";
constexpr std::string_view inproc = "inproc://";
constexpr std::string_view loopback = "tcp://127.0.0.1:";
constexpr unsigned port_max = 65'535;

} // namespace

struct zmq_context::state {
  zmq::context_t context{1};
};

zmq_context::zmq_context() : state_(std::make_unique<state>()) {}
zmq_context::~zmq_context() = default;

void* zmq_context::native() const {
  return &state_->context;
}

zmq::context_t& library_context(const zmq_context& context) {
  return *static_cast<zmq::context_t*>(context.native());
}

zmq::socket_t open_socket(zmq::context_t& context, zmq::socket_type type, int high_water) {
  zmq::socket_t socket(context, type);
  socket.set(zmq::sockopt::sndhwm, high_water);
  socket.set(zmq::sockopt::rcvhwm, high_water);
  socket.set(zmq::sockopt::linger, linger_ms);
  socket.set(zmq::sockopt::heartbeat_ivl, heartbeat_interval_ms);
  socket.set(zmq::sockopt::heartbeat_ttl, heartbeat_timeout_ms);
  socket.set(zmq::sockopt::heartbeat_timeout, heartbeat_timeout_ms);
  socket.set(zmq::sockopt::handshake_ivl, handshake_timeout_ms);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(message_bytes_max));
  socket.set(zmq::sockopt::reconnect_ivl, reconnect_min_ms);
  socket.set(zmq::sockopt::reconnect_ivl_max, reconnect_max_ms);
  socket.set(zmq::sockopt::ipv6, false);
  return socket;
}

messages::expected<relay_addresses> addresses_below(const std::string& prefix) {
  const auto refuse = [&](std::string_view why) {
    return messages::failure{fmt::format("relay address \"{}\": {}", prefix, why)};
  };
  if (prefix.starts_with(ipc)) {
    const std::size_t length = prefix.size() - ipc.size() + std::string_view(".pub").size();
    if (length > ipc_path_bytes_max) {
      return refuse(fmt::format("the path of its sockets has {} bytes, at most {} work", length,
                                ipc_path_bytes_max));
    }
  } else if (prefix.starts_with(loopback)) {
    unsigned port = 0;
    const char* const end = prefix.data() + prefix.size();
    const auto [stop, error] = std::from_chars(prefix.data() + loopback.size(), end, port);
    if (error != std::errc{} || stop != end || port == 0 || port + 2 > port_max) {
      return refuse("a port is expected behind the last colon; it and the next two are used");
    }
    const auto at = [&](unsigned offset) { return fmt::format("{}{}", loopback, port + offset); };
    return relay_addresses{at(0), at(1), at(2)};
  } else if (!prefix.starts_with(inproc) || prefix.size() == inproc.size()) {
    return refuse("ipc://PATH, inproc://NAME or tcp://127.0.0.1:PORT is expected");
  }
  return relay_addresses{prefix + ".pub", prefix + ".sub", prefix + ".cmd"};
}

bool relay_listens(const std::string& prefix) {
  const auto addresses = addresses_below(prefix);
  return addresses && addresses->sub.starts_with(ipc) &&
         control::is_listened_to(addresses->sub.substr(ipc.size()));
}

} // namespace voltaic::bus::message
