#pragma once

#include <string>
#include <utility>

#include "actors/runtime/node_inbox.hpp"
#include "actors/runtime/progress_page.hpp"
#include "bus/message/endpoint.hpp"

namespace voltaic::nodes::process {

/// The relay's node has no actors. It is alive when what it publishes comes back
/// to it through the relay: only then its progress moves.
class relay_watch final : public bus::message::listener {
 public:
  relay_watch(actors::runtime::node_inbox& inbox, std::string source,
              actors::runtime::progress_counter progress)
      : inbox_(inbox), source_(std::move(source)), progress_(progress) {}
  void on_frame(bus::message::plane from, const messages::frame_ptr& frame) override {
    const auto message = messages::decode(*frame);
    if (message && message->header.source == source_) {
      progress_.step();
    }
    if (from == bus::message::plane::commands) {
      inbox_.on_frame(from, frame);
    }
  }
  void on_link(bool up) override { inbox_.on_link(up); }

 private:
  actors::runtime::node_inbox& inbox_;
  std::string source_;
  actors::runtime::progress_counter progress_;
};

} // namespace voltaic::nodes::process
