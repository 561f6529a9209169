#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "actors/can_device/canopen_node_model.hpp"
#include "actors/can_device/conversation.hpp"
#include "actors/can_device/first_sign_model.hpp"
#include "actors/can_device/frame_watch_model.hpp"
#include "actors/can_device/j1939_device_model.hpp"
#include "actors/can_device/own_points_model.hpp"
#include "actors/can_device/scan_model.hpp"
#include "messages/can/frame.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/expected.hpp"
#include "messages/profiles/decode_plan.hpp"
#include "messages/profiles/device_profile.hpp"

/// What a CAN device says, from the frames that came and the time that passed.
namespace voltaic::actors::can_device {

/// Everything the device's time is judged on lies on this grid.
inline constexpr std::int64_t grid_us = 10'000;
/// A longer hole in the port's time is jumped over: nobody lived through it.
inline constexpr std::int64_t grid_gap_max_us = 1'000'000;
/// The chain hears the time at least this often.
inline constexpr std::int64_t tick_period_max_us = 50'000;
/// Good samples in a row that make a stale value good again.
inline constexpr std::uint8_t good_again_samples = 3;
/// For messages that declare no period.
inline constexpr std::int64_t period_default_us = 1'000'000;

/// Which device the model plays, and how it speaks.
struct model_options {
  std::string name;    ///< of the device: "bms_0"
  std::string subject; ///< whose points these are: the rack's name, or the device's
  std::uint32_t id_offset = 0;
  std::shared_ptr<const messages::profiles::device_profile> profile;
  master_role role;      ///< of a node of CANopen
  j1939_role group_role; ///< on a bus of J1939

  /// Everything that is wrong, at once; empty when nothing is.
  [[nodiscard]] std::vector<std::string> validate() const;
};

/// Telemetry, the chain's time, what people are told, or a frame that asks the device for
/// something; with its source time.
struct said {
  std::variant<messages::telemetry, messages::tick, notice, messages::can::frame> content;
  std::int64_t time_us = 0;
  friend bool operator==(const said&, const said&) = default;
};

/// One element of a point as it is known now.
struct element {
  double value = 0; ///< in the point's unit
  messages::quality quality = messages::quality::never;
  std::int64_t time_us = 0;
};

/// Frames since the start, and those of which nothing was taken.
struct model_counters {
  std::uint64_t frames = 0; ///< of this device
  std::uint64_t bad_length = 0;
  std::uint64_t bad_checksum = 0;
  std::uint64_t unknown_selector = 0;
  std::uint64_t ignored = 0; ///< remote and error frames
};

/// How much of what the profile lists the device says: nothing since the start, every message
/// within its stale bound, or not every one.
enum class presence : std::uint8_t { nothing_yet, all, some_silent };

/// Pure: what it says depends on the stamped frames alone, never on how they
/// were grouped into batches.
class model {
 public:
  [[nodiscard]] static messages::expected<model> create(model_options options);

  /// Frames in order of their stamps, and that nothing else came up to `now_us`.
  [[nodiscard]] std::vector<said> step(std::span<const messages::can::frame> frames,
                                       std::int64_t now_us, std::int64_t utc_offset_us);

  /// What is sent for a frame of the profile's commands; nothing: not now.
  [[nodiscard]] std::optional<std::vector<messages::can::frame>> frames_for(
      const messages::can::frame& made, std::int64_t now_us);
  /// The bus is down for what a conversation was to send.
  void unsent(std::int64_t now_us);
  /// Nothing speaks against it that who speaks is the device that the profile means.
  [[nodiscard]] bool is_trusted() const;
  /// Of a device of J1939, where it is now.
  [[nodiscard]] std::optional<std::uint8_t> address() const;

  [[nodiscard]] const messages::catalogue& catalogue() const { return catalogue_; }
  [[nodiscard]] std::optional<element> read(std::uint16_t point, std::uint32_t index) const;
  /// How much of what the device should send is there.
  [[nodiscard]] presence heard() const;
  [[nodiscard]] model_counters counters() const;

 private:
  using plan = messages::profiles::decode_plan;

  struct cell {
    messages::quality quality = messages::quality::never;
    bool recovering = false;   ///< was stale and has not yet been good often enough
    std::uint8_t good_run = 0; ///< good samples in a row while recovering
  };
  // What one carrier brings of one point: arrives and ages in one piece.
  struct part {
    std::uint16_t point = 0;
    std::uint32_t first = 0; ///< element of the point
    std::uint32_t count = 0;
    std::int64_t stale_after_us = 0;
    std::int64_t seen_us = 0;
    bool ever_seen = false;
    bool stale = false;
  };
  struct point_state {
    std::uint32_t first_cell = 0; ///< in cells_ and the value arrays
    std::uint32_t first_part = 0;
    std::uint32_t part_count = 0;
    scan_model scan;
    bool changed = false; ///< a quality changed without a frame
  };

  model(model_options options, plan decoder);
  void lay_out();
  void advance(std::int64_t to_us, std::vector<said>& out);
  void grid(std::int64_t now_us, std::vector<said>& out);
  /// Points whose quality changed or whose scan nobody will end.
  void say_due(std::int64_t now_us, std::vector<said>& out);
  void age(std::int64_t now_us);
  void apply(const messages::can::frame& frame, std::vector<said>& out);
  void decode(const messages::can::frame& frame, std::vector<said>& out);
  /// Takes what was decoded into `samples_`.
  void accept(const plan::applied& what, std::int64_t time_us, std::vector<said>& out);
  /// Answers, requests and what is to be told of them; what is not to be believed.
  void heed_conversations(std::int64_t time_us, std::vector<said>& out);
  void heed(conversation& one, std::int64_t time_us, std::vector<said>& out);
  /// What the watch has to tell; where two devices speak, nothing of them is believed.
  void heed_watch(std::int64_t time_us, std::vector<said>& out);
  void distrust_all();
  void distrust(part& one);
  void say_own_points(std::int64_t now_us, std::vector<said>& out);
  /// Parts that come with a frame: those of the carrier, or none.
  [[nodiscard]] std::span<const std::uint32_t> parts_of(std::uint16_t carrier) const;
  void end_scans(std::span<const std::uint32_t> parts, std::int64_t time_us);
  void note_ended(std::uint16_t point);
  void say_ended(std::int64_t time_us, std::vector<said>& out);
  void take(const messages::profiles::sample& sample);
  void mark(std::span<const std::uint32_t> parts, std::int64_t time_us);
  void say(const std::vector<std::uint16_t>& points, std::int64_t time_us, std::vector<said>& out);
  [[nodiscard]] messages::block make_block(std::uint16_t point) const;

  model_options options_;
  plan plan_;
  frame_watch watch_;
  own_points own_points_;
  struct talk {
    std::unique_ptr<conversation> with;
    std::uint16_t first_point = 0; ///< of its own, in the catalogue
  };
  std::vector<talk> talks_;
  std::optional<first_sign> first_sign_; ///< where no conversation tells it
  bool is_heard_ = false;                ///< some frame of it has come
  messages::catalogue catalogue_;
  std::vector<point_state> points_;
  std::vector<part> parts_;                            ///< sorted by point, as the plan's coverages
  std::vector<std::vector<std::uint32_t>> by_carrier_; ///< parts of each carrier
  std::vector<cell> cells_;
  std::vector<std::int64_t> raw_;
  std::vector<double> real_;
  std::vector<messages::profiles::sample> samples_;
  std::vector<std::uint16_t> ended_; ///< points whose scan the frame at hand ended or completed
  model_counters counters_;
  std::optional<std::int64_t> grid_now_us_;
  std::int64_t stale_due_us_ = 0;   ///< no part becomes stale up to then
  std::int64_t overdue_due_us_ = 0; ///< and no scan overdue
  bool any_changed_ = false;        ///< some point is `changed`
  std::uint32_t parts_never_seen_ = 0;
  std::uint32_t parts_stale_ = 0;
  std::int64_t utc_offset_us_ = 0;
  std::int64_t last_tick_us_ = 0;
  bool said_since_tick_ = false;
};

} // namespace voltaic::actors::can_device
