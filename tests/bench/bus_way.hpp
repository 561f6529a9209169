#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <zmq.hpp>

#include "bench/process.hpp"
#include "bus/message/endpoint.hpp"

/// What the benchmarks of the bus set up alike: the processes of one way from a
/// publisher to a subscriber, through the relay or through a raw proxy.
namespace voltaic::bench {

struct bus_way {
  scratch_folder folder;
  shared<std::atomic<bool>> bound;
  std::optional<process> middle, subscriber, publisher;

  [[nodiscard]] std::string relay() const { return folder.address("relay"); }
  [[nodiscard]] std::string proxy_in() const { return folder.address("in"); }
  [[nodiscard]] std::string proxy_out() const { return folder.address("out"); }
  /// Starts what stands in the middle; returns when others can connect.
  void start_relay();
  void start_proxy(int high_water);
};

/// Hears telemetry at a relay, forever.
void listen_at(const std::string& relay, const std::string& identity, bus::message::listener& ears);
/// Runs `work` with an endpoint that only publishes.
void publish_at(const std::string& relay, const std::function<void(bus::message::endpoint&)>& work);

/// A raw subscriber to everything, and a raw publisher.
[[nodiscard]] zmq::socket_t raw_ears(zmq::context_t& context, const bus_way& from, int high_water);
[[nodiscard]] zmq::socket_t raw_mouth(zmq::context_t& context, const bus_way& to, int high_water);

/// How long the processes may take to hear each other.
inline constexpr std::int64_t ready_within_us = 20'000'000;

} // namespace voltaic::bench
