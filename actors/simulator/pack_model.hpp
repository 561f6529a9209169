#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "actors/simulator/equipment_model.hpp"
#include "messages/can/frame.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::actors::simulator {

/// A simulated device on a CAN bus that is no rack of the demo's kind. It knows neither clock nor
/// bus.
class pack_model {
 public:
  virtual ~pack_model() = default;

  /// It is `now_us`, and these frames came since the last step. What it sends now.
  [[nodiscard]] virtual std::vector<messages::can::frame> step(
      std::int64_t now_us, std::span<const messages::can::frame> received) = 0;
  /// Lays something over a point or makes a fault of it, from the next step on; an empty point is
  /// the whole device. False: it knows no such thing.
  [[nodiscard]] virtual bool set(std::string_view point, std::optional<std::uint32_t> index,
                                 equipment_effect effect, double value) = 0;
};

/// "pack" (answers what its profile reads), "canopen" (a CiA 418 battery) or "j1939" (a battery
/// that claims an address); nullptr: nobody.
[[nodiscard]] std::unique_ptr<pack_model> make_pack(
    std::string_view kind, std::shared_ptr<const messages::profiles::device_profile> profile,
    std::uint32_t id_offset);

} // namespace voltaic::actors::simulator
