#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/modbus_device/line_orders.hpp"
#include "actors/modbus_device/modbus_device_model.hpp"
#include "actors/runtime/actor.hpp"
#include "actors/runtime/command_gate.hpp"
#include "actors/runtime/command_record.hpp"
#include "actors/runtime/standing_values.hpp"

namespace voltaic::actors::modbus_device {

/// What the actor needs: its device and the way to it.
struct actor_options {
  model_options model;
  std::uint8_t unit = 1;
  /// To the device's line; false when its queue is full. From any thread.
  std::function<bool(bus::modbus::write_request)> write;
};

/// The catalogue is said again this often, for those who missed it.
inline constexpr std::int64_t catalogue_period_us = 10'000'000;

/// What follows on a set that is over is written again after this where the
/// device did not take it, and is worthless to the line after the same time.
inline constexpr std::int64_t go_back_period_us = 2'000'000;

/// The MODBUS DEVICE actor: turns rounds of polling into telemetry, set
/// commands into writes that are read back, and its contactor's orders into writes. Of a device
/// that feeds a rack the line's time is the chain's, which it passes on.
class modbus_device_actor final : public runtime::actor {
 public:
  /// Throws std::invalid_argument when the options cannot be used.
  modbus_device_actor(runtime::context& context, actor_options options);
  using runtime::actor::receive;
  void receive(const messages::message& message) override;
  void receive(const bus::modbus::poll& poll) override;
  void receive(const bus::modbus::write_answer& answer) override;
  void stored(std::uint64_t token, const bus::storage::append_result& result) override;
  void wake(runtime::instant now) override;
  [[nodiscard]] runtime::condition condition() const override;

 private:
  struct pending_set {
    messages::command command;
    set_plan planned;
    bool is_on_its_way = false; ///< the line has it
  };
  void load_commands();
  /// Gives it to the device's line; else why not.
  [[nodiscard]] std::optional<std::string> write(std::uint64_t token, pending_set& what);
  void handle(const messages::command& command);
  /// Of which only the newest counts: sets of one value, by whatever name. Empty: none.
  [[nodiscard]] std::string lane_of(const messages::command& command) const;
  /// Whether it asks for what the device holds already, so that nothing is to be written.
  [[nodiscard]] bool is_needless(const pending_set& what) const;
  void conclude_held(const pending_set& what);
  /// A heartbeat: written at once or not at all, and kept nowhere, for the next one follows.
  void beat(const messages::command& command);
  /// Whether the answer is to a heartbeat; then its sender is told.
  [[nodiscard]] bool is_beat(const bus::modbus::write_answer& answer);
  void conclude(const messages::result& done, const messages::command& command);
  void keep(const messages::command& command, const std::optional<messages::result>& done,
            std::uint64_t token);
  void advance(runtime::instant now);
  /// Gives the device what follows on a set that is over.
  void go_back();
  /// Gives the device again what it does not hold.
  void hold();
  [[nodiscard]] bool is_awaited(std::uint16_t set) const;
  void judge_reversion(const bus::modbus::write_answer& answer);
  void tell(std::optional<messages::telemetry> telemetry, runtime::instant time);
  void tell_state();
  void tell_notices(const bus::modbus::poll& poll, runtime::instant time);

  runtime::context& context_;
  actor_options options_;
  model model_;
  runtime::command_gate gate_;
  runtime::standing_values standing_;
  line_orders orders_;
  std::map<std::uint64_t, pending_set> pending_; ///< by token, from acceptance to answer
  struct reversion {
    runtime::standing_values::reversion what;
    set_plan planned;
    std::int64_t written_us = 0;
  };
  std::optional<std::pair<std::uint64_t, pending_set>> beat_; ///< by token, on its way
  std::map<std::uint64_t, reversion> reversions_;   ///< by token, on their way to the device
  std::vector<runtime::command_record> unfinished_; ///< in a former life; kept at the first time
  std::uint64_t next_token_;
  runtime::instant now_;
  bool time_known_ = false;
  std::int64_t catalogue_said_us_ = 0;
  bool catalogue_said_ = false;
  device_state told_state_ = device_state::starting;
};

} // namespace voltaic::actors::modbus_device
