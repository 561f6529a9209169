#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "actors/simulator/dc_bus_model.hpp"
#include "messages/can/frame.hpp"

namespace voltaic::actors::simulator {

/// How the rack's contactors stand, as its status frame says it.
enum class contactor_state : std::uint8_t { open = 0, precharge = 1, closed = 2, fault = 3 };

/// The rack's own controller: believes only valid orders, opens by itself when
/// the permission to stay closed lapses, and precharges before it closes.
///
/// Closing always takes three orders in turn: open, precharge, close. After the
/// permission lapsed a `close` alone does nothing, whatever its epoch. It takes orders
/// for one main contactor alone as well: minus before precharge, and either of them on
/// the way to open.
class rack_controller_model {
 public:
  /// Times of the contactors and of the lease.
  struct options {
    bool initially_closed = false;
    std::int64_t lease_us = 500'000;
    std::int64_t feedback_delay_us = 30'000;
    std::int64_t precharge_max_us = 10'000'000;
    double precharge_time_constant_us = 150'000;
    double discharge_time_constant_us = 1'000'000; ///< of the bus, once disconnected
  };
  /// By their bit in the status frame.
  enum class contactor : std::uint8_t { minus = 0, plus = 1, precharge = 2 };
  static constexpr std::size_t contactor_count = 3;
  /// What is wrong with a contactor.
  enum class damage : std::uint8_t {
    none,
    welded, ///< once closed, it stays so
    stuck   ///< it does not close; where it is closed, it falls open
  };

  /// What an order asks for, by its number in the frame.
  enum class command : std::uint8_t { open = 0, precharge = 1, close = 2, minus = 3, plus = 4 };

  explicit rack_controller_model(const options& values);

  /// What an order asks for that came by another frame and was found valid and new; `lease`: it
  /// permits to be closed.
  void take(command what, bool lease, std::int64_t time_us);
  /// The same of one that carries its numbers: it is none where its epoch is a former one, or its
  /// counter did not go on.
  void take(std::uint16_t epoch, std::uint16_t counter, command what, bool lease,
            std::int64_t time_us);
  /// An order frame arrived at `time_us`.
  void take_order(const messages::can::frame& order, std::int64_t time_us);
  /// Time passed; the cells' sum is `rack_v`, `others` have joined the same DC bus.
  void step(std::int64_t now_us, double rack_v, const std::optional<live_bus>& others = {});
  /// From the next step on.
  void harm(contactor which, damage what) {
    contactors_[static_cast<std::size_t>(which)].harmed = what;
  }
  /// Something on the bus takes what the precharge resistor lets through, from the next step on.
  void load_bus(bool is_loaded) { is_bus_loaded_ = is_loaded; }

  [[nodiscard]] contactor_state state() const { return state_; }
  /// Whether current can flow.
  [[nodiscard]] bool conducting() const {
    return feedback(contactor::minus) && feedback(contactor::plus);
  }
  [[nodiscard]] bool feedback(contactor which) const;
  [[nodiscard]] double bus_v() const { return bus_v_; }
  [[nodiscard]] std::uint16_t epoch() const { return epoch_.value_or(0); }
  [[nodiscard]] std::uint16_t counter() const { return counter_; }
  /// Until the permission lapses; 0 when there is none.
  [[nodiscard]] std::int64_t lease_left_us(std::int64_t now_us) const;
  /// The last opening was by itself, for want of a permission.
  [[nodiscard]] bool opened_by_lease() const { return opened_by_lease_; }
  /// Orders that came whole but from a former epoch.
  [[nodiscard]] std::uint64_t fenced() const { return fenced_; }
  /// Orders with a wrong length, checksum, content or a counter that stood still.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  struct switching {
    bool commanded = false;
    bool feedback = false;
    std::int64_t changed_us = 0;
    damage harmed = damage::none;
  };
  static void move(switching& each);
  [[nodiscard]] bool fresh(std::uint16_t epoch, std::uint16_t counter);
  void obey(command what, std::int64_t time_us);
  [[nodiscard]] bool only_opens(command what) const;
  void begin_precharge(bool minus_alone, std::int64_t time_us);
  void command_contactors(bool minus, bool plus, bool precharge, std::int64_t time_us);
  void open(contactor_state next, std::int64_t time_us);
  void lapse(std::int64_t now_us);
  void move_bus_voltage(std::int64_t elapsed_us, double rack_v,
                        const std::optional<live_bus>& others);

  options options_;
  contactor_state state_ = contactor_state::open;
  std::array<switching, contactor_count> contactors_{};
  std::optional<std::uint16_t> epoch_;
  std::uint16_t counter_ = 0;
  std::optional<std::int64_t> last_us_;
  std::optional<std::int64_t> lease_until_us_;
  std::int64_t precharge_since_us_ = 0;
  bool armed_ = false; ///< an open order was seen since the contactors opened
  bool close_wanted_ = false;
  bool opened_by_lease_ = false;
  bool is_bus_loaded_ = false;
  double bus_v_ = 0;
  std::uint64_t fenced_ = 0;
  std::uint64_t refused_ = 0;
};

} // namespace voltaic::actors::simulator
