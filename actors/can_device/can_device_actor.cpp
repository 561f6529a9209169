#include "actors/can_device/can_device_actor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>
#include <utility>

#include "actors/runtime/present.hpp"
#include "messages/profiles/order_renewal.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::can_device {
namespace {

model make_model(const model_options& options) {
  const auto findings = options.validate();
  if (!findings.empty()) {
    throw std::invalid_argument(
        fmt::format("device {}: {}", options.name, fmt::join(findings, "; ")));
  }
  auto made = model::create(options);
  if (!made) {
    throw std::invalid_argument(made.error().text);
  }
  return *std::move(made);
}

messages::profiles::encode_plan make_encoder(const model_options& options) {
  auto made = messages::profiles::encode_plan::compile(*options.profile, options.id_offset);
  if (!made) {
    throw std::invalid_argument(made.error().text);
  }
  return *std::move(made);
}

} // namespace

can_device::can_device(runtime::context& context, const model_options& options, frame_sender send)
    : context_(context),
      name_(options.name),
      model_(make_model(options)),
      encoder_(make_encoder(options)),
      send_(std::move(send)),
      held_(context.lives_on_recording()),
      sets_(context, encoder_,
            [this](const messages::can::frame& made) { return this->send(made); }),
      pace_(messages::profiles::can_order_renewal_ms * messages::us_per_ms,
            encoder_.order_counts_frames()) {
  context_.listen({}, runtime::kind::order);
}

void can_device::receive(const bus::can::batch& batch) {
  now_ = {batch.now_us, batch.now_us + batch.utc_offset_us};
  if (const auto again = refused_) {
    obey(*again);
  }
  if (!std::exchange(described_, true)) {
    const auto first_us = batch.frames.empty() ? batch.now_us : batch.frames.front().time_us;
    context_.say(runtime::plane::telemetry, model_.catalogue(),
                 {first_us, first_us + batch.utc_offset_us});
  }
  auto all_said = model_.step(batch.frames, batch.now_us, batch.utc_offset_us);
  if (const auto at = model_.address()) {
    encoder_.set_address(*at);
    sets_.set_address(*at);
  }
  for (auto& said : all_said) {
    const runtime::instant time{said.time_us, said.time_us + batch.utc_offset_us};
    if (auto* telemetry = std::get_if<messages::telemetry>(&said.content)) {
      context_.say(runtime::plane::telemetry, std::move(*telemetry), time);
    } else if (auto* told = std::get_if<notice>(&said.content)) {
      record(*told, time);
    } else if (const auto* request = std::get_if<messages::can::frame>(&said.content)) {
      // What the bus refuses is asked for again in its next period.
      if (send_(*request) == bus::can::send_result::down) model_.unsent(now_.monotonic_us);
    } else {
      context_.say(runtime::plane::local, std::get<messages::tick>(said.content), time);
    }
  }
  for (const auto& command : held_.take(now_)) {
    sets_.receive(command, now_);
  }
  sets_.step(model_, now_);
}

void can_device::record(const notice& told, runtime::instant time) {
  messages::event event;
  event.kind = "system";
  event.subject = name_;
  event.code = told.code;
  event.state = told.state;
  event.level = told.level;
  event.reason = told.reason;
  context_.record(std::move(event), time);
}

void can_device::receive(const messages::message& message) {
  if (const auto* order = std::get_if<messages::order>(&message.payload)) {
    if (order->device == name_) {
      obey({*order, message.header.time.monotonic_us});
    }
  } else if (const auto* command = std::get_if<messages::command>(&message.payload)) {
    const auto refuse = [&](const std::string& why) {
      context_.send(runtime::make_result(*command, messages::outcome::rejected, why),
                    message.header.time);
    };
    if (!described_) {
      refuse("the bus of " + name_ + " has not answered yet");
    } else if (!held_.hold(*command, context_.now())) {
      refuse("too many commands wait");
    }
  }
}

runtime::condition can_device::condition() const {
  switch (model_.heard()) {
    case presence::nothing_yet:
      return runtime::condition::waiting;
    case presence::all:
      return runtime::condition::good;
    case presence::some_silent:
      return runtime::condition::degraded;
  }
  return runtime::condition::degraded;
}

void can_device::obey(const runtime::timed_order& given) {
  refused_.reset(); // the newer word holds
  if (!encoder_.has_order() ||
      !pace_.is_due(given, runtime::present(context_, now_).monotonic_us)) {
    return;
  }
  // Who may be somebody else is told to open at the most.
  if (runtime::keeps_closed(given.order) && !model_.is_trusted()) return;
  const auto frame = encoder_.encode_order(pace_.counted(given.order));
  if (!frame) {
    throw std::runtime_error(frame.error().text);
  }
  if (send(*frame) != bus::can::send_result::sent) {
    refused_ = given;
    return;
  }
  pace_.sent(given);
}

bus::can::send_result can_device::send(const messages::can::frame& made) {
  const auto frames = model_.frames_for(made, now_.monotonic_us);
  if (!frames) return bus::can::send_result::down;
  for (const auto& each : *frames)
    if (const auto result = send_(each); result != bus::can::send_result::sent) return result;
  return bus::can::send_result::sent;
}

void can_device::stored(std::uint64_t token, const bus::storage::append_result& result) {
  sets_.stored(token, result, now_);
}

} // namespace voltaic::actors::can_device
