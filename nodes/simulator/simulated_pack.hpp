#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "actors/simulator/pack_model.hpp"
#include "bus/can/port.hpp"
#include "messages/expected.hpp"

namespace voltaic::nodes::simulator {

/// A battery with a protocol of its own, living on the ticks of its own port.
class simulated_pack {
 public:
  /// Opens the port; the pack plays from now on.
  [[nodiscard]] static messages::expected<std::unique_ptr<simulated_pack>> open(
      const bus::can::port_options& options, std::unique_ptr<actors::simulator::pack_model> model);

  /// Lays something over it, or makes a fault; see `pack_model::set`.
  bool set(std::string_view point, std::optional<std::uint32_t> index,
           actors::simulator::equipment_effect effect, double value);

 private:
  explicit simulated_pack(std::unique_ptr<actors::simulator::pack_model> model)
      : model_(std::move(model)) {}
  void take(const bus::can::batch& said);

  std::mutex mutex_; ///< of the model
  std::unique_ptr<actors::simulator::pack_model> model_;
  std::atomic<bus::can::port*> open_port_{nullptr}; ///< the first ticks come before it is known
  std::unique_ptr<bus::can::port> port_;
};

} // namespace voltaic::nodes::simulator
