#include "actors/rack/rack_actor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>
#include <utility>

namespace voltaic::actors::rack {
namespace {

model_options checked(model_options options) {
  const auto findings = options.validate();
  if (!findings.empty()) {
    throw std::invalid_argument(
        fmt::format("rack {}: {}", options.name, fmt::join(findings, "; ")));
  }
  return options;
}

} // namespace

rack_actor::rack_actor(runtime::context& context, const model_options& options)
    : context_(context), model_(checked(options)) {
  context_.listen(options.device, runtime::kind::catalogue);
  context_.listen(options.device, runtime::kind::telemetry);
}

void rack_actor::receive(const messages::message& message) {
  const auto time = message.header.time;
  if (const auto* catalogue = std::get_if<messages::catalogue>(&message.payload)) {
    model_.learn(*catalogue);
    // The device says its catalogue again now and then; ours repeats by itself.
    if (std::exchange(described_, true)) {
      return;
    }
    context_.say(runtime::plane::telemetry, model_.catalogue(), time);
  } else if (const auto* telemetry = std::get_if<messages::telemetry>(&message.payload)) {
    auto said = model_.step(*telemetry);
    if (!said.blocks.empty()) {
      context_.say(runtime::plane::telemetry, std::move(said), time);
    }
  }
}

} // namespace voltaic::actors::rack
