#include "bus/can/virtual/bus_mirror.hpp"

#include <system_error>
#include <utility>

#include "bus/can/clock.hpp"
#include "bus/can/virtual/socket.hpp"

namespace voltaic::bus::can {
namespace {

/// No virtual bus of a site can be called so: those have no dot.
std::string mirror_name(const std::string& bus) {
  return bus + ".heard";
}

} // namespace

std::unique_ptr<bus_mirror> bus_mirror::start(const port_options& of) {
  if (of.runtime_folder.empty()) return nullptr;
  virtual_bus_options options;
  options.name = mirror_name(of.name);
  options.runtime_folder = of.runtime_folder;
  options.bitrate = of.bitrate;
  options.data_bitrate = of.data_bitrate;
  const auto path = virtual_bus_path(of.runtime_folder, options.name);
  if (!path) return nullptr;
  try {
    auto bus = virtual_bus::start(options);
    if (!bus) return nullptr;
    auto way = connect_to_bus(*path);
    if (!way.valid()) return nullptr;
    return std::unique_ptr<bus_mirror>(new bus_mirror(*std::move(bus), std::move(way)));
  } catch (const std::system_error&) { // no thread for it
    return nullptr;
  }
}

void bus_mirror::show(std::span<const messages::can::frame> frames) {
  if (frames.empty() || bus_->read_statistics().clients < 2) return;
  const auto now_us = monotonic_now_us();
  outgoing_.clear();
  for (auto one : frames) {
    one.time_us = now_us;
    if (outgoing_.add(one)) continue;
    (void)send_packet(way_.get(), outgoing_.finish(0, {}));
    outgoing_.clear();
    (void)outgoing_.add(one);
  }
  (void)send_packet(way_.get(), outgoing_.finish(0, {}));
}

port_options mirror_of(port_options of) {
  of.uri = "virtual:" + mirror_name(of.name);
  of.peer.clear();
  return of;
}

} // namespace voltaic::bus::can
