#include "nodes/process/progress_watch.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "actors/runtime/engine.hpp"
#include "support/memory_journal.hpp"

namespace progress_watch_test {

using namespace voltaic;
using namespace voltaic::actors::runtime;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t limit_us = 300'000;

/// Whether it is to stand still, and does.
struct standstill {
  std::atomic<bool> wanted = false;
  std::atomic<bool> there = false;
};

class stuck_actor final : public actor {
 public:
  explicit stuck_actor(standstill& how) : how_(how) {}
  using actor::receive;
  void receive(const messages::message&) override {}
  void wake(instant) override {
    while (how_.wanted) {
      how_.there = true;
      std::this_thread::sleep_for(1ms);
    }
  }

 private:
  standstill& how_;
};

/// A node with threads of its own and one actor.
class node_with_threads {
 public:
  explicit node_with_threads(standstill& how) {
    engine_options options;
    options.node = "node_0";
    options.boot = "boot";
    options.groups = {{strategy::one_for_one, {{"stuck", "test", [&how](context&) {
                                                  return std::make_unique<stuck_actor>(how);
                                                }}}}};
    options.time = &time_;
    options.inbox = &inbox_;
    options.journal = &journal_;
    options.progress = page.get();
    engine_ = std::make_unique<engine>(std::move(options));
  }

  std::unique_ptr<progress_page> page = progress_page::anonymous();

 private:
  system_clock time_;
  node_inbox inbox_;
  tests::memory_journal journal_;
  std::unique_ptr<engine> engine_;
};

template <class Condition>
bool eventually(Condition holds) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!holds() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(25ms);
  return holds();
}

/// Who is found to be wedged; nothing: nobody within 20 s.
std::optional<std::string> wedged(const progress_page& page) {
  nodes::process::progress_watch watch(limit_us);
  std::optional<std::string> found;
  eventually([&] {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    if (!found)
      found = watch.look(page.layout(), ::getpid(),
                         std::chrono::duration_cast<std::chrono::microseconds>(now).count());
    return found.has_value();
  });
  return found;
}

} // namespace

TEST_CASE("F-025 who feeds the watchdog for a stuck actor from another thread does not hide it") {
  standstill how;
  node_with_threads node(how);
  auto counter = node.page->counter("stuck");
  REQUIRE(eventually([&] { return node.page->layout().running == 1 && counter.value() > 3; }));
  how.wanted = true;
  REQUIRE(eventually([&] { return how.there.load(); }));
  std::atomic<bool> over = false;
  std::thread helper([&] {
    while (!over) {
      // All that there is: the actor's, its node's, and a counter that is asked for anew.
      node.page->counter("stuck").step();
      node.page->counter("node_0/bus").step();
      counter.step();
      std::this_thread::sleep_for(1ms);
    }
  });
  const auto found = wedged(*node.page);
  over = true;
  helper.join();
  how.wanted = false;
  REQUIRE(found);
  CHECK((*found == "stuck" || *found == "node_0/bus"));
  // The thread that runs it goes on counting.
  const auto before = counter.value();
  CHECK(eventually([&] { return counter.value() > before; }));
}

TEST_CASE("F-025 a counter belongs to the thread that moved it first") {
  const auto page = progress_page::anonymous();
  auto counter = page->counter("rack_0");
  std::thread([&] { counter.step(); }).join();
  CHECK(counter.value() == 1);
  counter.step();
  page->counter("rack_0").step();
  CHECK(counter.value() == 1);
  CHECK(page->layout().slots[0].thread != ::gettid());
  auto other = page->counter("rack_1");
  other.step();
  other.step();
  CHECK(other.value() == 2);
  CHECK(page->layout().slots[1].thread == ::gettid());
}

} // namespace progress_watch_test
