#include "actors/runtime/real_time.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace voltaic::actors::runtime {

real_time_grant request_real_time() {
  sched_param parameters{};
  parameters.sched_priority = real_time_priority;
  if (sched_setscheduler(0, SCHED_FIFO, &parameters) != 0) {
    return {false, std::string("reaction times are best effort: SCHED_FIFO was refused: ") +
                       std::strerror(errno)};
  }
  // Only what is touched is locked: stacks and libraries reserve far more than they use.
  if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
    return {false, std::string("reaction times are best effort: locked memory was refused: ") +
                       std::strerror(errno)};
  }
  return {true, {}};
}

void keep_freed_memory() {
  mallopt(M_TRIM_THRESHOLD, freed_memory_kept_bytes);
  mallopt(M_MMAP_THRESHOLD, heap_piece_bytes);
  // No small piece waits to be joined with its neighbours until somebody asks for a large one.
  mallopt(M_MXFAST, 0);
}

bool ask_to_outlive_others() {
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const auto text = std::to_string(memory_score);
  const bool taken = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  return taken;
}

} // namespace voltaic::actors::runtime
