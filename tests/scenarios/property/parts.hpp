#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "actors/runtime/engine.hpp"
#include "scenarios/property/schedule.hpp"

/// Doors and actors that tell what passes through them, or fail when told to.
namespace voltaic::tests::property {

/// Set for an actor by its name; springs once at each place it is set for.
struct trap {
  std::set<crash_place> armed;
  std::function<void(crash_place)> on_spring;
  /// Told what comes to the actor; empty: nobody wants to know.
  std::function<void(const messages::message&)> on_message;
  bool holds_back = false; ///< what comes to the actor waits

  void pass(crash_place here) {
    if (armed.erase(here) == 0) return;
    on_spring(here);
    throw std::runtime_error("told to throw");
  }
};

/// An actor of the product that throws when its trap springs.
class trapped_actor final : public actors::runtime::actor {
 public:
  trapped_actor(std::unique_ptr<actor> inner, std::shared_ptr<trap> own)
      : inner_(std::move(inner)), trap_(std::move(own)) {
    trap_->pass(crash_place::construction);
  }
  void receive(const messages::message& message) override {
    if (trap_->holds_back && waiting_.size() < waiting_max) return waiting_.push_back(message);
    let_through();
    pass(message);
  }
  void receive(const bus::can::batch& batch) override {
    trap_->pass(crash_place::batch);
    inner_->receive(batch);
  }
  void receive(const bus::modbus::poll& poll) override { inner_->receive(poll); }
  void receive(const bus::modbus::write_answer& answer) override { inner_->receive(answer); }
  void receive(const bus::digital::sample& sample) override { inner_->receive(sample); }
  void stored(std::uint64_t token, const bus::storage::append_result& result) override {
    trap_->pass(crash_place::stored);
    inner_->stored(token, result);
  }
  void wake(actors::runtime::instant now) override {
    trap_->pass(crash_place::wake);
    if (!trap_->holds_back) let_through();
    inner_->wake(now);
  }

 private:
  /// Messages that wait; more are handed over early.
  static constexpr std::size_t waiting_max = 4'000;

  void let_through() {
    for (const auto& each : std::exchange(waiting_, {})) pass(each);
  }
  void pass(const messages::message& message) {
    if (trap_->on_message) trap_->on_message(message);
    trap_->pass(crash_place::message);
    inner_->receive(message);
    trap_->pass(crash_place::after_message);
  }

  std::unique_ptr<actor> inner_;
  std::shared_ptr<trap> trap_;
  std::vector<messages::message> waiting_;
};

/// Puts the actors of a node over their traps.
inline void set_traps(std::vector<actors::runtime::group_spec>& groups,
                      const std::function<std::shared_ptr<trap>(const std::string&)>& trap_of) {
  for (auto& group : groups) {
    for (auto& child : group.children) {
      child.factory = [make = child.factory, own = trap_of(child.name)](auto& context) {
        return std::make_unique<trapped_actor>(make(context), own);
      };
    }
  }
}

/// A node's door that shows what goes out, and is shut when the node is dead.
class watched_endpoint final : public bus::message::endpoint {
 public:
  using watcher = std::function<void(bus::message::plane, const messages::frame&)>;
  watched_endpoint(std::unique_ptr<endpoint> inner, watcher watch, const bool& dead)
      : inner_(std::move(inner)), watch_(std::move(watch)), dead_(dead) {}
  bus::message::publish_result publish(bus::message::plane to, messages::frame_ptr frame) override {
    if (dead_) return bus::message::publish_result::stopped;
    watch_(to, *frame);
    return inner_->publish(to, std::move(frame));
  }
  bus::message::publish_result send(messages::frame_ptr frame) override {
    if (dead_) return bus::message::publish_result::stopped;
    return inner_->send(std::move(frame));
  }
  [[nodiscard]] bus::message::endpoint_statistics statistics() const override {
    return inner_->statistics();
  }

 private:
  std::unique_ptr<endpoint> inner_;
  watcher watch_;
  const bool& dead_;
};

/// Shows what comes in, then hands it on.
class watched_listener final : public bus::message::listener {
 public:
  using watcher = std::function<void(bus::message::plane, const messages::frame&)>;
  watched_listener(bus::message::listener* to, watcher watch) : to_(to), watch_(std::move(watch)) {}
  void on_frame(bus::message::plane from, const messages::frame_ptr& frame) override {
    watch_(from, *frame);
    if (to_ != nullptr) to_->on_frame(from, frame);
  }
  void on_link(bool up) override {
    if (to_ != nullptr) to_->on_link(up);
  }

 private:
  bus::message::listener* to_;
  watcher watch_;
};

} // namespace voltaic::tests::property
