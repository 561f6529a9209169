#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/can/frame.hpp"

/// Checks the product's wire formats against vectors that others wrote.
namespace voltaic::conformance {

using nlohmann::json;

/// What the product makes of a vector's input, in the keys of what is expected; nothing:
/// it has no such function. `expected` only says which keys are asked for.
using judge = std::optional<json> (*)(const json& input, const json& expected);

/// One kind of vectors.
struct kind {
  std::string_view name;
  conformance::judge judge = nullptr;
};
[[nodiscard]] std::span<const kind> inverter_kinds();
[[nodiscard]] std::span<const kind> can_kinds();
[[nodiscard]] std::span<const kind> canopen_kinds();
[[nodiscard]] std::span<const kind> dbc_kinds();
[[nodiscard]] std::span<const kind> j1939_kinds();
[[nodiscard]] std::span<const kind> modbus_kinds();

/// The judge of a kind, or nullptr.
[[nodiscard]] judge find_judge(std::string_view kind_name);

/// Whether everything that is expected was got; numbers to one part in 10^9.
[[nodiscard]] bool agrees(const json& expected, const json& got);

/// "270b1f05" to bytes; throws std::invalid_argument for what is none.
[[nodiscard]] std::vector<std::uint8_t> bytes_of(std::string_view hex);
[[nodiscard]] std::string hex_of(std::span<const std::uint8_t> bytes);
/// A frame from its identifier ("351", "18EBFF00") and bytes.
[[nodiscard]] messages::can::frame frame_of(const std::string& id, std::string_view hex);

} // namespace voltaic::conformance
