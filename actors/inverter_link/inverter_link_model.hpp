#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "actors/inverter_link/battery_model.hpp"
#include "actors/inverter_link/bus_current_model.hpp"
#include "actors/inverter_link/falling_model.hpp"
#include "actors/inverter_link/heartbeat_model.hpp"
#include "actors/inverter_link/link_options.hpp"
#include "actors/inverter_link/partner_model.hpp"
#include "actors/inverter_link/range_model.hpp"
#include "actors/inverter_link/readback_model.hpp"
#include "actors/inverter_link/register_model.hpp"
#include "actors/inverter_link/schedule_model.hpp"
#include "actors/inverter_link/told_limits_model.hpp"
#include "messages/can/frame.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/time.hpp"

/// What one inverter is told about its battery, and when the two are kept apart.
namespace voltaic::actors::inverter_link {

/// How battery and inverter get on; spelled so in `bms_communication`.
enum class communication : std::uint8_t { disconnected, connecting, normal, degraded };
[[nodiscard]] std::string_view to_string(communication of);

/// Points are said at least this often, and when another cause binds, at most this often.
inline constexpr std::int64_t points_period_us = 500 * messages::us_per_ms;
inline constexpr std::int64_t causes_spacing_us = 100 * messages::us_per_ms;
/// An absorption voltage further above the limit than this is another one, after so long.
inline constexpr double absorption_tolerance_v = 1.0;
inline constexpr std::int64_t absorption_patience_us = 10 * messages::us_per_s;
/// Somebody else who sends the battery's frames is remembered this long.
inline constexpr std::int64_t rival_memory_us = 10 * messages::us_per_s;
/// A current in standby that is smaller flows through nobody: it is what sensors show.
inline constexpr double standby_current_a = 2.0;
/// In standby the inverter has this long to come to rest before racks are opened; they are
/// told again this often.
inline constexpr std::int64_t standby_rest_us = 2 * messages::us_per_s;
inline constexpr std::int64_t ask_again_us = 10 * messages::us_per_s;
/// The bus refused frames this short a time ago: it is not there.
inline constexpr std::int64_t refused_memory_us = 2 * messages::us_per_s;

/// Something that happened, for the journal.
struct report {
  std::string code;
  std::string state;
  std::string reason;
};

/// A command that has to be given: a point and its value.
struct wish {
  std::string point;
  std::variant<double, std::string> value;
  std::string reason;
};

/// What follows from a step.
struct outputs {
  std::vector<messages::can::frame> frames;
  std::vector<written_value> values; ///< all that a Modbus inverter has to hold now
  std::optional<written_value> beat; ///< our heartbeat: another value each period
  std::vector<report> reports;
  std::vector<wish> wishes;
  std::optional<messages::telemetry> said;
};

/// Pure: time is what it is told. Limits are those of the instant; nothing is said twice
/// from memory.
class model {
 public:
  /// The options must be valid.
  explicit model(model_options options);

  [[nodiscard]] const messages::catalogue& catalogue() const { return catalogue_; }

  void learn(const messages::catalogue& described);
  void take(const messages::telemetry& said, std::int64_t now_us);
  void take(const messages::limits& said, std::int64_t now_us) { battery_.take(said, now_us); }
  /// From the inverter's bus, without its own.
  void take(std::span<const messages::can::frame> frames, std::int64_t now_us);
  /// What people set for the points that the link writes, from now on.
  void take(std::vector<standing_cap> caps) { caps_ = std::move(caps); }
  /// What the inverter is told of this item now, or, where its register holds less, that; as it is
  /// shown. Empty: nothing.
  [[nodiscard]] std::string told_text(messages::inverter::item which) const;
  /// The bus or the inverter's device did not take what a step gave.
  void was_refused(std::int64_t now_us) { refused_us_ = now_us; }
  /// What a wish asked for was carried out.
  void was_granted(const std::string& point);

  [[nodiscard]] outputs step(messages::instant now);

  [[nodiscard]] const told_limits& told() const { return told_; }

 private:
  void take_frame(const messages::can::frame& frame, std::int64_t now_us);
  void take_device(const std::vector<std::size_t>& changed, std::int64_t now_us);
  /// What the inverter says, while it does.
  [[nodiscard]] std::optional<double> inverter_number(messages::inverter::item which,
                                                      std::int64_t now_us) const;
  void judge_compatibility(presence inverter, std::int64_t now_us, outputs& out);
  void judge_absorption(std::int64_t now_us, outputs& out);
  void judge_rival(std::int64_t now_us, outputs& out);
  void judge_communication(presence inverter, messages::instant now, outputs& out);
  [[nodiscard]] communication communication_of(presence inverter, std::int64_t now_us) const;
  [[nodiscard]] std::string reason_of(communication of, presence inverter) const;
  void judge_causes(std::int64_t now_us);
  void compare_currents(std::int64_t now_us);
  void hold_voltages();
  /// What the registers read counts among what binds, where it is tighter than what they are told.
  void read_back(const std::vector<written_value>& wanted, const battery_state& battery,
                 std::int64_t now_us);
  [[nodiscard]] std::vector<named_cap> caps_of_people() const;
  void drop_relay(std::int64_t now_us, outputs& out);
  void keep_apart(presence inverter, const battery_state& battery, std::int64_t now_us,
                  outputs& out);
  void fill(const battery_state& battery);
  void add_identity();
  void stop_unsayable(const battery_state& battery, std::int64_t now_us, outputs& out);
  void encode_frames(std::int64_t now_us, outputs& out);
  [[nodiscard]] messages::telemetry say(std::int64_t now_us) const;

  model_options options_;
  battery_model battery_;
  bus_current_model currents_;
  partner_model partner_;
  heartbeat_model heartbeat_;
  schedule_model schedule_;
  falling_model falling_;
  range_model ranges_;       ///< of a CAN inverter
  register_model registers_; ///< of a Modbus inverter
  readback_model readback_;  ///< the same
  told_limits told_;
  std::vector<standing_cap> caps_;
  std::optional<double> last_charge_v_; ///< told last
  std::optional<double> last_discharge_v_;
  messages::inverter::payload payload_;                    ///< what is told
  messages::inverter::payload inverter_;                   ///< what the inverter says
  std::vector<std::optional<messages::joining>> standing_; ///< of the racks, as of the last step
  std::int64_t inverter_heard_us_ = 0;                     ///< when it said so
  messages::catalogue catalogue_;
  // Of a Modbus inverter.
  messages::points::watched_points device_points_;
  struct device_item {
    messages::inverter::item item = 0;
    std::size_t place = 0;
  };
  std::vector<device_item> device_items_;
  std::optional<std::size_t> heartbeat_place_;
  std::map<std::size_t, std::int64_t> device_heard_us_; ///< by place: the newest source time
  std::map<std::string, std::size_t> written_places_;   ///< of what the link writes, by its point
  // What stands.
  communication communication_ = communication::connecting;
  std::int64_t communication_since_utc_us_ = 0;
  bool is_started_ = false;
  std::string mismatch_told_; ///< how battery and inverter do not fit, as it was told
  std::optional<std::int64_t> refused_us_;
  std::optional<std::int64_t> rival_us_;
  bool is_rival_told_ = false;
  std::optional<std::int64_t> absorption_wrong_us_;
  bool is_absorption_told_ = false;
  bool has_missing_ = false; ///< a frame lacked a value
  std::optional<std::int64_t> standby_us_;
  std::optional<std::int64_t> relay_asked_us_;
  bool is_relay_dropped_ = false;
  std::optional<std::int64_t> opened_us_;
  std::optional<std::int64_t> points_said_us_;
  std::string causes_said_; ///< what bound when the points were said for it
  std::optional<std::int64_t> causes_said_us_;
};

} // namespace voltaic::actors::inverter_link
