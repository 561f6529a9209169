#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "actors/simulator/can_inverter_model.hpp"
#include "bus/can/port.hpp"
#include "messages/expected.hpp"

namespace voltaic::nodes::simulator {

/// An inverter on a CAN bus, living on the ticks of its own port.
class simulated_inverter {
 public:
  /// Opens the port; the inverter plays from now on.
  [[nodiscard]] static messages::expected<std::unique_ptr<simulated_inverter>> open(
      const bus::can::port_options& options, actors::simulator::can_inverter_model model);

  /// From its next step on. Any thread.
  void set(actors::simulator::inverter_effect effect);
  /// What flows through the racks behind it, from its next step on. Any thread.
  void carry(double current_a);

 private:
  explicit simulated_inverter(actors::simulator::can_inverter_model model)
      : model_(std::move(model)) {}
  void take(const bus::can::batch& said);

  std::mutex mutex_; ///< of the model
  actors::simulator::can_inverter_model model_;
  std::atomic<bus::can::port*> open_port_{nullptr}; ///< the first ticks come before it is known
  std::unique_ptr<bus::can::port> port_;
};

} // namespace voltaic::nodes::simulator
