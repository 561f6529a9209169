#pragma once

#include <cstdint>
#include <map>

#include "messages/canopen/eds.hpp"

namespace voltaic::messages::canopen {

/// An object dictionary as an EDS describes it, with the values that were written since.
class object_table final : public object_dictionary {
 public:
  object_table(device_description device, std::uint8_t node);

  /// The device's own doing: neither access nor limits are asked. False: there is no such object.
  [[nodiscard]] bool set(const object_address& at, object_bytes value);

  [[nodiscard]] std::variant<object_bytes, abort_code> read(
      const object_address& of) const override;
  [[nodiscard]] std::optional<abort_code> refusal_to_write(
      const object_address& to, std::optional<std::size_t> size) const override;
  [[nodiscard]] std::optional<abort_code> write(const object_address& to,
                                                std::span<const std::uint8_t> value) override;

 private:
  [[nodiscard]] abort_code absence(const object_address& of) const;

  device_description device_;
  std::uint8_t node_;
  std::map<object_address, object_bytes> values_;
};

} // namespace voltaic::messages::canopen
