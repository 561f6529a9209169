#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "bus/message/relay.hpp"

namespace voltaic::test {

/// A relay in a process of its own, which can be killed and stopped. Make it
/// before the test has threads: a helper that stays free of them does the forks.
class relay_process {
 public:
  explicit relay_process(const std::string& address) {
    if (pipe(order_) != 0 || pipe(answer_) != 0) throw std::runtime_error("pipe failed");
    helper_ = fork();
    if (helper_ == 0) help(address);
    close(order_[0]);
    close(answer_[1]);
  }
  ~relay_process() {
    close(order_[1]);
    close(answer_[0]);
    waitpid(helper_, nullptr, 0);
  }
  relay_process(const relay_process&) = delete;
  relay_process& operator=(const relay_process&) = delete;

  void start() { tell('s'); }
  void kill() { tell('k'); }
  void freeze() { tell('f'); }
  void thaw() { tell('t'); }

 private:
  void tell(char what) {
    char done = 0;
    if (write(order_[1], &what, 1) != 1 || read(answer_[0], &done, 1) != 1) {
      throw std::runtime_error("the relay's helper is gone");
    }
  }

  [[noreturn]] void help(const std::string& address) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(order_[1]);
    pid_t child = -1;
    char what = 0;
    while (read(order_[0], &what, 1) == 1) {
      if (what == 's') {
        child = fork();
        if (child == 0) serve(address);
        continue; // the relay itself answers
      }
      if (what == 'k') {
        ::kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        child = -1;
      }
      if (what == 'f') ::kill(child, SIGSTOP);
      if (what == 't') ::kill(child, SIGCONT);
      if (write(answer_[1], &what, 1) != 1) break;
    }
    if (child > 0) ::kill(child, SIGKILL);
    _exit(0);
  }

  [[noreturn]] void serve(const std::string& address) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    bus::message::zmq_context context;
    const auto made = bus::message::make_relay(context, {{address}});
    const char done = 's';
    if (!made || write(answer_[1], &done, 1) != 1) _exit(1);
    while (true) pause();
  }

  int order_[2] = {-1, -1};
  int answer_[2] = {-1, -1};
  pid_t helper_ = -1;
};

} // namespace voltaic::test
