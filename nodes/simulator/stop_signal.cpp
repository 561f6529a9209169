#include "nodes/simulator/stop_signal.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace voltaic::nodes::simulator {

stop_signal::stop_signal(pid_t parent) {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  ::sigprocmask(SIG_BLOCK, &stops, nullptr);
  signals_ = bus::can::file_descriptor(::signalfd(-1, &stops, SFD_NONBLOCK | SFD_CLOEXEC));
  if (parent == 0) return;
  parent_ = bus::can::file_descriptor(static_cast<int>(::syscall(SYS_pidfd_open, parent, 0)));
  orphan_ = !parent_.valid();
}

bool stop_signal::wait(int timeout_ms) {
  if (orphan_) return true;
  pollfd polled[2] = {{signals_.get(), POLLIN, 0}, {parent_.get(), POLLIN, 0}};
  return ::poll(polled, 2, timeout_ms) > 0;
}

} // namespace voltaic::nodes::simulator
