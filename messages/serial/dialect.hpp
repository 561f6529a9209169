#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/expected.hpp"
#include "messages/serial/framing.hpp"

/// What one kind of device is asked and told, beside how that is framed. Pure.
namespace voltaic::messages::serial {

/// One place in the information of a request.
struct data_part {
  enum class kind : std::uint8_t { constant, address, value };
  kind what = kind::constant;
  std::uint8_t byte = 0; ///< of a constant
  friend bool operator==(const data_part&, const data_part&) = default;
};

/// A question, or an order with a value in it.
struct ask {
  std::string name;
  std::uint8_t code = 0;
  std::vector<data_part> data;
  friend bool operator==(const ask&, const ask&) = default;
};

/// An order that sets something, and the question whose answer shows what became of it.
struct setting {
  ask order;
  std::uint8_t value_bytes = 2;
  std::optional<std::uint16_t> read_back; ///< position in `dialect::questions`; none: not asked for
  friend bool operator==(const setting&, const setting&) = default;
};

/// All that is said to a device.
struct dialect {
  serial::framing framing;
  std::vector<ask> questions;
  std::vector<setting> settings;
  friend bool operator==(const dialect&, const dialect&) = default;
};

/// The frame that asks the device at this address; `value` stands at the place of the value.
[[nodiscard]] frame fill(const ask& what, std::uint8_t address,
                         std::span<const std::uint8_t> value = {});

/// "{address} 01 {value}".
[[nodiscard]] expected<std::vector<data_part>> parse_data(std::string_view text);

} // namespace voltaic::messages::serial
