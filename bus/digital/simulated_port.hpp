#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "bus/digital/port.hpp"

namespace voltaic::bus::digital {

/// The chip's name in port options: its inputs are closed loops until somebody plays them.
inline constexpr const char* simulated_chip_name = "simulated";

/// A chip without hardware: whoever holds it plays its inputs and sees its outputs.
class simulated_chip {
 public:
  /// An input's level from now on; lines that nobody played are high, as closed loops.
  void play(std::uint32_t offset, bool level);
  /// The inputs can, or cannot, be read.
  void play_readable(bool readable);
  /// What an output is driven to; low where nobody drives it.
  [[nodiscard]] bool driven(std::uint32_t offset) const;

  /// For its port.
  void read(const std::vector<std::uint32_t>& inputs, sample& into) const;
  void drive(std::uint32_t offset, bool level);

 private:
  mutable std::mutex mutex_;
  bool readable_ = true;
  std::map<std::uint32_t, bool> inputs_;
  std::map<std::uint32_t, bool> outputs_;
};

/// Opens a port of the chip, with a thread of its own.
[[nodiscard]] std::unique_ptr<port> open_simulated_port(const port_options& options,
                                                        std::shared_ptr<simulated_chip> chip,
                                                        handler told);

} // namespace voltaic::bus::digital
