#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "actors/runtime/order_pace_model.hpp"
#include "bus/modbus/line.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/profiles/poll_plan.hpp"

namespace voltaic::actors::modbus_device {

/// After so many orders in a row that were not taken, the next one waits for longer: each takes the
/// line for a whole timeout.
inline constexpr int order_losses_max = 3;
inline constexpr std::int64_t order_probe_us = 5'000'000;
/// One to open is the only thing that opens a device without a lease: it is tried more often.
inline constexpr std::int64_t open_probe_us = 1'000'000;

/// The orders to the contactors of one device on a line. An unchanged one waits until the one
/// before it was answered, for as long as a lease at most; a changed one goes at once. What keeps
/// closed is worthless to the line once it is old.
class line_orders {
 public:
  using writer = std::function<bool(bus::modbus::write_request)>;
  /// `plan` is kept, not copied.
  line_orders(const messages::profiles::poll_plan& plan, const messages::profiles::lease& lease,
              std::uint8_t unit, writer write);

  /// The contactor's word, said in each of its steps. `token`: of the write, if there is one; true:
  /// it was used.
  [[nodiscard]] bool obey(const runtime::timed_order& given, std::int64_t present_us,
                          std::uint64_t token);
  /// False: it answers something else.
  [[nodiscard]] bool take(const bus::modbus::write_answer& answer);

 private:
  [[nodiscard]] bool is_due(const runtime::timed_order& given, std::int64_t present_us) const;
  void count_loss(std::int64_t time_us);
  /// It never went out: the device has nothing to do with it.
  void give_back(bool is_worthless, std::int64_t time_us);

  /// Given to the line, and not answered yet.
  struct waiting_order {
    std::uint64_t token = 0;
    runtime::timed_order given;
  };
  const messages::profiles::poll_plan& plan_;
  std::int64_t renewal_us_;
  std::uint8_t unit_;
  writer write_;
  runtime::order_pace pace_;
  std::optional<waiting_order> waiting_; ///< the newest
  int losses_ = 0;                       ///< in a row
  std::int64_t hold_until_us_;           ///< what was not taken is not tried again before
};

} // namespace voltaic::actors::modbus_device
