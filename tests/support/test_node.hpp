#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/runtime/engine.hpp"
#include "support/memory_journal.hpp"

namespace voltaic::tests {

/// What a node says to the outside, kept.
class recording_endpoint final : public bus::message::endpoint {
 public:
  bus::message::publish_result publish(bus::message::plane to, messages::frame_ptr frame) override {
    published.emplace_back(to, std::move(frame));
    return bus::message::publish_result::queued;
  }
  bus::message::publish_result send(messages::frame_ptr frame) override {
    sent.push_back(std::move(frame));
    return bus::message::publish_result::queued;
  }
  bus::message::endpoint_statistics statistics() const override { return {}; }

  /// Everything of one kind that was published, decoded, in order.
  template <class Payload>
  std::vector<messages::message> all() const {
    std::vector<messages::message> found;
    for (const auto& [plane, frame] : published) {
      auto message = messages::decode(*frame);
      if (message && std::holds_alternative<Payload>(message->payload)) {
        found.push_back(*std::move(message));
      }
    }
    return found;
  }

  std::vector<std::pair<bus::message::plane, messages::frame_ptr>> published;
  std::vector<messages::frame_ptr> sent;
};

/// An actor made of functions.
class scripted_actor final : public actors::runtime::actor {
 public:
  using handler = std::function<void(actors::runtime::context&, const messages::message&)>;
  scripted_actor(actors::runtime::context& context, handler on_message)
      : context_(context), on_message_(std::move(on_message)) {}
  using actors::runtime::actor::receive;
  void receive(const messages::message& message) override { on_message_(context_, message); }

 private:
  actors::runtime::context& context_;
  handler on_message_;
};

/// One node on virtual time, without threads: the same calls give the same
/// frames. Time starts at an hour, because an actor clock at zero hides bugs.
class test_node {
 public:
  explicit test_node(std::vector<actors::runtime::group_spec> groups,
                     actors::runtime::restart_policy policy = {}) {
    actors::runtime::engine_options options;
    options.node = "node_0";
    options.boot = "boot";
    options.groups = std::move(groups);
    options.policy = policy;
    options.deterministic = true;
    options.time = &clock;
    options.inbox = &inbox;
    options.outside = &outside;
    options.journal = &journal;
    options.progress = progress.get();
    options.on_failed = [this](const std::string& reason) { failures.push_back(reason); };
    engine = std::make_unique<actors::runtime::engine>(std::move(options));
    engine->run_until_quiet();
  }
  ~test_node() { engine->stop(); }

  /// Lets virtual time pass in steps of 10 ms.
  void advance(std::int64_t microseconds) {
    constexpr std::int64_t step_us = 10'000;
    for (std::int64_t passed = 0; passed < microseconds; passed += step_us) {
      const auto by = std::min(step_us, microseconds - passed);
      clock.advance(by);
      engine->advance(by);
      engine->run_until_quiet();
    }
  }
  void post(const std::string& actor, actors::runtime::mail content) {
    engine->find(actor)->post(std::move(content));
    engine->run_until_quiet();
  }
  /// A message from outside of the node.
  void hear(bus::message::plane from, const messages::header& header,
            const messages::payload& payload) {
    inbox.on_frame(from, messages::encode(header, payload));
    engine->run_until_quiet();
  }

  actors::runtime::manual_clock clock{{3'600'000'000, 1'800'000'000'000'000}};
  actors::runtime::node_inbox inbox;
  recording_endpoint outside;
  memory_journal journal;
  std::unique_ptr<actors::runtime::progress_page> progress =
      actors::runtime::progress_page::anonymous();
  std::vector<std::string> failures;
  std::unique_ptr<actors::runtime::engine> engine;
};

} // namespace voltaic::tests
