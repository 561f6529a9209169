#pragma once

#include "actors/rack/rack_model.hpp"
#include "actors/runtime/actor.hpp"

namespace voltaic::actors::rack {

/// The RACK actor: says a rack's aggregates for each telemetry of its device.
class rack_actor final : public runtime::actor {
 public:
  /// Throws std::invalid_argument with every finding of the options.
  rack_actor(runtime::context& context, const model_options& options);
  using runtime::actor::receive;
  void receive(const messages::message& message) override;

 private:
  runtime::context& context_;
  model model_;
  bool described_ = false; ///< this incarnation has said its catalogue
};

} // namespace voltaic::actors::rack
