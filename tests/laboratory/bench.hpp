#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bus/can/can_support.hpp"

/// What the cases of the laboratory share.
namespace laboratory {

/// Opens `socketcan:NAME`; listens to everything where nothing is said.
inline std::unique_ptr<voltaic::bus::can::port> open_on(
    const std::string& interface_name, can_support::collector& into,
    std::vector<voltaic::bus::can::id_range> listens_to = {},
    std::vector<voltaic::bus::can::id_range> known = {}) {
  voltaic::bus::can::port_options options;
  options.uri = "socketcan:" + interface_name;
  options.listens_to = std::move(listens_to);
  options.known = std::move(known);
  auto opened = voltaic::bus::can::open_port(options, into.handler());
  if (!opened) throw std::runtime_error(opened.error().text);
  return std::move(*opened);
}

} // namespace laboratory
