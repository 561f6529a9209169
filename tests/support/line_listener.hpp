#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

#include "bus/modbus/line.hpp"

namespace voltaic::tests {

inline constexpr auto patience = std::chrono::seconds(20);

/// Collects what a Modbus line tells.
class line_listener {
 public:
  using poll = bus::modbus::poll;
  using write_answer = bus::modbus::write_answer;

  std::unique_ptr<bus::modbus::line> open(const bus::modbus::line_options& options) {
    auto opened = bus::modbus::open_line(
        options, [this](poll&& told) { push(polls_, std::move(told)); },
        [this](write_answer&& told) { push(answers_, std::move(told)); });
    if (!opened) FAIL(opened.error().text);
    return std::move(opened).value();
  }
  /// The next poll from now on that fulfils the condition.
  template <class Condition>
  poll next_poll(Condition wanted) {
    {
      const std::scoped_lock lock(mutex_);
      polls_.clear();
    }
    return take(polls_, wanted);
  }
  /// The first poll that fulfils the condition of those that nobody took yet: for what is told
  /// once.
  template <class Condition>
  poll first_poll(Condition wanted) {
    return take(polls_, wanted);
  }
  poll next_poll() {
    return next_poll([](const poll&) { return true; });
  }
  poll next_poll_of(bus::modbus::outcome wanted) {
    return next_poll([=](const poll& told) { return told.answers[0].outcome == wanted; });
  }
  write_answer next_answer() {
    return take(answers_, [](const write_answer&) { return true; });
  }

 private:
  template <class Item>
  void push(std::deque<Item>& to, Item item) {
    const std::scoped_lock lock(mutex_);
    to.push_back(std::move(item));
    told_.notify_all();
  }
  template <class Item, class Condition>
  Item take(std::deque<Item>& from, Condition wanted) {
    std::unique_lock lock(mutex_);
    const auto end = std::chrono::steady_clock::now() + patience;
    while (true) {
      while (!from.empty()) {
        Item item = std::move(from.front());
        from.pop_front();
        if (wanted(item)) return item;
      }
      if (told_.wait_until(lock, end) == std::cv_status::timeout) FAIL("nothing was told");
    }
  }
  std::mutex mutex_;
  std::condition_variable told_;
  std::deque<poll> polls_;
  std::deque<write_answer> answers_;
};

} // namespace voltaic::tests
