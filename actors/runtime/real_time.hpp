#pragma once

#include <string>

namespace voltaic::actors::runtime {

/// What the system granted.
struct real_time_grant {
  bool granted = false;
  std::string warning; ///< why not, in words for the log; empty when granted
};

/// Priority of a chain's threads: above everything ordinary, below the kernel's own.
inline constexpr int real_time_priority = 20;

/// Asks for SCHED_FIFO and locked memory for this thread and all it starts
/// from now on. Call before the actor system, ports and endpoint are made.
[[nodiscard]] real_time_grant request_real_time();

/// Freed memory that a process keeps at the end of each of its heaps, and below
/// which a piece of memory comes from a heap at all.
inline constexpr int freed_memory_kept_bytes = 16 * 1024 * 1024;
inline constexpr int heap_piece_bytes = 4 * 1024 * 1024;

/// From now on freed memory up to a bound stays with the process. As the library
/// has it, a burst of frames goes back to the system when it is over, and each
/// page of the next one is a fault on the thread that says it; and the small pieces of a burst are
/// joined all at once, milliseconds long, by whoever asks for a larger one next.
void keep_freed_memory();

/// Of -1000 (never) to 1000 (first): who is ended when memory runs out.
inline constexpr int memory_score = -900;

/// Asks that this process is ended among the last when memory runs out. False
/// where the system does not permit it.
[[nodiscard]] bool ask_to_outlive_others();

} // namespace voltaic::actors::runtime
