#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "actors/simulator/asked_pack_model.hpp"
#include "bus/can/port.hpp"
#include "messages/expected.hpp"

namespace voltaic::nodes::simulator {

/// A battery that answers when it is asked, living on the ticks of its own port.
class simulated_pack {
 public:
  /// Opens the port; the pack plays from now on.
  [[nodiscard]] static messages::expected<std::unique_ptr<simulated_pack>> open(
      const bus::can::port_options& options, actors::simulator::asked_pack_model model);

 private:
  explicit simulated_pack(actors::simulator::asked_pack_model model) : model_(std::move(model)) {}
  void take(const bus::can::batch& said);

  actors::simulator::asked_pack_model model_;
  std::atomic<bus::can::port*> open_port_{nullptr}; ///< the first ticks come before it is known
  std::unique_ptr<bus::can::port> port_;
};

} // namespace voltaic::nodes::simulator
