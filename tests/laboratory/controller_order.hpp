#pragma once

#include <catch2/catch.hpp>

#include <string>

#include "laboratory/peer.hpp"

namespace laboratory {

/// The laboratory's module makes a controller, or its driver, do it: "can0 passive 0 130"
/// (module/controller_states.c has all).
inline void order(const std::string& words) {
  REQUIRE(run("echo '" + words + "' > /sys/module/controller_states/parameters/order") == 0);
}

/// can0 as it was, for the cases that follow.
struct mended_controller {
  mended_controller() = default;
  mended_controller(const mended_controller&) = delete;
  mended_controller& operator=(const mended_controller&) = delete;
  ~mended_controller() {
    (void)run("echo 'can0 mended' > /sys/module/controller_states/parameters/order");
    (void)run("ip link set can0 down; ip link set can0 up");
  }
};

} // namespace laboratory
