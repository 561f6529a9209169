#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bench/process.hpp"
#include "nodes/site/plan.hpp"

/// A site that a benchmark runs, and what its processes cost.
namespace voltaic::bench {

/// The command that was built together with the benchmark.
[[nodiscard]] std::string voltaic_program();

/// `voltaic up` (or `run`) of a site file in a folder of its own, beside copies of the
/// profiles and protection files; stopped in order at the end. Throws std::runtime_error
/// when it does not start.
class running_site {
 public:
  /// `prepare` may change the copies before the site is loaded.
  explicit running_site(const std::string& text, const std::string& mode = "up",
                        const std::function<void(const std::string& configs)>& prepare = {});
  ~running_site();
  running_site(const running_site&) = delete;
  running_site& operator=(const running_site&) = delete;
  [[nodiscard]] const nodes::site::plan& plan() const { return plan_; }
  /// Of the command itself.
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// When the command was given, on the monotonic clock.
  [[nodiscard]] std::int64_t started_us() const { return started_us_; }
  /// Waits until every process runs; throws when they do not.
  void wait_until_ready(std::int64_t within_us) const;

  struct member {
    std::string name;
    pid_t pid = 0;
    bool is_node = false; ///< else a bus or a simulator
  };
  /// The processes that run now, by the site's own account.
  [[nodiscard]] std::vector<member> members() const;

 private:
  scratch_folder folder_;
  nodes::site::plan plan_;
  std::int64_t started_us_ = 0;
  pid_t pid_ = -1;
};

/// What a process costs; 0 where it is gone.
struct process_cost {
  double cpu_s = 0;        ///< since its start
  double rss_mb = 0;       ///< everything that is mapped and there, shared libraries in full
  double pss_mb = 0;       ///< the same with what is shared divided by who shares it
  double private_mb = 0;   ///< what would be free if it ended
  double anonymous_mb = 0; ///< its own: heap and stacks, and no page of a file
  std::size_t files = 0;   ///< open descriptors
};
[[nodiscard]] process_cost cost_of(pid_t pid);

/// CPU seconds of each process, for the difference of two moments.
[[nodiscard]] std::map<pid_t, double> cpu_of(const std::vector<running_site::member>& members);

} // namespace voltaic::bench
