#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/can_device/canopen_access_model.hpp"
#include "actors/can_device/canopen_boot_model.hpp"
#include "actors/can_device/canopen_emergency_model.hpp"
#include "actors/can_device/canopen_supervision_model.hpp"
#include "actors/can_device/conversation.hpp"
#include "messages/canopen/network_management.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::actors::can_device {

/// How a node is doing, as its point `canopen_state` says it.
enum class node_state : std::uint8_t {
  waiting,     ///< nothing was heard yet
  identifying, ///< it is asked who it is
  configuring, ///< its objects are compared and written
  starting,    ///< told to start
  operational, ///< commissioned, and lives: what it says is believed
  failed,      ///< not commissioned; tried again
  lost,        ///< no heartbeat, no answers to guarding
  never_seen,  ///< nothing was heard within its boot timeout
  doubled,     ///< two nodes have its number
  listening    ///< on a bus that may only be read: believed while it says operational
};
/// "operational", "never seen".
[[nodiscard]] std::string_view to_words(node_state state);

/// A node that was not there is asked again this often.
inline constexpr std::int64_t ask_again_us = 1'000'000;
/// One whose boot failed is booted again after this.
inline constexpr std::int64_t boot_again_us = 5'000'000;
/// A node told to start says that it has within this, or it is told again.
inline constexpr std::int64_t start_again_us = 1'000'000;
/// So often.
inline constexpr int starts_max = 3;
/// Resets are told at most this often.
inline constexpr std::int64_t reset_told_us = 5'000'000;
/// Two nodes are one again after this long without a sign of the other.
inline constexpr std::int64_t node_doubled_hold_us = 10'000'000;
/// Its points are said again at most this often.
inline constexpr std::int64_t node_points_us = 100'000;

/// What a node's master does on its bus.
struct master_role {
  bool sends = true;         ///< false: the bus may only be read
  bool produces_sync = true; ///< false: the master of another node on the bus does
  bool produces_time = true;
  std::uint8_t own_node = 0; ///< we are this node, for which this device's actor speaks; 0: not
};

/// Commissions a CANopen node by its profile and supervises it: the NMT master of one node. Nothing
/// that it sends is believed before its identity and configuration are found right, and no longer
/// when it is lost, begins anew, or is two. Pure.
class canopen_node final : public conversation {
 public:
  /// `profile` must live as long as this and have a section "canopen" with a node that exists.
  canopen_node(const messages::profiles::device_profile& profile, std::uint32_t id_offset,
               const master_role& role);

  [[nodiscard]] bool take(const messages::can::frame& frame) override;
  void step(std::int64_t now_us, std::int64_t utc_offset_us) override;
  [[nodiscard]] std::vector<messages::can::frame> take_frames() override;
  [[nodiscard]] std::vector<answer> take_answers() override;
  [[nodiscard]] std::vector<messages::can::frame> take_known() override;
  [[nodiscard]] std::vector<notice> take_notices() override;
  /// Orders and limits are for a node that is commissioned; of two with one number both open.
  [[nodiscard]] bool prepare(std::vector<messages::can::frame>& frames,
                             std::int64_t now_us) override;
  [[nodiscard]] bool is_trusted() const override;
  void describe(const std::string& device,
                std::vector<messages::point_description>& into) const override;
  [[nodiscard]] std::vector<messages::block> take_blocks(std::uint16_t first,
                                                         std::int64_t now_us) override;
  [[nodiscard]] node_state state() const { return state_; }

 private:
  // An object that is read again and again.
  struct reading {
    std::uint16_t message = 0;
    messages::canopen::object_address of;
    std::int64_t period_us = 0;
    std::int64_t due_us = 0;
    bool told = false; ///< that it fails
  };

  void hear(const messages::canopen::error_control& said, std::int64_t now_us);
  /// True: of a PDO whose mapping the device says.
  [[nodiscard]] bool arrange(const messages::can::frame& frame);
  void on_boot_up(std::int64_t now_us);
  void on_state_said(std::int64_t now_us);
  /// From the reset of its communication on, where the profile wants that.
  void begin_boot(std::int64_t now_us);
  void boot_now(std::int64_t now_us);
  void show_begun();
  void tell_reset(const char* state, const std::string& reason, std::int64_t now_us);
  /// Whatever can be done now, until an answer is awaited.
  void go_on(std::int64_t now_us);
  void settle(const access_result& done);
  void do_next(std::int64_t now_us);
  void start(std::int64_t now_us);
  void become_operational(std::int64_t now_us);
  void fail(const boot_error& why, std::int64_t now_us);
  void lose(std::int64_t now_us);
  void see_double(const std::string& why, std::int64_t now_us);
  void tell_abort(const access_result& done, const std::string& what);
  void order(messages::canopen::nmt_command command);
  void step_boot(std::int64_t now_us);
  void produce(std::int64_t now_us, std::int64_t utc_offset_us);

  const messages::profiles::device_profile& profile_;
  const messages::profiles::canopen_rule& rule_;
  std::uint8_t node_;
  master_role role_;
  object_access access_;
  boot_model boot_;
  node_supervision supervision_;
  emergency_watch emergencies_;
  std::vector<reading> readings_;
  std::optional<std::size_t> active_reading_;

  node_state state_ = node_state::waiting;
  std::optional<messages::canopen::nmt_state> said_; ///< by the node, last
  bool heard_ = false;                               ///< anything of it, ever
  bool booting_ = false;                             ///< accesses are those of the boot
  bool resetting_ = false;                           ///< a boot-up is what we ordered
  std::optional<std::int64_t> began_us_;
  std::int64_t again_us_ = 0; ///< when to boot again, or to start again
  int starts_ = 0;
  std::int64_t doubled_us_ = 0;               ///< last sign of two
  std::optional<std::int64_t> reset_told_us_; ///< last told reset
  std::uint64_t resets_untold_ = 0;
  bool reset_stands_ = false;       ///< told, and not yet over
  std::optional<boot_error> error_; ///< of the last boot
  bool never_seen_told_ = false;
  bool lost_told_ = false;
  bool doubled_told_ = false;
  bool abort_told_ = false;
  std::optional<std::int64_t> sync_due_us_;
  std::optional<std::int64_t> time_due_us_;

  std::vector<messages::can::frame> frames_;
  std::vector<messages::can::frame> known_;
  std::vector<answer> answers_;
  std::vector<notice> notices_;
  std::vector<std::string> points_said_;
  std::optional<std::int64_t> points_said_us_;
};

} // namespace voltaic::actors::can_device
