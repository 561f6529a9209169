#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "bus/can/file_descriptor.hpp"
#include "bus/can/port.hpp"
#include "bus/can/socketcan/error_frame.hpp"
#include "messages/expected.hpp"

/// What the kernel says of a network interface (rtnetlink, linux/if_link.h).
namespace voltaic::bus::can {

/// One interface.
struct interface_state {
  std::string name;
  std::string kind; ///< "can" or "vcan"; empty where the kernel says none
  int index = 0;
  bool up = false;
  bool is_can = false; ///< at all: others have frames of Ethernet
  bool fd = false;     ///< takes frames of CAN FD
  // What a virtual interface lacks:
  std::uint32_t bitrate = 0;
  std::uint32_t data_bitrate = 0; ///< of what CAN FD switches
  double sample_point_percent = 0;
  std::uint32_t restart_ms = 0; ///< the kernel's own restart after bus-off; 0: none
  std::uint32_t modes = 0;      ///< CAN_CTRLMODE_... that are on
  std::optional<controller_state> state;
  std::optional<error_counters> counters;
};

/// Modes of a controller in which orders do not go out, or are taken for sent though nobody heard
/// them: it listens only, hears itself, does without acknowledgement, or tries once.
[[nodiscard]] std::uint32_t harmful_modes(std::uint32_t modes);
/// As `ip link` names them: "listen-only, loopback". Empty where none is harmful. Pure.
[[nodiscard]] std::string harmful_mode_names(std::uint32_t modes);

/// What one message of the kernel says of interfaces: RTM_NEWLINK, or RTM_DELLINK as one that
/// is gone (`index` 0). None of any other message, or of one that is cut short. Pure.
[[nodiscard]] std::optional<interface_state> read_link_message(std::span<const std::byte> message);

/// Asks the kernel; nothing where there is no such interface. Waits for whoever changes
/// interfaces at that moment, so it is nothing for a thread with a deadline.
[[nodiscard]] messages::expected<std::optional<interface_state>> read_interface(
    const std::string& name);

/// Hears of each change of any interface, without waiting.
class interface_watch {
 public:
  /// Where the system refuses, nothing is heard.
  interface_watch();
  [[nodiscard]] int descriptor() const { return socket_.get(); }
  /// What was said last of the interface `name` since the last time.
  [[nodiscard]] std::optional<interface_state> news_of(const std::string& name);
  /// Whether messages were lost since the last time: `read_interface` says what is true now.
  [[nodiscard]] bool take_loss() { return std::exchange(lost_, false); }

 private:
  bool lost_ = false;
  file_descriptor socket_;
};

} // namespace voltaic::bus::can
