#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/can_device/conversation.hpp"
#include "actors/can_device/j1939_asking_model.hpp"
#include "actors/can_device/j1939_indicator_model.hpp"
#include "actors/can_device/j1939_own_address_model.hpp"
#include "actors/can_device/j1939_trouble_model.hpp"
#include "messages/j1939/transport.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::actors::can_device {

/// How a device of J1939 is doing, as its point `j1939_state` says it.
enum class group_state : std::uint8_t {
  waiting,      ///< nothing was heard yet
  identifying,  ///< it is asked for its NAME, or has claimed and waits
  operational,  ///< it is the right one and lives: what it says is believed
  wrong_device, ///< another one is at its address, or one that says no NAME
  doubled,      ///< two have its NAME, or claim its address
  no_address,   ///< it could claim none
  lost,         ///< it says nothing any more
  never_seen,   ///< nothing was heard within its boot timeout
  listening     ///< on a bus that may only be read: believed until a claim says another
};
/// "operational", "never seen".
[[nodiscard]] std::string_view to_words(group_state state);

/// One whose NAME is not known is asked for it this often, and each time so many everybody is.
inline constexpr std::int64_t ask_name_us = 1'000'000;
inline constexpr int ask_everybody_each = 3;
/// Claims that somebody asked for come within this (J1939-81 4.2.1: 250 ms, and its wait).
inline constexpr std::int64_t asked_claim_us = 500'000;
/// One that claims by itself and goes on talking within this has not begun anew: it would keep
/// silent for 250 ms (J1939-81 4.4.2).
inline constexpr std::int64_t claim_silence_us = 200'000;
/// Of a device that says nothing so often silence tells nothing.
inline constexpr std::int64_t often_us_max = claim_silence_us / 2;
/// What came from a former address may be this old.
inline constexpr std::int64_t former_address_us = 100'000;
/// Two devices are one again after this long without a sign of the other.
inline constexpr std::int64_t device_doubled_hold_us = 10'000'000;
/// After a contest for its address it waits for longer than after a claim, until nobody contests.
inline constexpr std::int64_t contested_wait_us = 2'000'000;
/// A contest is over after this long without another.
inline constexpr std::int64_t contest_over_us = 5'000'000;
/// Resets and moves are told at most this often.
inline constexpr std::int64_t device_reset_told_us = 5'000'000;
/// Its points are said again at most this often.
inline constexpr std::int64_t device_points_us = 100'000;

/// Follows a device of J1939 by its NAME to whatever address it claims, puts together what it says,
/// asks it for groups, and sends to it. Nothing of it is believed before its NAME is found right,
/// and no longer when it is lost, begins anew, or is two. Pure.
class j1939_device final : public conversation {
 public:
  /// `profile` must live as long as this and have a section "j1939" with an address that exists.
  j1939_device(const messages::profiles::device_profile& profile, std::uint32_t id_offset,
               const j1939_role& role);

  [[nodiscard]] bool take(const messages::can::frame& frame) override;
  void step(std::int64_t now_us, std::int64_t utc_offset_us) override;
  [[nodiscard]] std::vector<messages::can::frame> take_frames() override;
  [[nodiscard]] std::vector<messages::can::frame> take_known() override;
  [[nodiscard]] std::vector<answer> take_answers() override;
  [[nodiscard]] std::vector<notice> take_notices() override;
  void unsent(std::int64_t now_us) override { own_.unsent(now_us); }
  [[nodiscard]] bool is_trusted() const override;
  [[nodiscard]] bool prepare(std::vector<messages::can::frame>& frames,
                             std::int64_t now_us) override;
  [[nodiscard]] std::optional<std::uint8_t> address() const override { return at_; }
  void describe(const std::string& device,
                std::vector<messages::point_description>& into) const override;
  [[nodiscard]] std::vector<messages::block> take_blocks(std::uint16_t first,
                                                         std::int64_t now_us) override;
  [[nodiscard]] group_state state() const { return state_; }

 private:
  void hear_claim(std::uint8_t from, std::uint64_t name, std::int64_t now_us);
  /// A claim of the right NAME.
  void on_own_claim(std::uint8_t from, std::uint64_t name, std::int64_t now_us);
  void on_same_place(std::uint64_t name, std::int64_t now_us);
  /// A claim of its address by a NAME that is not its own.
  void on_foreign_claim(std::uint64_t name, std::int64_t now_us);
  void on_address_lost(std::uint64_t name, std::int64_t now_us);
  void hear_request(const messages::j1939::packet& heard, std::int64_t now_us);
  void hear_own(const messages::j1939::packet& heard, std::int64_t now_us);
  void hear_former(std::int64_t now_us);
  void hear(const messages::j1939::message& heard, std::int64_t now_us);
  void heed(messages::j1939::transport_output&& said, std::int64_t now_us);

  void move_to(std::uint8_t address, std::int64_t now_us);
  /// What was under way with its former address is over.
  void end_transfers();
  void verify(std::uint64_t name, std::int64_t now_us);
  void begin_anew(const char* state, const std::string& why, std::int64_t now_us);
  void become_operational();
  void refuse(const std::string& why);
  void see_double(const std::string& why, std::int64_t now_us);
  void lose(const std::string& why);
  void step_state(std::int64_t now_us);
  void ask_name(std::int64_t now_us);
  void say(const messages::j1939::packet& one);

  /// Whether a NAME may be its own, as far as it is stated or known.
  [[nodiscard]] bool fits(std::uint64_t name) const;
  /// It has claimed, and nothing has spoken against it since.
  [[nodiscard]] bool is_known() const;
  /// Only one device can have such a NAME, and it may be at any address: it is followed.
  [[nodiscard]] bool is_followed(std::uint64_t name) const;
  /// It may have moved to where nobody knows.
  [[nodiscard]] bool is_to_be_found() const;
  [[nodiscard]] std::string place() const;

  const messages::profiles::device_profile& profile_;
  messages::profiles::j1939_rule rule_;
  j1939_role role_;
  own_address own_;
  messages::j1939::transport transport_;
  group_asking asking_;
  trouble_watch troubles_;
  indicator_watch indicators_;
  std::map<std::uint32_t, std::uint16_t> messages_; ///< of the profile, by group
  bool talks_often_ = false;                        ///< while it is well, by its profile

  group_state state_ = group_state::waiting;
  std::uint8_t preferred_;               ///< address of the profile and site file
  std::uint8_t at_;                      ///< its present address
  std::optional<std::uint64_t> name_;    ///< that it claimed with
  std::optional<std::uint8_t> former_;   ///< address that it left, and that nobody else has
  std::int64_t moved_us_ = 0;            ///< when
  std::optional<std::int64_t> began_us_; ///< first grid instant
  std::optional<std::int64_t> heard_us_; ///< last frame from its address
  std::int64_t talked_us_ = 0;           ///< last one that was no claim
  static constexpr auto never_us = std::numeric_limits<std::int64_t>::max();
  std::int64_t sure_us_ = never_us;          ///< end of the wait after its claim
  std::optional<std::int64_t> requested_us_; ///< last request for claims that was heard or sent
  std::optional<std::int64_t> reset_due_us_; ///< silent up to then it has begun anew
  std::int64_t ask_due_us_ = 0;
  int asked_ = 0;                            ///< since it was last known
  std::optional<std::int64_t> mute_us_;      ///< asked since then while it talks, and no claim
  std::optional<std::int64_t> contested_us_; ///< last claim of somebody else
  std::int64_t doubled_us_ = 0;              ///< last sign of two
  std::optional<std::int64_t> reset_told_us_;
  std::uint64_t resets_untold_ = 0;
  std::string wrong_; ///< why it is not the right one
  bool reset_stands_ = false;
  bool never_seen_told_ = false;
  bool lost_told_ = false;
  bool doubled_told_ = false;
  bool wrong_told_ = false;

  std::uint64_t failed_transfers_ = 0; ///< of messages to and from it

  std::vector<messages::can::frame> frames_;
  std::vector<messages::can::frame> known_;
  std::vector<answer> answers_;
  std::vector<notice> notices_;
  std::vector<std::string> points_said_;
  std::array<std::int64_t, 3> counts_said_{-1, -1, -1};
  std::optional<std::int64_t> points_said_us_;
};

} // namespace voltaic::actors::can_device
