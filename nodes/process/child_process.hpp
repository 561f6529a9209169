#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "messages/expected.hpp"

namespace voltaic::nodes::process {

/// How a process ended.
struct exit_status {
  bool by_signal = false;
  int value = 0; ///< exit code or signal
  /// "exit 1", "signal 9 (Killed)"
  [[nodiscard]] std::string text() const;
  friend bool operator==(const exit_status&, const exit_status&) = default;
};

/// What to start, and where its words go.
struct child_options {
  std::vector<std::string> arguments;   ///< program first
  std::string log_path;                 ///< of stdout and stderr, appended; empty: inherited
  std::vector<std::string> environment; ///< NAME=VALUE, added to this process's own
  /// It has this process's terminal: standard input and process group are
  /// inherited, and the parent's death is a SIGTERM, so that it can tidy up.
  bool on_terminal = false;
};

/// What the system has too few of, so that it refuses a process.
enum class shortage : std::uint8_t { none, descriptors, processes };
/// What an error number of the system says about that.
[[nodiscard]] shortage shortage_of(int error);

/// A log longer than this is moved to NAME.1 when its process starts.
inline constexpr long log_bytes_max = 8L * 1024 * 1024;

/// One started process. Unless it is to use the terminal it gets its own process
/// group (a Ctrl-C is for its parent alone). It dies with the thread that started it. Destroying
/// a running one kills it.
class child_process {
 public:
  /// A failure says what the system refused; `lacks`, where given, for want of what.
  [[nodiscard]] static messages::expected<std::unique_ptr<child_process>> start(
      const child_options& options, shortage* lacks = nullptr);
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Readable once the process has ended.
  [[nodiscard]] int exit_file() const { return exit_file_; }
  /// Readable once it says ready or closes the descriptor; -1 afterwards.
  [[nodiscard]] int ready_file() const { return ready_file_; }
  /// True once the process has said that it is ready.
  [[nodiscard]] bool take_ready();
  void signal(int number) const;
  /// The status, as soon as there is one. Never blocks.
  [[nodiscard]] std::optional<exit_status> reap();

 private:
  struct refusal {
    const char* what = "";
    int error = 0; ///< as in errno
  };
  [[nodiscard]] static std::unique_ptr<child_process> attempt(const child_options& options,
                                                              refusal& why);
  child_process(pid_t pid, int exit_file, int ready_file)
      : pid_(pid), exit_file_(exit_file), ready_file_(ready_file) {}
  pid_t pid_;
  int exit_file_;
  int ready_file_;
  bool is_ready_ = false;
  bool reaped_ = false;
};

} // namespace voltaic::nodes::process
