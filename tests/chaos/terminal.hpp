#pragma once

#include <sys/types.h>
#include <termios.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace chaos {

/// The voltaic command on a terminal of its own, 120 columns by 40 lines, as a
/// person starts it. It dies with the test.
class terminal_child {
 public:
  terminal_child(std::vector<std::string> arguments, std::vector<std::string> environment);
  ~terminal_child();
  terminal_child(const terminal_child&) = delete;
  terminal_child& operator=(const terminal_child&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void press(const std::string& keys) const;
  /// Somebody draws the window larger or smaller.
  void resize(int columns, int lines) const;
  /// The terminal goes away, as with a connection that is lost.
  void hang_up();
  /// Whether the terminal shows a text that was drawn after `from`.
  [[nodiscard]] bool shows(const std::string& text, std::size_t from = 0,
                           std::chrono::milliseconds bound = std::chrono::seconds(15));
  /// Everything that was written to the terminal.
  [[nodiscard]] const std::string& written();
  /// The exit code, or 128 and the signal; nothing when it does not end in time.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds bound);
  /// Letters are echoed and lines are edited, as in a shell.
  [[nodiscard]] bool is_as_before() const;

 private:
  pid_t pid_ = 0;
  int terminal_ = -1;
  int keep_open_ = -1; ///< the process's side: its settings outlive the process
  termios before_{};
  std::string written_;
  std::optional<int> status_;
};

} // namespace chaos
