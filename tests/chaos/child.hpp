#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace chaos {

using namespace std::chrono_literals;

/// Every bound of time is this many times longer where sanitizers slow all processes down.
#ifdef __SANITIZE_ADDRESS__
inline constexpr int patience = 4;
#else
inline constexpr int patience = 1;
#endif

/// Whether it becomes true before the bound, with patience.
[[nodiscard]] bool eventually(const std::function<bool()>& condition,
                              std::chrono::milliseconds bound = 10s);

struct launch {
  std::vector<std::string> arguments;   ///< of the voltaic command
  std::vector<std::string> environment; ///< NAME=VALUE, added to this process's own
  std::string output;                   ///< file of stdout; empty: none
  std::string errors;                   ///< file of stderr; empty: as output
  unsigned long files_max = 0;          ///< 0: as here
  uid_t user = 0;                       ///< with `group`, and no other; 0: as here
  gid_t group = 0;
};

/// The voltaic command as a process of its own. It dies with the test.
class child {
 public:
  explicit child(const launch& how);
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// Exit code, or 128 and the signal; nothing when it does not end in time.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds bound);
  [[nodiscard]] bool runs();

 private:
  pid_t pid_ = 0;
  std::optional<int> status_;
};

/// Whether a process exists and is no zombie.
[[nodiscard]] bool alive(pid_t pid);
/// The processes whose parent it is.
[[nodiscard]] std::vector<pid_t> children_of(pid_t pid);
/// The thread that runs a node's actors, as CAF names it.
inline constexpr const char* worker_thread = "caf.multi";
/// Stops one thread, whose name begins so, and nothing else of a process; the
/// thread, or 0 where that is not possible.
[[nodiscard]] pid_t stop_thread(pid_t pid, const std::string& begin);
/// Waits for the end of a thread that was stopped so: it stays until this has seen it.
[[nodiscard]] bool thread_ended(pid_t thread);
/// The whole of a file; empty when there is none.
[[nodiscard]] std::string read_file(const std::string& path);

} // namespace chaos
