#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "actors/inverter_link/inverter_link_model.hpp"
#include "actors/inverter_link/people_caps.hpp"
#include "actors/runtime/actor.hpp"

namespace voltaic::actors::inverter_link {

/// A value of a Modbus inverter holds this long without the link; then it is zero again.
inline constexpr std::int64_t value_lease_us = 60 * messages::us_per_s;
/// It is set again before that, however little has changed;
inline constexpr std::int64_t value_renewal_us = 50 * messages::us_per_s;
/// and a change is set at most this often, unless it is to zero.
inline constexpr std::int64_t value_spacing_us = messages::us_per_s;
/// A heartbeat that is not written by then is worthless.
inline constexpr std::int64_t beat_deadline_us = 900 * messages::us_per_ms;
/// Heartbeats in a row that the device did not take before that is told.
inline constexpr int beats_refused_max = 3;
/// A command of a link has to be carried out within this.
inline constexpr std::int64_t command_deadline_us = 5 * messages::us_per_s;

using frame_sender = std::function<bus::can::send_result(const messages::can::frame&)>;

struct actor_options {
  model_options model;
  std::vector<std::string> sources; ///< whoever says a point of a rack, the system or the device
  frame_sender send;                ///< to a CAN inverter's bus; empty: it is on a line
};

/// The INVERTER LINK actor: what the battery's actors say in; frames, or values of a Modbus
/// inverter's device, out.
class inverter_link_actor final : public runtime::actor {
 public:
  /// Throws std::invalid_argument with every finding of the options.
  inverter_link_actor(runtime::context& context, actor_options options);
  using runtime::actor::receive;
  void receive(const messages::message& message) override;
  void receive(const bus::can::batch& batch) override;
  void stored(std::uint64_t token, const bus::storage::append_result& result) override;
  void wake(runtime::instant now) override;
  [[nodiscard]] runtime::condition condition() const override;

 private:
  /// What a point of the inverter's device was given last.
  struct given_value {
    double value = 0;
    std::int64_t at_us = 0;
    bool is_base_given = false; ///< zero, which follows when a lease ends
    bool is_given = false;      ///< the value, and nobody said that it was not taken
    std::optional<double> held; ///< the device surely took it
    bool is_doubtful = false;   ///< it may hold more than it should
  };
  /// A command whose answer is awaited.
  struct asked {
    std::string point;
    bool is_base = false;
    double value = 0;
  };
  /// The last heartbeat and how the ones before it fared.
  struct own_heartbeat {
    double value = 0;
    std::string key;
    int refused = 0; ///< in a row
  };

  void step(runtime::instant now);
  void tell(const report& told, runtime::instant now);
  void write(const written_value& wanted, runtime::instant now);
  void give(const std::string& target, const std::string& point,
            std::variant<double, std::string> value, std::int64_t lease_us,
            const std::string& reason, runtime::instant now, bool is_base = false);
  void write_standing(const written_value& wanted, runtime::instant now);
  void beat(const written_value& wanted, runtime::instant now);
  [[nodiscard]] messages::command order(const std::string& target, const std::string& point,
                                        runtime::instant now);
  void take(const messages::result& done, runtime::instant now);
  void take_beat(const messages::result& done, runtime::instant now);
  void note_refusal(const std::string& point, const messages::result& done, runtime::instant now);

  runtime::context& context_;
  actor_options options_;
  model model_;
  people_caps caps_;
  std::map<std::string, given_value> given_;  ///< by the device's point
  std::map<std::string, asked> on_their_way_; ///< by the command's key
  std::string refused_point_;                 ///< told already
  own_heartbeat beat_;
  std::uint64_t commands_ = 0;
  runtime::instant stepped_;
  bool described_ = false;
};

} // namespace voltaic::actors::inverter_link
