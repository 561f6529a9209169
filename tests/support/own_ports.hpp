#pragma once

#include <unistd.h>

#include <string>

namespace voltaic::tests {

/// The part of a site file that keeps the ports it serves away from those of
/// other sites on this machine.
inline std::string own_ports() {
  constexpr int offsets = 9'000;
  return "\n[ports]\noffset = " + std::to_string(100 + ::getpid() % offsets) + "\n";
}

} // namespace voltaic::tests
