#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "messages/can/frame.hpp"

namespace voltaic::messages::canopen {

/// A node's state as its heartbeat and its answers to guarding carry it (CiA 301, 7.2.8.3.2).
enum class nmt_state : std::uint8_t {
  boot_up = 0x00, ///< said once: initialisation is over, pre-operational follows by itself
  stopped = 0x04,
  operational = 0x05,
  pre_operational = 0x7F
};

/// What a master orders (CiA 301, 7.2.8.3.1).
enum class nmt_command : std::uint8_t {
  start = 0x01,
  stop = 0x02,
  enter_pre_operational = 0x80,
  reset_node = 0x81,
  reset_communication = 0x82
};

/// An order to one node, or to all (node 0).
struct nmt_order {
  nmt_command command = nmt_command::start;
  std::uint8_t node = 0;
  friend bool operator==(const nmt_order&, const nmt_order&) = default;
};

/// One byte of error control.
struct error_control {
  nmt_state state = nmt_state::boot_up;
  bool toggle = false; ///< of an answer to guarding; a heartbeat's is 0
  friend bool operator==(const error_control&, const error_control&) = default;
};

/// Lower-case words with spaces: "pre-operational".
[[nodiscard]] std::string_view to_string(nmt_state state);
[[nodiscard]] std::string_view to_string(nmt_command command);
/// The state in which a node is after the order; a reset ends in boot-up.
[[nodiscard]] nmt_state state_after(nmt_command command);

/// Nothing: no order that CiA 301 knows, or not two bytes with a node of 0 to 127.
[[nodiscard]] std::optional<nmt_order> read_nmt(std::span<const std::uint8_t> payload);
[[nodiscard]] can::frame make_nmt(const nmt_order& order);

/// Nothing: not one byte with a known state.
[[nodiscard]] std::optional<error_control> read_error_control(
    std::span<const std::uint8_t> payload);
[[nodiscard]] can::frame make_error_control(std::uint8_t node, const error_control& said);
/// The remote frame by which a master asks a node for its state (CiA 301, 7.2.8.3.2.1).
[[nodiscard]] can::frame make_guard_request(std::uint8_t node);

} // namespace voltaic::messages::canopen
