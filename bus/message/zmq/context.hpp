#pragma once

#include <memory>

#include "bus/message/endpoint.hpp"
#include "messages/expected.hpp"

namespace voltaic::bus::message {

/// One process's share of the message bus: its I/O thread and its inproc names.
/// Nobody outside bus/message sees ZeroMQ. Must outlive everything made with it.
class zmq_context {
 public:
  zmq_context();
  ~zmq_context();
  zmq_context(const zmq_context&) = delete;
  zmq_context& operator=(const zmq_context&) = delete;
  /// For bus/message only.
  [[nodiscard]] void* native() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Connects to the relay at `options.relay`, which may come later, go and come
/// back. The listener is called on the endpoint's thread, possibly before this
/// returns, until the endpoint is destroyed. Refuses bad addresses (an ipc path over 107 bytes, a
/// tcp address outside loopback) and identities, naming them.
[[nodiscard]] messages::expected<std::unique_ptr<endpoint>> make_zmq_endpoint(
    zmq_context& context, const endpoint_options& options, listener& to);

} // namespace voltaic::bus::message
