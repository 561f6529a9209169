#include "bench/bus_way.hpp"

#include <unistd.h>

#include "bench/bus_parts.hpp"
#include "bus/message/relay.hpp"

namespace voltaic::bench {

void bus_way::start_relay() {
  middle.emplace([&] {
    bus::message::zmq_context context;
    const auto made = bus::message::make_relay(context, {{relay()}});
    *bound = made.has_value();
    pause();
  });
  wait_until([&] { return bound->load(); }, ready_within_us);
}

void bus_way::start_proxy(int high_water) {
  middle.emplace([&] { raw_proxy(proxy_in(), proxy_out(), high_water, [&] { *bound = true; }); });
  wait_until([&] { return bound->load(); }, ready_within_us);
}

void listen_at(const std::string& relay, const std::string& identity,
               bus::message::listener& ears) {
  bus::message::zmq_context context;
  const auto door = bus::message::make_zmq_endpoint(
      context, {identity, relay, {bus::message::plane::telemetry}}, ears);
  while (true) pause();
}

void publish_at(const std::string& relay,
                const std::function<void(bus::message::endpoint&)>& work) {
  struct : bus::message::listener {
    void on_frame(bus::message::plane, const bus::message::frame_ptr&) override {}
  } none;
  bus::message::zmq_context context;
  const auto door = bus::message::make_zmq_endpoint(context, {"mouth", relay, {}}, none);
  work(**door);
}

zmq::socket_t raw_ears(zmq::context_t& context, const bus_way& from, int high_water) {
  auto socket = raw_socket(context, zmq::socket_type::sub, high_water);
  socket.set(zmq::sockopt::subscribe, "t");
  socket.connect(from.proxy_out());
  return socket;
}

zmq::socket_t raw_mouth(zmq::context_t& context, const bus_way& to, int high_water) {
  auto socket = raw_socket(context, zmq::socket_type::pub, high_water);
  socket.connect(to.proxy_in());
  return socket;
}

} // namespace voltaic::bench
