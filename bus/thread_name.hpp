#pragma once

#include <pthread.h>

#include <cstddef>

namespace voltaic::bus {

/// Gives the calling thread the name by which ARCHITECTURE.md's table and `top -H`
/// know it. At most 15 characters.
template <std::size_t size>
void name_thread(const char (&name)[size]) {
  static_assert(size <= 16, "the system takes 15 characters");
  pthread_setname_np(pthread_self(), name);
}

} // namespace voltaic::bus
