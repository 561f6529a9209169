#pragma once

#include <memory>
#include <vector>

#include "messages/expected.hpp"
#include "nodes/view/controls.hpp"
#include "nodes/view/screen.hpp"

namespace voltaic::nodes::view {

/// How a terminal is used.
struct terminal_options {
  bool colours = true;
  bool may_be_stopped = true; ///< Ctrl-Z suspends this process, and all others of its group
};

/// The terminal that standard input and output are, as a screen. It is as it was
/// before once this is destroyed. One at a time, for one thread.
class terminal {
 public:
  /// Fails where there is no terminal, or none on which a screen can be drawn.
  [[nodiscard]] static messages::expected<std::unique_ptr<terminal>> open(
      const terminal_options& options);
  virtual ~terminal() = default;
  [[nodiscard]] virtual size dimensions() const = 0;
  /// What does not fit is left out; the last line is always shown.
  virtual void show(const std::vector<line>& lines) = 0;
  /// `key::none` after the timeout.
  [[nodiscard]] virtual key wait(int timeout_ms) = 0;
};

/// Whether what is written in this process's locale may be more than ASCII. Sets
/// the locale of characters as the environment has it.
[[nodiscard]] bool has_unicode();

} // namespace voltaic::nodes::view
