#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "messages/can/frame.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/expected.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::messages::profiles {

/// One named content of a command frame: a raw integer or engineering units.
struct field_value {
  std::string_view field;
  std::variant<std::int64_t, double> value;
};

/// The commands of a profile whose devices take frames, of CAN or of plain RS-485, compiled for one
/// device. Of RS-485 the orders alone: what a frame carries is the order's bytes then.
class encode_plan {
 public:
  /// Fails when an identifier leaves its 11 or 29 bits or the protocol is Modbus.
  [[nodiscard]] static expected<encode_plan> compile(const device_profile& profile,
                                                     std::uint32_t id_offset);

  /// Commands in the profile's order, with shifted identifiers.
  [[nodiscard]] std::span<const command> commands() const { return commands_; }
  /// The command that sets a point, by the point's name or the command's channel.
  [[nodiscard]] std::optional<std::uint16_t> find_set(std::string_view point_or_channel) const;
  [[nodiscard]] bool has_order() const { return order_.has_value(); }
  /// The order's counter is too short for the contactor's own number: it counts frames.
  [[nodiscard]] bool order_counts_frames() const;
  /// J1939: the device's address, which the field "address" is filled with.
  void set_address(std::uint8_t address) { address_ = address; }

  /// Fills a command's frame. A field without a value, a value outside of the
  /// command's range or of the field's bits is refused; nothing is ever clamped.
  /// Values that the frame has no field for are left out.
  [[nodiscard]] expected<can::frame> encode(std::uint16_t command,
                                            std::span<const field_value> values) const;
  /// The order command's frame; the profile must have one.
  [[nodiscard]] expected<can::frame> encode_order(const order& order) const;
  /// A set command's frame; `counter` fills its rolling counter if it has one.
  [[nodiscard]] expected<can::frame> encode_set(std::uint16_t command, double value,
                                                std::uint64_t counter) const;

 private:
  std::vector<command> commands_;
  std::vector<std::optional<can::checksum>> checksums_; ///< as the commands
  std::optional<std::uint16_t> order_;
  std::uint8_t address_ = j1939::null_address;
};

} // namespace voltaic::messages::profiles
