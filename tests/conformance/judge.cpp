#include "conformance/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace voltaic::conformance {
namespace {

constexpr double relative_tolerance = 1e-9;
constexpr int hexadecimal = 16;
// What says why an input is refused is for people.
constexpr std::array remarks = {"why", "note"};

bool is_remark(std::string_view key) {
  return std::ranges::find(remarks, key) != remarks.end();
}

bool same_number(double a, double b) {
  return std::abs(a - b) <= relative_tolerance * std::max({1.0, std::abs(a), std::abs(b)});
}

} // namespace

judge find_judge(std::string_view kind_name) {
  for (const auto kinds :
       {inverter_kinds(), can_kinds(), canopen_kinds(), dbc_kinds(), j1939_kinds(), modbus_kinds()})
    for (const auto& each : kinds)
      if (each.name == kind_name) return each.judge;
  return nullptr;
}

bool agrees(const json& expected, const json& got) {
  if (expected.is_number() && got.is_number())
    return same_number(expected.get<double>(), got.get<double>());
  if (expected.is_object() && got.is_object()) {
    return std::ranges::all_of(expected.items(), [&](const auto& each) {
      return is_remark(each.key()) ||
             (got.contains(each.key()) && agrees(each.value(), got.at(each.key())));
    });
  }
  if (expected.is_array() && got.is_array()) return std::ranges::equal(expected, got, agrees);
  return expected == got;
}

std::vector<std::uint8_t> bytes_of(std::string_view hex) {
  std::vector<std::uint8_t> bytes;
  if (hex.size() % 2 != 0) throw std::invalid_argument("half a byte");
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const std::string digits(hex.substr(i, 2));
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits, nullptr, hexadecimal)));
  }
  return bytes;
}

std::string hex_of(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const auto byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

messages::can::frame frame_of(const std::string& id, std::string_view hex) {
  constexpr std::size_t standard_digits = 3;
  messages::can::frame made;
  made.id = static_cast<std::uint32_t>(std::stoul(id, nullptr, hexadecimal));
  made.extended = id.size() > standard_digits;
  const auto bytes = bytes_of(hex);
  if (bytes.size() > made.data.size()) throw std::invalid_argument("too many bytes");
  made.length = static_cast<std::uint8_t>(bytes.size());
  std::ranges::copy(bytes, made.data.begin());
  return made;
}

} // namespace voltaic::conformance
