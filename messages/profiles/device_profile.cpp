#include "messages/profiles/device_profile.hpp"

#include <limits>

namespace voltaic::messages::profiles {

std::string_view to_string(raw_type type) {
  switch (type) {
    case raw_type::u16:
      return "u16";
    case raw_type::i16:
      return "i16";
    case raw_type::u32:
      return "u32";
    case raw_type::i32:
      return "i32";
    case raw_type::i64:
      return "i64";
    case raw_type::f64:
      return "f64";
    case raw_type::text:
      return "text";
  }
  return "";
}

std::int64_t raw_minimum(raw_type type) {
  switch (type) {
    case raw_type::u16:
    case raw_type::u32:
      return 0;
    case raw_type::i16:
      return std::numeric_limits<std::int16_t>::min();
    case raw_type::i32:
      return std::numeric_limits<std::int32_t>::min();
    case raw_type::i64:
    case raw_type::f64:
    case raw_type::text:
      break;
  }
  return std::numeric_limits<std::int64_t>::min();
}

std::int64_t raw_maximum(raw_type type) {
  switch (type) {
    case raw_type::u16:
      return std::numeric_limits<std::uint16_t>::max();
    case raw_type::i16:
      return std::numeric_limits<std::int16_t>::max();
    case raw_type::u32:
      return std::numeric_limits<std::uint32_t>::max();
    case raw_type::i32:
      return std::numeric_limits<std::int32_t>::max();
    case raw_type::i64:
    case raw_type::f64:
    case raw_type::text:
      break;
  }
  return std::numeric_limits<std::int64_t>::max();
}

std::string module_point(std::string_view cells) {
  return "module_" + std::string(cells.substr(cell_prefix.size()));
}

std::string_view to_string(category value) {
  return value == category::operational ? "operational" : "configuration";
}

std::optional<std::uint16_t> device_profile::find_point(std::string_view point_name) const {
  for (std::size_t i = 0; i < points.size(); ++i)
    if (points[i].name == point_name) return static_cast<std::uint16_t>(i);
  return std::nullopt;
}

const command* device_profile::order_command() const {
  for (const auto& candidate : commands)
    if (candidate.purpose == command_purpose::order) return &candidate;
  return nullptr;
}

std::string_view spoken(protocol which) {
  switch (which) {
    case protocol::can:
      return "CAN";
    case protocol::modbus:
      return "Modbus";
    case protocol::serial:
      return "plain RS-485";
  }
  return "CAN";
}

} // namespace voltaic::messages::profiles
