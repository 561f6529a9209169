#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/profiles/device_profile.hpp"

/// Other identifiers for a profile's messages, as a bridge gives them that joins identical devices
/// on one bus.
namespace voltaic::messages::profiles {

/// An identifier of 11 bits, or of 29 if extended.
struct frame_id {
  std::uint32_t id = 0;
  bool extended = false;
  friend auto operator<=>(const frame_id&, const frame_id&) = default;
};
/// "0x088" (11 bits) or "0x18FF50E5" (29 bits); nothing for any other text.
[[nodiscard]] std::optional<frame_id> parse_frame_id(std::string_view text);
/// As profiles spell it: "0x088".
[[nodiscard]] std::string to_text(frame_id id);

/// What the profile calls `from` is `to` on the device's bus.
struct id_change {
  frame_id from;
  frame_id to;
  friend bool operator==(const id_change&, const id_change&) = default;
};

/// Gives messages and commands other identifiers. The first one of a repeated message moves all of
/// it. What comes back is wrong with the changes, in words; the profile is not to be used then.
[[nodiscard]] std::vector<std::string> remap(device_profile& profile,
                                             std::span<const id_change> changes);

/// What a bridge does to a device's frames by such changes, for who plays the device behind it.
class id_translation {
 public:
  /// Nothing is changed.
  id_translation() = default;
  /// `remapped` is the profile once `remap` took these changes without a mistake.
  id_translation(const device_profile& remapped, std::span<const id_change> changes);

  /// The identifier on the bus of what the device calls so.
  [[nodiscard]] frame_id on_bus(frame_id own) const;
  /// What the device calls it; nothing where that is another device's there.
  [[nodiscard]] std::optional<frame_id> at_device(frame_id heard) const;

 private:
  std::map<frame_id, frame_id> to_bus_;
  std::map<frame_id, frame_id> to_device_;
};

} // namespace voltaic::messages::profiles
