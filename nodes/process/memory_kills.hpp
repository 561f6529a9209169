#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace voltaic::nodes::process {

/// How often the kernel has ended a process for want of memory, on the whole machine or in
/// one of its control groups, since it started. Nothing where it does not say.
[[nodiscard]] std::optional<std::uint64_t> read_memory_kills();

/// Which deaths by SIGKILL are the kernel's, for want of memory. The kernel only counts its
/// kills and names nobody to us: each one explains one death in the seconds after it.
class memory_kills {
 public:
  /// A kill explains a death this much later at most: a large process takes long to end.
  static constexpr std::int64_t explains_us = 5'000'000;

  /// The kernel's count as it is now. The first look only learns it.
  void look(std::int64_t now_us, std::uint64_t count);
  /// A process died by SIGKILL and nobody here sent it: whether a kill explains it.
  [[nodiscard]] bool explain(std::int64_t now_us);

 private:
  void forget(std::int64_t now_us);
  static constexpr std::size_t kept_max = 64;
  std::optional<std::uint64_t> count_;
  std::deque<std::int64_t> unexplained_us_; ///< when the kills were seen
};

} // namespace voltaic::nodes::process
