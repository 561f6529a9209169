#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/can/frame.hpp"
#include "messages/canopen/pdo_mapping.hpp"
#include "messages/profiles/canopen_rule.hpp"

namespace voltaic::actors::can_device {

/// A PDO whose mapping only the device knows: it is read at each boot, and each frame is brought
/// into the order of the profile's objects, which need not be all of the device's. Pure.
class read_mapping {
 public:
  /// `of` must live as long as this.
  read_mapping(const messages::profiles::canopen_pdo& of, std::uint32_t id_offset);

  void begin();
  /// The object to be read now; nothing: all is known.
  [[nodiscard]] std::optional<messages::canopen::object_address> next() const;
  /// What it holds. Why the profile's objects cannot be had of it; empty: so far they can.
  [[nodiscard]] std::string take(std::uint64_t value);

  [[nodiscard]] std::uint32_t cob_id() const { return cob_id_; }
  [[nodiscard]] const std::string& name() const { return of_.name; }
  /// The frame as the profile has it; one that is too short becomes an empty one. Nothing while
  /// the mapping is not known.
  [[nodiscard]] std::optional<messages::can::frame> arranged(
      const messages::can::frame& heard) const;

 private:
  [[nodiscard]] std::string lay_out();

  const messages::profiles::canopen_pdo& of_;
  std::uint32_t cob_id_;
  messages::canopen::pdo_layout wanted_;
  std::vector<messages::canopen::mapped_object> found_;
  std::size_t count_ = 0; ///< that the device says
  std::size_t step_ = 0;  ///< objects read so far
  std::optional<messages::canopen::pdo_layout> there_;
  std::vector<std::size_t> places_; ///< in the device's, of each object of the profile
};

} // namespace voltaic::actors::can_device
