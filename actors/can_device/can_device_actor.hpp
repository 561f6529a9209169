#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "actors/can_device/can_device_model.hpp"
#include "actors/can_device/set_commands.hpp"
#include "actors/runtime/actor.hpp"
#include "actors/runtime/held_commands.hpp"
#include "actors/runtime/order_pace_model.hpp"

namespace voltaic::actors::can_device {

/// The CAN DEVICE actor: its port's batches in; telemetry, the chain's time and
/// frames to the device out.
class can_device final : public runtime::actor {
 public:
  /// Throws std::invalid_argument with every finding of the options.
  can_device(runtime::context& context, const model_options& options, frame_sender send);
  using runtime::actor::receive;
  void receive(const messages::message& message) override;
  [[nodiscard]] runtime::condition condition() const override;
  void receive(const bus::can::batch& batch) override;
  void stored(std::uint64_t token, const bus::storage::append_result& result) override;

 private:
  void obey(const runtime::timed_order& given);
  /// A frame of the profile, as whatever the bus takes for it.
  [[nodiscard]] bus::can::send_result send(const messages::can::frame& made);
  void record(const notice& told, runtime::instant time);

  runtime::context& context_;
  std::string name_;
  model model_;
  messages::profiles::encode_plan encoder_;
  frame_sender send_;
  runtime::held_commands held_; ///< until the port's next batch
  set_commands sets_;
  runtime::instant now_; ///< the port's
  bool described_ = false;
  runtime::order_pace pace_;
  std::optional<runtime::timed_order>
      refused_; ///< by the bus: tried again with the port's next batch
};

} // namespace voltaic::actors::can_device
