#include "bus/priority_mutex.hpp"

#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace priority_mutex_test {

using voltaic::bus::priority_condition;
using voltaic::bus::priority_mutex;

namespace {

/// The priority with which the kernel runs a thread now; below zero: with real-time rights.
int priority_of(pid_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string line;
  std::getline(file, line);
  std::istringstream fields(line.substr(line.rfind(')') + 2));
  constexpr int field_of_priority = 16; // counted behind the name: state is the first
  std::string field;
  for (int each = 0; each < field_of_priority; ++each) fields >> field;
  return std::stoi(field);
}

} // namespace

TEST_CASE("a mutex with inherited rights admits one thread, and its condition wakes who waits") {
  priority_mutex mutex;
  priority_condition wake;
  int turn = 0;
  std::vector<std::thread> threads;
  for (int each = 0; each < 4; ++each) {
    threads.emplace_back([&, each] {
      for (int round = 0; round < 100; ++round) {
        std::unique_lock lock(mutex);
        wake.wait(lock, [&] { return turn % 4 == each; });
        ++turn;
        wake.notify_all();
      }
    });
  }
  for (auto& each : threads) each.join();
  CHECK(turn == 400);
  REQUIRE(mutex.try_lock());
  std::thread([&] { CHECK_FALSE(mutex.try_lock()); }).join();
  mutex.unlock();
}

TEST_CASE("F-020 who holds such a mutex runs with the rights of who waits for it") {
  priority_mutex mutex;
  std::atomic<pid_t> holder{0};
  std::atomic<int> granted{-1};
  std::atomic<bool> may_go{false};
  std::thread holding([&] {
    const std::lock_guard lock(mutex);
    holder = ::gettid();
    // Asleep it keeps the rights as well, and takes no core from who looks at them.
    while (!may_go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  while (holder == 0) std::this_thread::yield();
  std::thread urgent([&] {
    const sched_param rights{.sched_priority = 10};
    granted = ::sched_setscheduler(0, SCHED_FIFO, &rights) == 0 ? 1 : 0;
    const std::lock_guard lock(mutex);
  });
  while (granted < 0) std::this_thread::yield();
  if (granted == 0) {
    WARN("skips: no real-time rights here");
  } else {
    constexpr int looks = 5'000;
    int seen = 0;
    for (int look = 0; look < looks && seen >= 0; ++look) {
      seen = priority_of(holder);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK(seen < 0);
  }
  may_go = true;
  urgent.join();
  holding.join();
}

} // namespace priority_mutex_test
