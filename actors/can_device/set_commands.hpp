#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/can_device/can_device_model.hpp"
#include "actors/can_device/transmit_model.hpp"
#include "actors/runtime/actor.hpp"
#include "actors/runtime/command_gate.hpp"
#include "actors/runtime/standing_values.hpp"
#include "bus/can/port.hpp"
#include "messages/profiles/encode_plan.hpp"

namespace voltaic::actors::can_device {

/// Sends a frame on the device's bus; never blocks.
using frame_sender = std::function<bus::can::send_result(const messages::can::frame&)>;

/// The last hop of `set`: journals, sends, waits until the device itself
/// reports the value, and takes back what was set for a time only.
class set_commands {
 public:
  /// Loads what the journal remembers: an unfinished command is `unknown`.
  set_commands(runtime::context& context, messages::profiles::encode_plan plan, frame_sender send);

  /// J1939: where the device is now, for frames that say it.
  void set_address(std::uint8_t address) { plan_.set_address(address); }
  void receive(const messages::command& command, runtime::instant now);
  void stored(std::uint64_t token, const bus::storage::append_result& result, runtime::instant now);
  /// Acts on what is durable, compares what is awaited with what the device says, and ends what is
  /// over.
  void step(const model& device, runtime::instant now);

 private:
  struct pending {
    messages::command command;
    std::uint16_t set = 0; ///< of the plan
    double value = 0;
    runtime::instant started;
    bool durable = false; ///< it may act at the next step
    std::optional<std::int64_t> sent_us;
  };
  void load();
  [[nodiscard]] std::optional<std::string> refusal(const messages::command& command,
                                                   pending& next) const;
  void conclude(const pending& what, messages::outcome how, std::string reason,
                std::string read_back, runtime::instant now);
  /// Sends it if it is in time and the chain does not lag. False: it is concluded.
  [[nodiscard]] bool act(pending& one, const model& device, runtime::instant now);
  /// Concludes it without a frame where the device holds the value already.
  [[nodiscard]] bool is_needless(const pending& one, const model& device, runtime::instant now);
  /// Of which only the newest counts: sets of one value, by whatever name. Empty: none.
  [[nodiscard]] std::string lane_of(const messages::command& command) const;
  /// Gives the device again what it does not hold.
  void hold(const model& device, runtime::instant now);
  /// Another one for the same set waits behind it to act.
  [[nodiscard]] bool is_followed(const pending& one) const;
  /// What was sent for this set and is not concluded.
  [[nodiscard]] std::vector<double> on_their_way(std::uint16_t set) const;
  /// Ends what was sent for the same set before: what the device reports from now on says nothing
  /// of it.
  void conclude_those_before(const pending& newest, runtime::instant now);
  [[nodiscard]] bool is_awaited(std::uint16_t set, runtime::instant now) const;
  /// Gives the device what follows on a set that is over.
  void go_back(runtime::instant now);
  void remember(const std::string& key, std::string body, runtime::instant now);
  /// Sends again what is in force, where the profile wants that in each period.
  void repeat(const model& device, runtime::instant now);
  /// What was sent last and is not answered yet, else what is in force, or a tighter value that the
  /// device has taken by itself. Nothing where nobody ever said, or the device does not report.
  [[nodiscard]] std::optional<double> to_repeat(std::uint16_t set, const model& device,
                                                runtime::instant now);
  /// Whether the bus took it. Not while its gap runs: see `may_send`.
  [[nodiscard]] bool send(std::uint16_t set, double value, runtime::instant now);

  runtime::context& context_;
  messages::profiles::encode_plan plan_;
  frame_sender send_;
  runtime::command_gate gate_;
  runtime::standing_values standing_;
  transmit_model timing_;
  std::map<std::uint64_t, pending> pending_; ///< by token of the journal
  std::vector<messages::result> unfinished_; ///< in a former life; kept at the first step
  std::uint64_t next_token_ = 1;
  std::vector<std::uint64_t> counters_; ///< of the frames sent, by the plan's position
};

} // namespace voltaic::actors::can_device
