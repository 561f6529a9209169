#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bus/can/socketcan/interface.hpp"
#include "messages/expected.hpp"

/// Setting up CAN interfaces, for which the kernel wants CAP_NET_ADMIN.
namespace voltaic::bus::can {

/// How an interface is to be. The kernel's own restart after bus-off is always off: it would send
/// what waited, however old, and as often as it likes.
struct interface_settings {
  std::string name;
  std::uint32_t bitrate = 500'000;
  std::optional<double> sample_point_percent; ///< none: as the driver chooses
  std::uint32_t data_bitrate = 0;             ///< of what CAN FD switches; 0: classic frames alone
  friend bool operator==(const interface_settings&, const interface_settings&) = default;
};

/// What has to be done to it, in this order.
struct interface_steps {
  bool take_down = false; ///< settings of one that is up cannot be changed
  bool configure = false;
  bool bring_up = false;
  friend bool operator==(const interface_steps&, const interface_steps&) = default;
};

/// Nothing where it is as it is to be: who sets up twice disturbs nobody. A virtual interface has
/// nothing to configure. Pure.
[[nodiscard]] interface_steps steps_to(const interface_state& now,
                                       const interface_settings& wanted);

/// The request to the kernel that sets bit rates, sample point, CAN FD where it is wanted, and no
/// restart of its own, and switches off what is harmful among the modes that are on. Pure.
[[nodiscard]] std::vector<std::byte> settings_request(int interface_index,
                                                      const interface_settings& wanted,
                                                      std::uint32_t modes_now);
/// The request that brings an interface up or takes it down. Pure.
[[nodiscard]] std::vector<std::byte> up_request(int interface_index, bool up);

/// The kernel rounds sample points to what a controller's clock divides into: an SJA1000 makes 75 %
/// of 80 % at 250 kbit/s. So near is the same, or it would be set anew for ever.
inline constexpr double sample_point_tolerance_percent = 5.0;
/// Whether the sample point is farther from the wanted one than that. Pure.
[[nodiscard]] bool has_other_sample_point(const interface_state& got,
                                          const interface_settings& wanted);
/// What an interface runs by, for people: "500000 bit/s, sample point 75.0 % (wanted 80.0 %)". A
/// virtual one has no sample point. Pure.
[[nodiscard]] std::string setting_words(const interface_state& got,
                                        const interface_settings& wanted);

/// Does what is missing; true when there was something. The failure names the interface, and
/// what it takes to be allowed.
[[nodiscard]] messages::expected<bool> set_up(const interface_settings& wanted);

/// Takes it down and brings it up again: a controller that is bus-off takes part again, and
/// what waited in the kernel's queue for it is gone, not sent.
[[nodiscard]] messages::expected<bool> restart_interface(const interface_settings& wanted);

} // namespace voltaic::bus::can
