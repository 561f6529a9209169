// Loaded into every process of a site by LD_PRELOAD: in the relay, once
// the test has laid a mark, the message library ends the process in the middle
// of a send, as its own assertions do. Later lives find no mark.
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

bool is_relay() {
  char text[4096] = {};
  const int file = ::open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  const auto count = ::read(file, text, sizeof(text) - 1);
  ::close(file);
  const std::string words(text, count > 0 ? static_cast<std::size_t>(count) : 0);
  const std::string ending("relay\0", 6);
  return words.find(std::string("\0node\0", 6)) != std::string::npos && words.ends_with(ending);
}

constexpr long look_every_sends = 50;

const char* path_of_mark() {
  return is_relay() ? std::getenv("VOLTAIC_TEST_ABORT_MARK") : nullptr;
}

} // namespace

extern "C" int zmq_msg_send(void* message, void* socket, int flags) {
  using function = int (*)(void*, void*, int);
  static const auto original = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "zmq_msg_send"));
  static const char* const mark = path_of_mark();
  static std::atomic<long> sends{0};
  if (mark != nullptr && ++sends % look_every_sends == 0 && ::unlink(mark) == 0) std::abort();
  return original(message, socket, flags);
}
