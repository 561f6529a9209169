#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "messages/expected.hpp"

/// Digital lines of this machine: read at a fixed pace, driven on request.
namespace voltaic::bus::digital {

/// Inputs are read, and a sample is told, this often.
inline constexpr std::int64_t sample_period_us = 10'000;

/// A line that is driven, and what it is driven to while nobody says otherwise.
struct output_line {
  std::uint32_t offset = 0; ///< of the chip
  bool safe = false;        ///< level at the start, at the end, and when asked for
  friend bool operator==(const output_line&, const output_line&) = default;
};

/// A chip and the lines that are used of it. No line stands in it twice.
struct port_options {
  std::string chip;                  ///< "gpiochip0", or "simulated"
  std::string consumer = "voltaic";  ///< as the system shows who holds the lines
  std::vector<std::uint32_t> inputs; ///< offsets, in the order of `sample::levels`
  std::vector<output_line> outputs;  ///< in the order of `port::write`
};

/// What the inputs were at one time.
struct sample {
  std::int64_t now_us = 0; ///< monotonic
  std::int64_t utc_offset_us = 0;
  std::vector<bool> levels; ///< of all inputs; empty: they could not be read
  std::string reason;       ///< why not
};

/// Called on the port's own thread; must not block.
using handler = std::function<void(sample&&)>;

/// An open chip. Its lines are its alone.
class port {
 public:
  /// Drives all outputs to their safe levels.
  virtual ~port() = default;
  /// Drives all outputs, in the order of the options. Any thread. False: at least one
  /// was refused.
  [[nodiscard]] virtual bool write(const std::vector<bool>& levels) = 0;
};

/// Opens the chip; outputs are at their safe levels when it returns. The failure says
/// what is wrong with chip or lines.
[[nodiscard]] messages::expected<std::unique_ptr<port>> open_port(const port_options& options,
                                                                  handler told);

} // namespace voltaic::bus::digital
